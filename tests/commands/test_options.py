"""Options of company, line and channel on the command line, and which of them holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.form import Field
from chatapp_cli.domain.option import COMPANY, OptionLevel
from chatapp_cli.domain.text import T
from chatapp_cli.services import options
from tests.commands.conftest import Shell, Write
from tests.declared import declared


@pytest.fixture
def pace() -> Iterator[str]:
    """An option of lines that only this test knows, declared as ours are."""
    with declared(
        Field(name="pace", label=T("Pace of the line"), kind="number", default="3"), OptionLevel.LINE
    ) as name:
        yield name


def listed(chatapp: Shell, name: str, *words: str, **env: str) -> object:
    return chatapp("config", "list", "--json", *words, **env).json[name]


def test_config_list_tells_which_won_and_whose_it_is(chatapp: Shell, bound: int) -> None:
    assert listed(chatapp, "undo_send") == {"value": 0, "source": "default"}
    chatapp("config", "set", "undo_send", "3")
    assert listed(chatapp, "undo_send") == {"value": 3, "source": "file"}
    chatapp("company", "configure", "--set", "undo_send=5", "--set", "company_name=Тёплый дом")
    chatapp("line", "configure", "--set", "undo_send=8")
    chatapp("line", "configure", "api", "--set", "undo_send=0")
    assert listed(chatapp, "undo_send") == {"value": 5, "source": "company"}
    assert listed(chatapp, "undo_send", "--line", "Магазин") == {"value": 8, "source": "line", "line": 1}
    assert listed(chatapp, "undo_send", "--channel", "api") == {"value": 0, "source": "channel", "channel": bound}
    assert listed(chatapp, "company_name", "--channel", "api") == {"value": "Тёплый дом", "source": "company"}
    assert listed(chatapp, "undo_send", "--channel", "api", CHATAPP_UNDO_SEND="2") == {"value": 2, "source": "env"}
    rows = {row[0]: row[1:3] for row in chatapp("config", "list", "--line", "1").rows}
    assert rows["undo_send"] == ["8", "line 1"]
    assert chatapp("config", "get", "undo_send").out == "5\n"


def test_what_a_stored_option_overrules_is_said_when_a_setting_is_written(chatapp: Shell, bound: int) -> None:
    assert chatapp("config", "set", "undo_send", "3").err.count("takes precedence") == 0
    chatapp("company", "configure", "--set", "undo_send=5")
    chatapp("line", "configure", "--set", "undo_send=8")
    said = chatapp("config", "set", "undo_send", "4").err.splitlines()[1:]
    assert said == [f"undo_send: the value stored for {where} takes precedence." for where in ("company", "line 1")]
    assert "precedence" not in chatapp("config", "set", "undo_send", "4", CHATAPP_UNDO_SEND="2").err


def test_the_journal_says_which_options_of_a_channel_changed(chatapp: Shell, bound: int) -> None:
    chatapp("line", "configure", "api", "--set", "undo_send=0")
    assert f"Channel {bound} configured: undo_send" in chatapp("tail").out


def test_an_option_of_a_line_is_set_by_the_name_of_the_line_where_a_channel_may_stand(
    chatapp: Shell, bound: int
) -> None:
    said = chatapp("line", "configure", "Магазин", "--set", "distribution=evenly").err
    assert said.strip() == "Saved for Магазин: distribution."
    assert chatapp("line", "configure", "Магазин", "--json").json["distribution"] == "evenly"
    refused = chatapp.run("line", "configure", str(bound), "--set", "distribution=off")
    assert (refused.code, refused.err.splitlines()) == (
        2,
        [
            "distribution is an option of a line.",
            "→ Set it for the line: chatapp line configure LINE --set distribution=VALUE",
        ],
    )
    assert "No channel Склад" in chatapp.run("line", "configure", "Склад", "--set", "distribution=off").err


def test_without_set_configure_shows_what_is_stored_for_that_one(chatapp: Shell, bound: int) -> None:
    chatapp("line", "configure", "--line", "Магазин", "--set", "undo_send=8")
    assert chatapp("line", "configure", "--json").json == {
        "company_name": None, "undo_send": "8",
        "hours": None, "hours_zone": None, "hours_calendar": None, "hours_days": None,
        "distribution": None, "distribution_to": None, "hand_over_after": None,
        "auto_per_day": None, "auto_quiet": None, "auto_storm": None,
    }  # fmt: skip
    shown = {row[0]: row[1:] for row in chatapp("line", "configure", "api").rows}
    assert list(shown) == ["undo_send", "url", "near_links"]
    assert shown["url"][0].startswith("http://127.0.0.1:")
    assert [row[0] for row in chatapp("company", "configure").rows] == [
        "company_name", "undo_send", "quiet", "notify_text", "web_idle", "public_url", "alarm",
        "hours", "hours_zone", "hours_calendar", "hours_days",
        "distribution", "distribution_to", "hand_over_after",
        "auto_per_day", "auto_quiet", "auto_storm", "webhook_hosts",
        "keep_raw", "keep_journal", "keep_attempts", "keep_requests", "keep_acts",
    ]  # fmt: skip


def test_what_opens_the_store_or_belongs_to_a_machine_is_refused_with_the_place_for_it(chatapp: Shell) -> None:
    target = chatapp.run("company", "configure", "--set", "http_port=80")
    assert (target.code, target.err.splitlines()) == (
        2,
        [
            "http_port is needed before the store is open, so it is not kept in the store.",
            "→ Set it on this machine: chatapp config set http_port VALUE, or CHATAPP_HTTP_PORT in the environment",
        ],
    )
    target = chatapp.run("company", "configure", "--set", "theme=dark")
    assert target.err.startswith("theme belongs to a machine or a person and is not kept in the store.")


def test_an_option_that_is_declared_shows_up_everywhere_by_itself(chatapp: Shell, bound: int, pace: str) -> None:
    assert listed(chatapp, pace, "--line", "1") == {"value": 3, "source": "default"}
    chatapp("line", "configure", "--set", "pace=7")
    assert listed(chatapp, pace, "--channel", "api") == {"value": 7, "source": "line", "line": 1}
    assert ["pace", "7", "Pace of the line"] in chatapp("line", "configure").rows
    assert "(30)" in {row[0]: row[1] for row in chatapp("line", "configure").rows}["auto_quiet"]
    assert pace not in chatapp("config", "list", "--json").json
    assert chatapp.run("line", "configure", "--set", "pace=x").err.splitlines()[1] == (
        "→ Write digits alone, such as: pace=3"
    )


def test_what_a_newer_version_stored_is_shown_as_it_is(chatapp: Shell, company: Company) -> None:
    company.write(lambda tx: options.save(tx, COMPANY, {"mood": "kind", "undo_send": "adaptive"}))
    assert listed(chatapp, "mood") == {"value": "kind", "source": "company"}
    assert listed(chatapp, "undo_send") == {"value": 0, "source": "default"}
    stored = chatapp("company", "configure", "--json").json
    assert (stored["mood"], stored["undo_send"]) == ("kind", "adaptive")


def test_looking_at_settings_makes_no_store_and_works_without_one(chatapp: Shell, home: Path, tmp_path: Path) -> None:
    elsewhere = {"CHATAPP_HOME": str(tmp_path / "nowhere")}
    assert listed(chatapp, "undo_send", **elsewhere) == {"value": 0, "source": "default"}
    assert not (tmp_path / "nowhere").exists()
    (home / "main" / "chatapp.db").write_bytes(b"not a store at all, whatever it says" * 100)
    target = chatapp("config", "list")
    assert "Options of the store are left out: The store" in target.err
    assert ["undo_send", "0"] in [row[:2] for row in target.rows]


def test_a_quick_reply_names_the_company_as_the_line_does(chatapp: Shell, client_writes: Write, bound: int) -> None:
    client_writes("Здравствуйте")
    chatapp("quick", "add-section", "Заказы")
    chatapp("quick", "add", "Заказы", "hello", "--text", "Это {название компании}")
    chatapp("company", "configure", "--set", "company_name=Тёплый дом")
    chatapp("reply", "1", "--quick", "hello")
    chatapp("line", "configure", "--set", "company_name=Тёплый дом. Опт")
    chatapp("reply", "1", "--quick", "hello")
    texts = [row["text"] for row in chatapp("dialog", "show", "1", "--json").json["messages"]]
    assert texts[-2:] == ["Это Тёплый дом", "Это Тёплый дом. Опт"]


ODD = (
    "two\nlines",
    "two\r\nlines",
    "tab\there",
    'a "quoted" word',
    "back\\slash\\",
    "'''",
    "bell\x07",
    "escape\x1b[31m",
    "del\x7f",
    "next\x85line",
    "separator\u2028here",
    "= [table]",
    "# remark",
    "Ёлка 🎄",
    " ",
)


@pytest.mark.parametrize("value", ODD, ids=ascii)
def test_an_odd_setting_is_read_as_it_was_set_and_spoils_no_other(chatapp: Shell, value: str) -> None:
    chatapp("config", "set", "operator", "Ольга")
    chatapp("config", "set", "support", value)
    assert chatapp("config", "list", "--json").json["support"] == {"value": value, "source": "file"}
    chatapp("config", "set", "undo_send", "3")
    found = chatapp("config", "list", "--json", CHATAPP_OPERATOR="").json
    assert found["support"]["value"] == value
    assert found["undo_send"] == {"value": 3, "source": "file"}


@pytest.mark.parametrize(
    ("name", "value", "step"),
    [
        ("http_port", "65536", "from 0 to 65535"),
        ("http_port", "-1", "from 0 to 65535"),
        ("web_windows", "-1", "from 0 on"),
        ("transcribe_seconds", "-1", "from 0 on"),
    ],
)
def test_a_number_that_a_setting_cannot_be_is_refused(
    chatapp: Shell, tmp_path: Path, name: str, value: str, step: str
) -> None:
    target = chatapp.run("config", "set", name, "--", value)
    assert (target.code, target.err) == (2, f"{name} cannot be {value}.\n→ Write a number {step}.\n")
    assert not (tmp_path / "config.toml").exists()
    chatapp("config", "set", name, "0")


def test_a_setting_that_is_no_number_is_named_with_the_place_to_correct(chatapp: Shell, tmp_path: Path) -> None:
    what = "undo_send has to be a number, not soon."
    assert chatapp.run("line", "list", CHATAPP_UNDO_SEND="soon").err == f"{what}\n→ Correct CHATAPP_UNDO_SEND.\n"
    assert chatapp.run("config", "set", "undo_send", "soon").err == f"{what}\n→ Write digits alone.\n"
    (tmp_path / "config.toml").write_text('undo_send = "soon"\n')
    assert chatapp.run("line", "list").err == f"{what}\n→ Correct {tmp_path / 'config.toml'}.\n"


def test_what_a_person_wrote_in_another_type_is_no_worse_after_a_setting_is_set(chatapp: Shell, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("company_name = true\nsupport = 5\nundo_send = '3'\nview = 1.5\n")
    chatapp("config", "set", "quiet", "22:00-08:00")
    found = chatapp("config", "list", "--json").json
    assert [found[name]["value"] for name in ("company_name", "support", "undo_send", "view")] == [
        "True",
        "5",
        3,
        "1.5",
    ]


CONTROLS = [one for one in ODD if any(sign in one for sign in "\n\r\t\x07\x1b\x7f\x85\u2028")]


@pytest.mark.parametrize("value", CONTROLS, ids=ascii)
@pytest.mark.parametrize("where", [("company",), ("line", "--line", "Магазин")], ids=" ".join)
def test_an_option_of_several_lines_is_refused(chatapp: Shell, bound: int, where: tuple[str, ...], value: str) -> None:
    target = chatapp.run(where[0], "configure", *where[1:], "--set", f"company_name={value}")
    assert (target.code, target.err) == (
        2,
        "company_name has to be one line, without control characters.\n→ Write it in one line.\n",
    )
    assert chatapp(where[0], "configure", *where[1:], "--json").json["company_name"] is None


@pytest.mark.parametrize("value", [one for one in ODD if one not in CONTROLS], ids=ascii)
def test_any_other_option_is_kept_as_it_was_said(chatapp: Shell, value: str) -> None:
    chatapp("company", "configure", "--set", f"company_name={value}")
    assert chatapp("company", "configure", "--json").json["company_name"] == value
    assert listed(chatapp, "company_name") == {"value": value, "source": "company"}


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "ftp://example.org",
        "http://",
        "http:///hook",
        "https://user:secret@example.org",
        "https://exa mple.org",
        "https://example.org:port",
        "https://[::1",
        "javascript:alert(1)",
    ],
)
def test_an_address_for_webhooks_is_one_of_the_web(chatapp: Shell, bound: int, url: str) -> None:
    before = chatapp("line", "configure", "api", "--json").json["url"]
    target = chatapp.run("line", "configure", "api", "--set", f"url={url}")
    assert target.code == 2
    assert target.err == f"url cannot be {url}.\n→ http:// or https://; empty: the channel only receives.\n"
    assert chatapp("line", "configure", "api", "--json").json["url"] == before


def test_an_address_of_the_web_is_taken_and_an_empty_one_too(chatapp: Shell, bound: int) -> None:
    for url in ("http://127.0.0.1:9000/hook?of=desk", "https://ёлки.рф/", ""):
        chatapp("line", "configure", "api", "--set", f"url={url}")
        assert chatapp("line", "configure", "api", "--json").json["url"] == url


def test_what_was_kept_is_said_with_whose_it_is(chatapp: Shell, bound: int) -> None:
    two = ("--set", "undo_send=5", "--set", "company_name=Ёлка")
    assert chatapp("company", "configure", *two).err == "Saved for the company: company_name, undo_send.\n"
    assert chatapp("line", "configure", *two).err == "Saved for Магазин: company_name, undo_send.\n"
    assert chatapp("line", "configure", "api", *two[:2]).err == "Saved for Ёлочный базар: undo_send.\n"
