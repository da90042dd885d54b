"""A messenger's account from the command line: bound by answers, asked for people, groups and chats."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.sandbox.directory import sandbox
from chatapp_cli.sandbox.stage import Customer, Sandbox
from chatapp_cli.services import channels
from chatapp_cli.services.ingest import ingest
from tests.commands.conftest import NOON, Shell, elsewhere
from tests.contract.connector_contract import ANNA


@pytest.fixture
def telegram() -> Iterator[Sandbox]:
    with elsewhere() as loop:

        def do(work: object) -> object:
            return asyncio.run_coroutine_threadsafe(work, loop).result(30)  # type: ignore[arg-type]

        provider = sandbox("telegram")
        do(provider.__aenter__())
        do(provider.say(ANNA, "Здравствуйте"))
        yield provider
        do(provider.__aexit__(None, None, None))


@pytest.fixture
def heard(telegram: Sandbox) -> Callable[[Customer], list[str]]:
    """What somebody got from us."""
    return lambda who: [one.text for one in asyncio.run(telegram.heard(who))]


@pytest.fixture
def bound(chatapp: Shell, telegram: Sandbox) -> Shell:
    chatapp("line", "add", "Магазин")
    given = [word for name, value in telegram.answers.items() for word in ("--set", f"{name}={value}")]
    target = chatapp("line", "bind", "2", *given)
    assert target.out == "1\n"
    return chatapp


@pytest.mark.req("S-050")
@pytest.mark.req("S-036")
def test_an_account_is_bound_by_its_number_and_by_answers_to_several_forms(bound: Shell) -> None:
    (channel,) = bound("line", "show", "--json").json["channels"]
    assert (channel["kind"], channel["source_id"]) == ("telegram", 2)
    assert bound("line", "check", "--json").code == 0
    looked = {one["name"]: one["ok"] for one in bound.run("doctor", "--providers", "--json").json}
    assert (looked["telegram receive"], looked["telegram send"]) == (True, True)


@pytest.mark.req("S-054")
def test_a_number_is_looked_for_and_nobody_is_an_exit_code(bound: Shell) -> None:
    (found,) = bound("contact", "find", "8 (916) 000-00-01", "--json").json
    assert (found["found"], found["name"], found["username"]) == (True, ANNA.name, ANNA.username)
    assert bound("contact", "find", "@anna_b").rows[0][1:4] == ["yes", ANNA.name, "@anna_b"]
    nobody = bound.run("contact", "find", "+79169999999", "--json")
    assert (nobody.code, nobody.json[0]["found"]) == (1, False)
    wrong = bound.run("contact", "find", "anna@example.org")
    assert (wrong.code, wrong.err.splitlines()[0]) == (
        2,
        "No channel that is bound here can look for anna@example.org.",
    )


@pytest.mark.req("S-177", part="groups without a robot")
def test_a_group_is_made_renamed_and_ended(bound: Shell) -> None:
    dialog = bound("group", "create", "telegram", "Соседи", "@anna_b").out.strip()
    assert bound("dialog", "show", dialog, "--json").json["name"] == "Соседи"
    bound("group", "rename", dialog, "Соседи и друзья")
    assert [row[0] for row in bound("chat", "list", "telegram").rows] == ["Соседи и друзья"]
    bound("group", "end", dialog)
    assert bound("chat", "list", "telegram").rows == []


@pytest.mark.req("S-056", "S-122", "S-123")
def test_somebody_written_to_by_phone_stands_in_the_address_book_and_is_written_to_from_there(bound: Shell) -> None:
    words = ("send", "8 916 000-00-01", "-c", "telegram", "-t", "Добрый день", "--first-name", "Анна")
    first = bound(*words, "--last-name", "Из лавки", "--assignee", "me", "--json").json
    assert first["state"] == "sent"
    assert bound("dialog", "show", first["dialog"], "--json").json["assignee"] == "Ольга"
    (known,) = bound("contact", "list", "telegram", "--json").json
    assert known["name"] == "Анна Из лавки"
    by_name = bound("send", "--contact", "анна из лавки", "-c", "telegram", "-t", "И ещё", "--wait", "0", "--json").json
    assert by_name["dialog"] == first["dialog"]
    assert bound("send", known["id"], "-c", "telegram", "-t", "По номеру чата", "--json").json["state"] == "sent"
    nobody = bound.run("send", "--contact", "Вера", "-c", "telegram", "-t", "x")
    assert (nobody.code, nobody.err.splitlines()[0]) == (1, "Nobody in the address book is called Вера.")


@pytest.mark.req("S-056")
def test_names_given_with_a_first_message_are_shown_in_dialogs_and_no_later_message_by_phone_takes_them_away(
    bound: Shell, company: Company
) -> None:
    words = ("send", "8 916 000-00-01", "-c", "telegram")
    dialog = bound(*words, "-t", "раз", "--first-name", "Анна", "--last-name", "Из лавки", "--json").json["dialog"]

    def names() -> set[str]:
        (row,) = bound("dialog", "list", "--json").json
        (listed,) = bound("contact", "list", "telegram", "--json").json
        return {row["name"], bound("dialog", "show", dialog, "--json").json["name"], listed["name"]}

    assert names() == {"Анна Из лавки"}
    assert bound(*words, "-t", "два", "--wait", "0", "--json").json["dialog"] == dialog
    bound(*words, "-t", "три", "--first-name", "+79160000001", "--wait", "0")
    assert names() == {"Анна Из лавки"}


@pytest.mark.req("S-056")
def test_a_message_by_phone_without_names_renames_no_client_who_is_known(bound: Shell, company: Company) -> None:
    known(company, str(ANNA.number), ANNA.username, name=ANNA.name, phone=ANNA.phone)
    bound("send", "8 916 000-00-01", "-c", "telegram", "-t", "Счёт", "--wait", "0")
    (row,) = bound("dialog", "list", "--json").json
    assert row["name"] == bound("contact", "show", "1", "--json").json["name"] == ANNA.name
    assert bound("contact", "list", "telegram", "--json").json == []


@pytest.mark.req("S-054", "S-125")
def test_before_it_is_sent_it_is_told_when_it_would_go_and_what_would_be_faster(bound: Shell) -> None:
    bound("send", "+79160000001", "-c", "telegram", "-t", "Добрый день", "--wait", "0")
    words = ("send", "+79160000002", "-c", "telegram", "-t", "Добрый день", "--dry-run")
    (one,) = bound(*words, "--json").json["recipients"]
    assert (one["waits_for"], one["message"], one["new"]) == ("phone", None, True)
    assert one["goes_at"] is not None
    assert "a @username goes at once" in bound(*words).err
    (named,) = bound("send", "@anna_b", "-c", "telegram", "-t", "x", "--dry-run", "--json").json["recipients"]
    assert (named["waits_for"], named["goes_at"]) == ("", None)
    mail = bound.run("send", "anna@example.org", "-c", "telegram", "-t", "x", "--dry-run", "--json")
    assert (mail.code, mail.json["bad"][0]["why"]) == (
        1,
        "anna@example.org is not what Ёлочный базар can begin with: @username, phone number, ChatID.",
    )


@pytest.mark.req("S-055")
def test_what_waits_by_phone_says_why_and_the_time_that_was_told_before_it_was_sent(
    bound: Shell, company: Company
) -> None:
    company.write(lambda tx: channels.set_health(tx, ChannelId(1), "ok"))
    send = ("send", "-c", "telegram", "-t", "Добрый день", "--wait", "0")
    bound(*send, "+79160000001")
    told = []
    for number in ("+79160000002", "+79160000003"):
        (one,) = bound(*send, number, "--dry-run", "--json").json["recipients"]
        told.append(one["goes_at"])
        bound(*send, number)
    bound(*send, "@anna_b")
    rows = [row for row in bound("outbox", "list", "--json").json if row["code"] == "phone_pace"]
    assert len(rows) == 2
    for row, at in zip(rows, told, strict=True):
        assert abs(seconds(row["goes_at"]) - seconds(at)) <= 3
        assert "one message in three minutes" in row["why"]
        assert "@username" in row["why"]
    first, second = (seconds(row["goes_at"]) for row in rows)
    assert 177 <= second - first <= 183
    shown = bound("message", "show", rows[1]["message"]).out
    assert "one message in three minutes" in shown


def seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def known(company: Company, number: str, username: str, *, name: str = "Борис", phone: str = "") -> None:
    """Somebody wrote to the account under a name that they bore then."""
    who = Profile(id=number, name=name, username=username, phone=phone)
    said = MessageArrived(peer=Peer(key=number, address=number), ext_id="1", sender=who, text="Здравствуйте", at=NOON)
    batch = Batch(arrivals=(Arrival(provider_id=f"in-{number}", raw=b"", events=(said,)),))
    company.write(lambda tx: ingest(tx, ChannelId(1), batch))


def test_a_message_to_a_name_goes_to_who_bears_it_now_and_says_to_whom(
    bound: Shell, company: Company, telegram: Sandbox, heard: Callable[[Customer], list[str]]
) -> None:
    known(company, "501", ANNA.username)
    dry = bound("send", "@anna_b", "-c", "telegram", "-t", "Счёт", "--dry-run", "--json").json["recipients"]
    assert (dry[0]["dialog"], dry[0]["new"]) == (None, True)
    sent = bound.run("send", "@Anna_B", "-c", "telegram", "-t", "Счёт", "--json")
    assert (sent.json["state"], sent.json["dialog"] != 1) == ("sent", True)
    assert heard(ANNA) == ["Счёт"]


def test_a_message_into_a_known_dialog_says_whose_it_is(bound: Shell, company: Company) -> None:
    known(company, str(ANNA.number), ANNA.username, name=ANNA.name, phone=ANNA.phone)
    target = bound("send", "8 916 000-00-01", "-c", "telegram", "-t", "Счёт", "--wait", "0")
    assert target.err == "To Анна Белова: dialog 1, Ёлочный базар\n"
    (row,) = bound("send", "+79160000001", "-c", "telegram", "-t", "И ещё", "--dry-run").rows
    assert row[2] == "1 Анна Белова"


def test_a_number_that_the_messenger_says_is_somebody_elses_leads_to_the_old_client_no_longer(
    bound: Shell, company: Company, heard: Callable[[Customer], list[str]]
) -> None:
    known(company, "501", "boris", phone=ANNA.phone)
    assert bound("contact", "find", ANNA.phone, "--json").json[0]["id"] == str(ANNA.number)
    sent = bound("send", ANNA.phone, "-c", "telegram", "-t", "Счёт", "--json").json
    assert (sent["state"], sent["dialog"] != 1) == ("sent", True)
    assert heard(ANNA) == ["Счёт"]
