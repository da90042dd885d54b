"""Bots of an account that call our widget: what is believed, what it means, and how they are let go on."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.domain.crm.cards import CardPhone, CardRef
from chatapp_cli.domain.crm.entry import CrmReceipt
from chatapp_cli.domain.crm.events import CrmStepAsked
from chatapp_cli.domain.crm.states import Act, TextFate
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected
from chatapp_cli.ports.crm import CrmReply
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.jwt import signed
from chatapp_cli.sandbox.amocrm.objects import AmoBotRun
from tests.crm.amocrm.desk import AmoDesk, entry

DATA = {
    "line": "auto",
    "messenger": "auto",
    "template": "Здравствуйте, Иван",
    "file": "",
    "group_mode": "work",
    "contact_value": "",
    "contact_choice": "main",
    "params": {"1": "17", "2": "завтра"},
}
MINUTE = 60_000


@pytest.fixture
async def lead(account: Account) -> int:
    """A deal with Ivan as its main contact, and Pyotr."""
    ivan = account._desk.office.add_contact("Иван", responsible=1)
    ivan.values[193201] = [{"value": "8 (916) 123-45-67", "enum_code": "WORK"}]
    pyotr = account._desk.office.add_contact("Пётр", responsible=1)
    made = await account.makes_deal(ivan.id, "Ёлка")
    made.contacts.append(pyotr.id)
    return made.id


Runs = Callable[..., Any]


@pytest.fixture
def runs(session: AmoSession, desk: AmoDesk, account: Account, lead: int) -> Runs:
    """Let a bot work on the deal until it has asked us."""
    account.widget_url = desk.address("salesbot")

    async def run(**data: Any) -> tuple[AmoBotRun, CrmReply]:
        made = await account.runs_bot(lead, {**DATA, **data})
        await account.settled()
        return made, desk.replies[-1]

    return run


async def test_a_bots_request_is_answered_at_once_and_means_what_was_chosen(
    runs: Runs, account: Account, lead: int, desk: AmoDesk
) -> None:
    account.misbehaviour.bot_form = False
    run, reply = await runs()
    path = run.return_url.removeprefix(account.address)
    [arrival] = reply.arrivals
    assert run.answered == 200
    assert arrival.event == CrmStepAsked(
        remote=path,
        until=desk.world.clock.now() + 10 * MINUTE - 15_000,
        card=CardRef("deal", str(lead)),
        text="Здравствуйте, Иван",
        values=["17", "завтра"],
    )
    assert desk.bound is not None
    assert desk.crm.understand(desk.bound, arrival.raw) == arrival.event
    assert run.claims["jti"] in arrival.provider_id


async def test_a_form_means_the_same(runs: Runs, account: Account) -> None:
    account.misbehaviour.bot_form = True
    run, reply = await runs(
        contact_choice="all", group_mode="stop", template="#order/ru", messenger="telegram", line="3"
    )
    event = reply.arrivals[0].event
    assert run.answered == 200
    assert (event.whom, event.groups, event.template, event.text, event.kind, event.line, event.values) == (
        "all", False, "order/ru", "", "telegram", "3", ["17", "завтра"],
    )  # fmt: skip


def forged(account: Account, run: AmoBotRun, *, algorithm: Any = "HS512", **claims: Any) -> str:
    return signed({**run.claims, **claims}, account.client_secret, algorithm)


@pytest.mark.parametrize(
    ("claims", "algorithm"),
    [
        ({}, "HS256"),
        ({"aud": "https://other.example.ru"}, "HS512"),
        ({"account_id": 1}, "HS512"),
        ({"client_uuid": "6b1f0d9e-2f3a-4f1e-9a55-0c8f5c1f7a10"}, "HS512"),
        ({"exp": 1_600_000_000}, "HS512"),
        ({"nbf": 4_000_000_000}, "HS512"),
        ({"iat": 4_000_000_000}, "HS512"),
    ],
)
async def test_a_token_by_another_algorithm_of_another_time_place_or_account_is_refused(
    runs: Runs, account: Account, desk: AmoDesk, claims: dict[str, Any], algorithm: str
) -> None:
    run, _ = await runs()
    said = account._desk.bots.request(run)
    token = forged(account, run, algorithm=algorithm, **{"jti": "another", **claims})
    assert (await posted(desk, {**said, "token": token})).status == 403
    assert desk.replies[-1].arrivals == ()


async def test_a_token_is_read_by_the_accounts_clock_also_if_ours_was_set_since(
    runs: Runs, session: AmoSession, account: Account, desk: AmoDesk
) -> None:
    for off in (600, -840):
        account.misbehaviour.clock_off = off
        await session.arrange([])
        _, reply = await runs()
        account.misbehaviour.clock_off = 0
        _, later = await runs()
        for one in (reply, later):
            [arrival] = one.arrivals
            assert isinstance(arrival.event, CrmStepAsked)
            assert arrival.event.until > desk.world.clock.now()
        await desk.world.clock.sleep(1)


async def test_a_bot_whose_token_is_of_another_time_goes_on_by_errors_and_a_person_is_told_of_the_clock(
    runs: Runs, account: Account, desk: AmoDesk
) -> None:
    account.misbehaviour.clock_off = 600
    run, reply = await runs()
    step, odd = reply.arrivals
    assert run.answered == 200
    assert isinstance(step.event, CrmStepAsked)
    assert step.event.until == desk.world.clock.now()
    assert (odd.event, "The clocks of this machine and of amoCRM differ" in str(odd.problem)) == (None, True)


async def posted(desk: AmoDesk, said: dict[str, Any]) -> CrmReply:
    return await desk.accept("salesbot", json.dumps(said).encode())


async def test_nothing_stands_in_for_a_signature(runs: Runs, account: Account, desk: AmoDesk) -> None:
    run, _ = await runs()
    said = account._desk.bots.request(run)
    head, claims, _proof = said["token"].split(".")
    none = "eyJhbGciOiJub25lIn0"
    stranger = signed(run.claims, "another secret", "HS512")
    other = urlsafe_b64encode(b'{"alg":"HS256"}').rstrip(b"=").decode()
    proof = hmac.new(account.client_secret.encode(), f"{other}.{claims}".encode(), "sha512").digest()
    misnamed = f"{other}.{claims}.{urlsafe_b64encode(proof).rstrip(b'=').decode()}"
    unsigned = (f"{none}.{claims}.", f"{head}.{claims}.", f"{head}.{claims}.AAAA")
    for token in ("", ".", "a.b.c", "я.я.я", *unsigned, stranger, misnamed):
        assert (await posted(desk, {**said, "token": token})).status == 403
    assert (await posted(desk, {"data": {}})).status == 403
    assert (await desk.accept("salesbot", b"{")).status == 400


async def test_a_token_is_believed_once(runs: Runs, account: Account, desk: AmoDesk) -> None:
    run, first = await runs()
    said = account._desk.bots.request(run)
    other = account.address + "/api/v4/salesbot/1/continue/2"
    again = await posted(desk, {**said, "return_url": other})
    assert again.arrivals[0].provider_id == first.arrivals[0].provider_id


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example.ru/api/v4/salesbot/1/continue/2",
        "http://127.0.0.1:1/api/v4/salesbot/1/continue/2",
        "{account}@evil.example.ru/api/v4/salesbot/1/continue/2",
        "{account}/api/v4/leads/1",
        "{account}/api/v4/salesbot/1/continue/2?x=1",
        "{account}/api/v4/salesbot/1/continue/2#x",
        "{account}/api/v4/salesbot/../../continue/2",
        "{account}/api/v4/salesbot/1/continue/2/../../../leads",
        "//[",
        "",
    ],
)
async def test_the_token_of_the_account_goes_nowhere_else(
    runs: Runs, account: Account, desk: AmoDesk, address: str
) -> None:
    run, _ = await runs()
    said = account._desk.bots.request(run)
    token = forged(account, run, jti="another")
    reply = await posted(desk, {**said, "token": token, "return_url": address.format(account=account.address)})
    assert (reply.status, reply.arrivals) == (400, ())


async def test_the_contacts_of_a_deal_come_with_what_they_are_reached_by_the_main_one_first(
    session: AmoSession, account: Account, lead: int
) -> None:
    [receipt] = await session.deliver([entry()])
    assert isinstance(receipt, CrmReceipt)
    main, other = await session.contacts_of(CardRef("deal", str(lead)), everyone=True)
    assert (main.card.title, [chat.remote for chat in main.chats]) == ("Иван", [receipt.chat])
    assert main.phones == [CardPhone(phone="8 (916) 123-45-67")]
    assert (other.card.title, other.chats, other.phones) == ("Пётр", [], [])
    assert await session.contacts_of(CardRef("deal", str(lead)), everyone=False) == [main]
    assert await session.contacts_of(CardRef("contact", main.card.id), everyone=True) == [main]
    for card in ("deal:99", "customer:1"):
        with pytest.raises(Rejected, match="bot_card_gone"):
            await session.contacts_of(CardRef(*card.split(":")), everyone=True)


def told(run: AmoBotRun, account: Account, fate: TextFate, reason: str = "") -> Any:
    path = run.return_url.removeprefix(account.address)
    return replace(entry(act=Act.CONTINUE), remote=path, fate=fate, reason=reason)


@pytest.mark.parametrize(("fate", "status"), [(TextFate.SENT, "success"), (TextFate.FAILED, "fail")])
async def test_a_bot_goes_on_by_the_exit_that_its_messages_earned_and_a_second_word_is_no_fault(
    runs: Runs, session: AmoSession, account: Account, fate: TextFate, status: str
) -> None:
    run, _ = await runs()
    assert await session.deliver([told(run, account, fate, "Нет телефона.")]) == [CrmReceipt()]
    assert (run.state, run.result) == ("continued", {"status": status, "detail": "Нет телефона."})
    assert run.exit == {"type": "question", "step": 1}
    assert await session.deliver([told(run, account, fate)]) == [CrmReceipt()]


async def test_a_lost_answer_is_asked_again_and_ends_with_the_first_word(
    runs: Runs, session: AmoSession, account: Account, desk: AmoDesk
) -> None:
    run, _ = await runs()
    word = told(run, account, TextFate.SENT)
    await desk.world.clock.sleep(1)
    account.misbehaviour.lose_after[word.remote] = 1
    [lost] = await session.deliver([word])
    assert isinstance(lost, OutcomeUnknown)
    account.misbehaviour.refuse[word.remote] = (200, {"title": "Error", "status": 500})
    [odd] = await session.deliver([word])
    assert isinstance(odd, OutcomeUnknown)
    account.misbehaviour.refuse.clear()
    assert await session.find(word) is None
    assert await session.deliver([replace(word, fate=TextFate.FAILED)]) == [CrmReceipt()]
    assert run.result["status"] == "success"


async def test_an_account_without_a_chat_channel_lets_its_bots_go_on_too(
    noting: AmoSession, account: Account, lead: int
) -> None:
    run = await account.runs_bot(lead, DATA)
    await account.settled()
    assert await noting.deliver([told(run, account, TextFate.SENT)]) == [CrmReceipt()]
    assert run.state == "continued"


async def test_a_file_by_a_link_is_fetched_with_its_name(session: AmoSession, desk: AmoDesk, tmp_path: Path) -> None:
    desk.files = {"ёлка.png": b"png"}
    name, _mime = await session.fetch_link(f"{desk.url}/media/ёлка.png", tmp_path / "file")
    assert (name, (tmp_path / "file").read_bytes()) == ("ёлка.png", b"png")
    for link in ("ftp://example.ru/a", "ёлка", "http://["):
        with pytest.raises(Rejected, match="no_link"):
            await session.fetch_link(link, tmp_path / "other")


async def test_how_long_a_bot_waits_can_be_set(desk: AmoDesk, account: Account, lead: int) -> None:
    await desk.link(bot_minutes="3")
    await desk.allow()
    async with desk.session():
        account.widget_url = desk.address("salesbot")
        await account.runs_bot(lead, DATA)
        await account.settled()
    assert desk.replies[-1].arrivals[0].event.until == desk.world.clock.now() + 3 * MINUTE - 15_000  # type: ignore[union-attr]
