"""What comes in from outside is looked at where it comes in: words, standard input, numbers, files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from chatapp_cli.cli import COMMANDS, app
from chatapp_cli.commands import input_checks
from chatapp_cli.domain.errors import UsageError
from tests.commands.conftest import Program, Shell, Write

TOO_HIGH = (str(2**63), str(-(2**63) - 1), str(10**30))
HALF = "\udccf\udcf0"
"""«Пр» of windows-1251, as Python takes it from the command line."""
CP1251 = "Привет".encode("cp1251")
LEAST: Mapping[Any, int] = {input_checks.amount: 1, input_checks.count: 0}
"""How many of something are wanted at least."""
UNATTENDED = {"inbox", "serve", "demo", "login", "logout"}
"""Commands that go on until they are stopped, or talk to a person."""


def verbs() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command by its words."""
    root = typer.main.get_command(app)
    for name in COMMANDS:
        command: Any = root.get_command(None, name)  # type: ignore[attr-defined,arg-type]
        if not hasattr(command, "list_commands"):
            yield (name,), command
            continue
        for verb in command.list_commands(None):
            yield (name, verb), command.get_command(None, verb)


def counts(parameter: Any) -> bool:
    return getattr(parameter.type, "func", None) in {input_checks.number, *LEAST}


def spoken(words: tuple[str, ...], command: Any, wanted: Any, value: str) -> list[str]:
    """A call with a value for one parameter and something for what else it needs."""
    said, behind = list(words), []
    for parameter in command.params:
        given = value if parameter is wanted else "1"
        if parameter.param_type_name == "argument":
            behind += [given] if parameter is wanted or parameter.required else []
        elif parameter is wanted or parameter.required:
            said += [parameter.opts[0], given]
    return [*said, "--", *behind]


PARAMETERS = [(words, command, one) for words, command in verbs() for one in command.params]
NUMBERS = [case for case in PARAMETERS if counts(case[2])]
AMOUNTS = [case for case in NUMBERS if case[2].type.func in LEAST]
TEXTS = [
    (words, command, one)
    for words, command, one in PARAMETERS
    if not counts(one) and not getattr(one, "is_flag", False) and one.name != "help" and words[0] not in UNATTENDED
]


def named(case: tuple[tuple[str, ...], Any, Any]) -> str:
    return " ".join((*case[0], case[2].name))


def test_the_table_has_every_command_with_numbers() -> None:
    assert len({words for words, _command, _one in NUMBERS}) > 35
    assert len(TEXTS) > 200


@pytest.mark.parametrize("case", AMOUNTS, ids=named)
def test_how_many_are_wanted_is_a_number_that_means_some(chatapp: Shell, case: tuple[Any, Any, Any]) -> None:
    least = LEAST[case[2].type.func]
    for value in (str(least - 1), "-5", "abc", "1.5", "²"):
        target = chatapp.run(*spoken(*case, value))
        said = f"{value} is not a whole number of at least {least}.\n→ Such as: 20\n"
        assert (target.code, target.out, target.err) == (2, "", said)


@pytest.mark.parametrize("case", [case for case in NUMBERS if case not in AMOUNTS], ids=named)
def test_a_number_that_nothing_can_have_is_refused_in_words(chatapp: Shell, case: tuple[Any, Any, Any]) -> None:
    for value in TOO_HIGH:
        target = chatapp.run(*spoken(*case, value))
        assert (target.code, target.err.splitlines()[0]) == (2, f"{value} is too high: there is no such number.")


@pytest.mark.parametrize("case", NUMBERS, ids=named)
def test_the_highest_number_there_is_is_one_that_nobody_has(chatapp: Shell, case: tuple[Any, Any, Any]) -> None:
    for value in (2**63 - 1, -(2**63) + 1, -1):
        target = chatapp.run(*spoken(*case, str(value)))
        assert "inside chatapp" not in target.err, target.err


@pytest.mark.parametrize("case", TEXTS, ids=named)
def test_words_that_are_no_text_are_refused_before_anything_is_done(chatapp: Shell, case: tuple[Any, Any, Any]) -> None:
    target = chatapp.run(*spoken(*case, f"{HALF}x"))
    what, step = target.err.splitlines()
    assert (target.code, target.out) == (2, "")
    assert what.startswith("This is not UTF-8 text: ")
    assert "iconv -f cp1251" in step


@pytest.mark.parametrize("case", TEXTS, ids=named)
def test_a_number_where_a_word_stands_is_nobodys(chatapp: Shell, case: tuple[Any, Any, Any]) -> None:
    for value in (str(10**30), "²"):
        target = chatapp.run(*spoken(*case, value))
        assert "inside chatapp" not in target.err, target.err


def test_a_setting_in_the_environment_has_to_be_text_too(chatapp: Shell) -> None:
    target = chatapp.run("line", "list", CHATAPP_OPERATOR=HALF)
    assert (target.code, target.err.splitlines()[0]) == (2, "This is not UTF-8 text: ??")


def invoke(chatapp: Shell, *words: str, stdin: bytes) -> Any:
    return CliRunner().invoke(app, list(words), input=stdin, env=dict(chatapp.env))


@pytest.mark.parametrize(
    "words",
    [
        ("reply", "1", "--text", "-", "--wait", "0"),
        ("send", "client-7", "-c", "api", "--text", "-", "--wait", "0"),
        ("send", "-c", "api", "--to-file", "-", "--text", "Добрый день", "--yes"),
        ("message", "edit", "1", "-"),
        ("outbox", "edit", "1", "--text", "-"),
        ("dialog", "read", "-"),
        ("quick", "add", "Заказы", "Доставка", "--text", "-"),
        ("line", "bind", "api", "--answers", "-"),
        ("line", "proxies", "api", "-"),
        ("user", "add", "marina"),
    ],
)
@pytest.mark.parametrize("content", [CP1251, b"ab\xff", b"\xed\xa0\x80", "Привет".encode("utf-16")])
def test_standard_input_of_another_encoding_is_refused(
    chatapp: Shell, bound: int, client_writes: Write, words: tuple[str, ...], content: bytes
) -> None:
    client_writes("Здравствуйте")
    done = invoke(chatapp, *words, stdin=content)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == "Standard input is not UTF-8 text."
    assert "iconv -f cp1251" in done.stderr


def test_a_nul_on_standard_input_is_no_text(chatapp: Shell, bound: int, client_writes: Write) -> None:
    client_writes("Здравствуйте")
    done = invoke(chatapp, "reply", "1", "--text", "-", "--wait", "0", stdin=b"a\0b")
    assert (done.exit_code, done.stderr.splitlines()[0]) == (
        2,
        "Standard input is not text: it contains a NUL character.",
    )


def test_text_of_windows_lines_and_with_a_mark_in_front_is_text(
    chatapp: Shell, bound: int, client_writes: Write
) -> None:
    client_writes("Здравствуйте")
    done = invoke(chatapp, "reply", "1", "--text", "-", "--wait", "0", stdin="\ufeffДобрый день\r\nОльга\r\n".encode())
    assert done.exit_code == 0
    assert chatapp("dialog", "show", "1", "--json").json["messages"][-1]["text"] == "Добрый день\nОльга"


@pytest.mark.parametrize("name", [b"\xcf\xf0.txt", b"\xff"])
def test_a_file_whose_name_is_no_text_is_refused_with_what_renames_it(
    chatapp: Shell, bound: int, program: Program, tmp_path: Path, name: bytes
) -> None:
    path = tmp_path / name.decode(errors="surrogateescape")
    path.write_bytes(b"900")
    target = chatapp.run("send", "client-7", "-c", "api", "--file", str(path), "--wait", "0")
    assert (target.code, "convmv" in target.err) == (2, True)


@pytest.mark.parametrize("content", [CP1251, b"+7916\xff0000001"])
def test_a_list_of_addresses_of_another_encoding_is_refused(
    chatapp: Shell, bound: int, tmp_path: Path, content: bytes
) -> None:
    listed = tmp_path / "list.txt"
    listed.write_bytes(content)
    target = chatapp.run("send", "-c", "api", "--to-file", listed, "--text", "Добрый день", "--yes")
    assert (target.code, target.err.splitlines()[0]) == (2, "The list is not UTF-8 text.")


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("json", '[{"section": "З", "title": "Т", "text": "\\ud83d"}]'),
        ("json", '[{"section": "З", "title": "\\udccf", "text": "Текст"}]'),
        ("json", "[" * 100_000),
        ("yaml", 'sections:\n- name: З\n  replies:\n  - title: Т\n    text: "\\ud83d"\n'),
        ("yaml", "sections:\n- name: З\n  replies:\n  - title: Т\n    text: " + "[" * 5_000),
        ("json", '[{"section": "З", "title": "Т", "text": "a\\u0000b"}]'),
        ("csv", "section,title,text\nЗ,Т,a\0b\n"),
    ],
)
def test_a_file_of_quick_replies_with_what_is_no_text_is_refused_in_words(
    chatapp: Shell, form: str, content: str
) -> None:
    target = chatapp.run("quick", "import", "-", "--form", form, stdin=content)
    assert target.code == 2, target.err
    assert "inside chatapp" not in target.err


@pytest.mark.parametrize("said", ["nan", "inf", "1e400", "1e300", "x", ""])
def test_a_wait_without_an_end_is_refused(said: str) -> None:
    with pytest.raises(UsageError):
        input_checks.seconds(said)


@pytest.mark.parametrize(("said", "found"), [("0", 0.0), ("-3", 0.0), ("-inf", 0.0), ("1.5", 1.5), ("31000000", 31e6)])
def test_a_wait_is_as_long_as_was_said(said: str, found: float) -> None:
    assert input_checks.seconds(said) == found
