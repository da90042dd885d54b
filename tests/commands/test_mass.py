"""``chatapp send`` to several at the shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import LineId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels
from chatapp_cli.store.tx import Tx
from tests.commands.conftest import Program, Shell

TEXT = "Скидка до пятницы"
MASS = ("send", "+79160000001", "8 916 000-00-02", "-c", "sms", "--text", TEXT)


@pytest.fixture
def sms(chatapp: Shell, company: Company) -> int:
    """A gateway that nobody runs: nothing leaves this machine."""
    chatapp("line", "add", "Магазин")
    bound = Bound(account="shop", title="SMS", settings={"price": "4.35"})

    def keep(tx: Tx) -> int:
        return channels.save(tx, company.vault, bound, line=LineId(1), kind="sms")

    return company.write(keep)


def test_a_dry_run_shows_what_would_go_and_keeps_nothing(chatapp: Shell, sms: int) -> None:
    target = chatapp(*MASS, "--dry-run")
    assert target.rows == [
        ["+79160000001", "SMS", "new dialog", "17", "1", "UCS-2", "4.35", "at once"],
        ["8 916 000-00-02", "SMS", "new dialog", "17", "1", "UCS-2", "4.35", "at once"],
    ]
    assert "Messages: 2, parts: 2\nCost: 8.70\n" in target.err
    assert chatapp("dialog", "list", "--json").json == []
    told = chatapp("send", "+79160000001", "-c", "sms", "--text", "Hello", "--dry-run", "--json").json
    assert (told["recipients"][0]["encoding"], told["recipients"][0]["message"], told["cost"]) == ("gsm7", None, "4.35")


def test_a_script_has_to_say_yes_to_more_than_one(chatapp: Shell, sms: int) -> None:
    target = chatapp.run(*MASS)
    assert (target.code, target.out, target.err.splitlines()) == (
        2,
        "",
        ["This goes to 2 recipients.", "→ Check it with --dry-run, then use --yes."],
    )
    assert chatapp("dialog", "list", "--json").json == []


def test_a_cron_job_that_runs_twice_sends_once(chatapp: Shell, sms: int, tmp_path: Path) -> None:
    people = tmp_path / "people.txt"
    people.write_text("# опт\n+79160000001\n\nкто-то\n8 916 000-00-02\n+79160000001\n")
    words = ("send", "--to-file", people, "-c", "sms", "-t", TEXT, "--yes", "--idempotency-key", "friday")
    first, second = chatapp.run(*words), chatapp.run(*words, "--json")
    assert (first.code, first.out) == (1, "1\n2\n")
    assert "Line 4, кто-то: " in first.err
    assert "Twice in the list: 1" in first.err
    assert "The daemon is not running" in first.err
    assert [(one["message"], one["before"]) for one in second.json["recipients"]] == [(1, True), (2, True)]
    assert (second.json["messages"], second.json["bad"][0]["line"]) == (0, 4)


def test_a_list_that_goes_on_under_its_key_with_other_words_is_refused_as_a_whole(chatapp: Shell, sms: int) -> None:
    words = ("send", "-c", "sms", "--yes", "--idempotency-key", "friday")
    assert chatapp(*words, "+79160000001", "+79160000003", "--text", TEXT).out == "1\n2\n"
    other = chatapp.run(*words, "+79160000002", "+79160000001", "--text", "Скидка до субботы")
    assert (other.code, other.out) == (1, "")
    assert other.err.startswith("This key was used for another message")
    assert chatapp(*words, "+79160000002", "+79160000001", "--text", TEXT).out == "3\n1\n"


def test_what_is_wrong_for_everybody_is_said_once_and_ends_the_command(
    chatapp: Shell, company: Company, sms: int
) -> None:
    chatapp("line", "add", "Опт")
    second = Bound(account="stock", title="SMS", settings={})
    company.write(lambda tx: channels.save(tx, company.vault, second, line=LineId(2), kind="sms"))
    for more in ((), ("--dry-run",)):
        target = chatapp.run(*MASS, "--yes", *more)
        assert (target.code, target.out, target.err.splitlines()) == (
            2,
            "",
            [
                "sms is bound several times.",
                "→ Name the line with --line, or the channel by its number: 1, 2",
            ],
        )
    unknown = chatapp.run(*MASS[:3], "-c", "1", "--or", "max", "--text", TEXT, "--yes")
    assert (unknown.code, unknown.err.splitlines()[0]) == (1, "No channel max is bound here.")
    assert chatapp("dialog", "list", "--json").json == []


def test_an_address_with_spaces_is_told_as_such(chatapp: Shell, program: Program, bound: int, tmp_path: Path) -> None:
    people = tmp_path / "people.txt"
    people.write_text("buyer-1\nbuyer 2\n")
    target = chatapp.run("send", "--to-file", people, "-c", "api", "-t", TEXT, "--dry-run")
    assert target.code == 1
    assert target.err.splitlines()[-2:] == [
        "Line 2, buyer 2: An address in Ёлочный базар has no spaces.",
        "→ Check the address; in a file each has a line of its own.",
    ]


def test_a_list_comes_from_standard_input_too(chatapp: Shell, sms: int) -> None:
    words = ("send", "--to-file", "-", "-c", "sms", "-t", TEXT, "--yes")
    assert chatapp(*words, stdin="+79160000001\n+79160000002\n").out == "1\n2\n"


def test_nobody_and_a_file_that_is_not_there_are_told(chatapp: Shell, program: Program, bound: int) -> None:
    assert chatapp.run("send", "-c", "api", "-t", "x").err.startswith("TO is missing.")
    target = chatapp.run("send", "--to-file", "/no/such", "-c", "api", "-t", "x")
    assert (target.code, target.err.splitlines()[1]) == (2, "→ It has to be a text file with one address a line.")
