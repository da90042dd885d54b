"""Every sentence of a person's screen is there in both languages."""

from io import BytesIO
from pathlib import Path

import pytest

from chatapp_cli import i18n
from chatapp_cli.domain.draft import too_big
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.tui.reading import words
from scripts import cli_page, messages


def test_the_catalogues_hold_what_the_sources_say() -> None:
    assert messages.outdated(write=False) == []


@pytest.mark.req("S-012")
@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_sentence_is_translated_with_the_same_placeholders(language: str) -> None:
    assert messages.faults(messages.translated(language, messages.template())) == []


def test_every_command_explains_itself_in_russian() -> None:
    helps = {path: command.help for path, command in cli_page.commands(cli_page.program(), "chatapp") if command.help}
    assert len(helps) > 150
    i18n.use("ru")
    assert [path for path, said in helps.items() if i18n._(said) == said] == []


def test_a_counted_sentence_is_never_asked_for_without_its_number(tmp_path: Path) -> None:
    assert messages.said_both_ways() == []
    (tmp_path / "row.py").write_text('ngettext("{n} dog", "{n} dogs", 2), _("{n} dog", n=2), _("A dog")', "utf-8")
    assert messages.said_both_ways(tmp_path) == ["{n} dog"]


def test_sentences_are_found_wherever_code_says_them() -> None:
    code = b"""
@app.command(cls=Verb)
def forget() -> None:
    '''Drop it.'''
    note("{n} is gone.", n=1)
    echo(f"[{_('inside')}] {T('later').msgid}", i18n.ngettext("{n} dog", "{n} dogs", 2), hidden("not said"), _(word))
"""
    found = [words for *_place, words, _comments in messages.extract_code(BytesIO(code), messages.KEYWORDS, (), {})]
    literal = [words for words in found if words != (None,)]
    assert sorted(map(str, literal)) == [
        "('inside',)",
        "('later',)",
        "('{n} dog', '{n} dogs', None)",
        "('{n} is gone.',)",
        "Drop it.",
    ]


@pytest.mark.req("S-012")
def test_a_sentence_is_said_in_the_chosen_language_with_its_values() -> None:
    text = T("The channel answered: {code} {detail}", code="429", detail="wait")
    assert i18n.show(text) == "The channel answered: 429 wait"
    i18n.use("ru")
    assert i18n.show(text) == "Канал ответил: 429 wait"


@pytest.mark.req("S-012")
@pytest.mark.parametrize(
    ("wanted", "env", "language"),
    [
        ("en", {"CHATAPP_LANG": "ru", "LC_ALL": "ru_RU.UTF-8"}, "en"),
        (None, {"CHATAPP_LANG": "en", "LANG": "ru_RU.UTF-8"}, "en"),
        (None, {"LC_ALL": "en_GB.UTF-8", "LANG": "ru_RU.UTF-8"}, "en"),
        (None, {"LANG": "ru_RU.UTF-8"}, "ru"),
        (None, {"LANG": "C"}, "ru"),
        (None, {"LC_ALL": "POSIX"}, "ru"),
        (None, {"LANG": "de_DE.UTF-8"}, "ru"),
        (None, {}, "ru"),
        ("fr", {}, "ru"),
    ],
)
def test_the_language_is_the_nearest_that_was_chosen_and_else_russian(
    wanted: str | None, env: dict[str, str], language: str
) -> None:
    assert i18n.choose(wanted, env) == language


@pytest.mark.req("S-012")
def test_fractions_are_written_as_the_language_writes_them() -> None:
    assert (words.size(61_027_123), show(too_big("a.mp4", 61_027_123, 52_428_800).what).split(" has ")[1][:7]) == (
        "58.2 MB",
        "58.2 MB",
    )
    i18n.use("ru")
    assert words.size(61_027_123) == "58,2 МБ"
    assert "58,2 МБ" in show(too_big("a.mp4", 61_027_123, 52_428_800).what)
    assert show(T("The channel answered: {code} {detail}", code="1.5", detail=3)) == "Канал ответил: 1.5 3"


def test_a_catalogue_that_lost_a_value_or_a_sentence_is_found_out() -> None:
    catalog = messages.template()
    catalog.add("Hello, {name}", "Здравствуйте")
    catalog.add("Bye, {name}", "До свидания, {name}")
    found = messages.faults(catalog)
    assert "other placeholders: 'Hello, {name}'" in found
    assert not [fault for fault in found if "Bye" in fault]
    assert [fault for fault in found if fault.startswith("not translated")]
