"""Names and phones change hands: what is written to one reaches whoever bears it now, and nobody else."""

from __future__ import annotations

import pytest
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.peers import Known, Peers
from chatapp_cli.connectors.telegram.session import AccountSession
from chatapp_cli.domain.arrival import PeerMoved
from chatapp_cli.domain.errors import RateLimited, Rejected
from chatapp_cli.ports.memory import ShortMemory
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.sandbox.telegram import TelegramSandbox
from chatapp_cli.sandbox.telegram.tl import Refusal
from tests.connectors.telegram.conftest import Desk, outbound, texts
from tests.contract.connector_contract import ANNA, BORIS

PASSES = [True, False]
"""Telegram told us that a name changed hands, or it did not."""


async def known(desk: Desk, sandbox: TelegramSandbox, *people: Customer) -> None:
    """They wrote to us once, so that the account has met them."""
    for who in people:
        await sandbox.say(who, f"я {who.name}")
    await desk.until(texts(*(f"я {who.name}" for who in people)))


async def heard(sandbox: TelegramSandbox) -> list[list[str]]:
    return [[one.text for one in await sandbox.heard(who)] for who in (ANNA, BORIS)]


def pass_the_name(sandbox: TelegramSandbox, *, pushed: bool) -> None:
    """Anna gives it up, Boris takes it."""
    sandbox.stage.change_username(sandbox.stage.person(ANNA), "", pushed=pushed)
    sandbox.stage.change_username(sandbox.stage.person(BORIS), "anna_b", pushed=pushed)


def pass_the_phone(sandbox: TelegramSandbox, *, pushed: bool) -> None:
    """An operator sells Anna's number anew."""
    sandbox.stage.change_phone(sandbox.stage.person(BORIS), ANNA.phone, pushed=pushed)


@pytest.mark.req("S-054")
@pytest.mark.parametrize("pushed", PASSES)
@pytest.mark.parametrize("address", ["@anna_b", "@Anna_B", "anna_b"])
async def test_what_is_sent_to_a_name_reaches_its_new_bearer_and_never_the_former(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox, pushed: bool, address: str
) -> None:
    await known(desk, sandbox, ANNA, BORIS)
    pass_the_name(sandbox, pushed=pushed)
    await session.send(outbound(address, "ваш договор", stranger=True))
    assert await heard(sandbox) == [[], ["ваш договор"]]
    assert (await desk.one(PeerMoved)).peer.key == str(BORIS.number)


@pytest.mark.req("S-054")
@pytest.mark.parametrize("pushed", PASSES)
@pytest.mark.parametrize("names", [{}, {"first_name": "Борис"}])
async def test_what_is_sent_to_a_phone_reaches_whoever_has_it_now(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox, pushed: bool, names: dict[str, str]
) -> None:
    await known(desk, sandbox, ANNA, BORIS)
    await session.send(outbound(ANNA.phone, "Здравствуйте", first_name="Анна"))
    assert [one.phone for one in await session.contacts()] == [ANNA.phone], "the account knows whose it is"
    pass_the_phone(sandbox, pushed=pushed)
    await session.send(outbound(ANNA.phone, "ваш договор", key="b" * 32, stranger=True, **names))
    assert await heard(sandbox) == [["Здравствуйте"], ["ваш договор"]]


async def test_a_bearer_who_was_looked_up_is_whom_the_next_message_reaches(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    await known(desk, sandbox, ANNA)
    sandbox.stage.person(BORIS)
    pass_the_name(sandbox, pushed=False)
    found = await session.find("anna_b")
    assert found is not None
    assert found.id == str(BORIS.number)
    await session.send(outbound("@anna_b", "ваш договор", stranger=True))
    assert await heard(sandbox) == [[], ["ваш договор"]]


async def test_a_name_that_nobody_bears_any_more_reaches_nobody(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    await known(desk, sandbox, ANNA)
    sandbox.stage.change_username(sandbox.stage.person(ANNA), "", pushed=False)
    with pytest.raises(Rejected, match="username_not_found"):
        await session.send(outbound("@anna_b", "ваш договор", stranger=True))
    assert await heard(sandbox) == [[], []]


async def test_a_persons_name_that_a_chat_has_taken_reaches_nobody(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    await known(desk, sandbox, ANNA)
    sandbox.stage.change_username(sandbox.stage.person(ANNA), "", pushed=False)
    group = sandbox.stage.groups.channel("Барахолка", sandbox.owner, username="anna_b", broadcast=False)
    with pytest.raises(Rejected, match="name_of_a_chat"):
        await session.send(outbound("@anna_b", "ваш договор", stranger=True))
    assert [letter.text for letter in group.box.of(group) if letter.text] == []


async def test_where_nobody_can_be_asked_now_the_message_waits_and_reaches_no_former_bearer(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    await known(desk, sandbox, ANNA, BORIS)
    pass_the_name(sandbox, pushed=False)
    sandbox.stage.order("contacts.resolveUsername", "FLOOD_WAIT_900")
    with pytest.raises(RateLimited) as told:
        await session.send(outbound("@anna_b", "ваш договор", stranger=True))
    assert (told.value.scope, told.value.retry_after) == ("strangers", 900)
    assert await heard(sandbox) == [[], []]


async def test_who_still_bears_a_name_is_not_resolved_again(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    await known(desk, sandbox, ANNA)
    for key in "abc":
        await session.send(outbound("@anna_b", key, key=key * 32, stranger=True))
    assert await heard(sandbox) == [["a", "b", "c"], []]
    assert sandbox.stage.asked("contacts.resolveUsername") == [], "Telegram allows few of these a day"


async def test_nobody_takes_a_name_that_is_taken(sandbox: TelegramSandbox) -> None:
    anna, boris = sandbox.stage.person(ANNA), sandbox.stage.person(BORIS)
    with pytest.raises(Refusal, match="USERNAME_OCCUPIED"):
        sandbox.stage.change_username(boris, anna.username)


ANNA_A, BORIS_A = (
    Known(number=7, sort="user", hash=1, username="shop", phone="791"),
    Known(number=8, sort="user", hash=2),
)


async def test_a_name_has_one_owner_the_newest() -> None:
    memory = ShortMemory()
    peers = Peers(memory, [ANNA_A, BORIS_A])
    await peers.learn([Known(number=8, sort="user", hash=2, username="Shop", phone="791").entity])
    for one in (peers, await Peers.load(memory)):
        bearer, owner = one.by_username("shop"), one.by_phone("+791")
        assert (bearer and bearer.number, owner and owner.number) == (8, 8)
    assert (peers.need(7).username, peers.need(7).phone) == ("", "")
    await peers.hear(
        tl.UpdateUserName(7, "А", "", [tl.Username("other", active=False), tl.Username("shop", active=True)])
    )
    await peers.hear(tl.UpdateUserPhone(7, "791"))
    assert (peers.need(7).username, peers.need(8).username) == ("shop", "")
    assert (peers.need(7).phone, peers.need(8).phone) == ("791", "")
    await peers.hear(tl.UpdateUserName(7, "А", "", []))
    assert peers.by_username("shop") is None


# The address book


@pytest.mark.req("S-056")
@pytest.mark.parametrize("address", [ANNA.phone, "@anna_b"])
async def test_names_given_with_a_first_message_are_written_although_somebody_was_looked_up_before(
    session: AccountSession, sandbox: TelegramSandbox, address: str
) -> None:
    sandbox.stage.person(ANNA)
    await session.find(address.removeprefix("@"))
    await session.send(outbound(address, "Здравствуйте", stranger=True, first_name="Анна", last_name="(ели)"))
    assert [one.name for one in await session.contacts()] == ["Анна (ели)"]


@pytest.mark.req("S-056")
@pytest.mark.parametrize("names", [{}, {"first_name": ANNA.phone}, {"first_name": "7916", "last_name": "0000001"}])
async def test_a_message_by_phone_without_a_name_leaves_the_address_book_as_it_is(
    session: AccountSession, sandbox: TelegramSandbox, names: dict[str, str]
) -> None:
    sandbox.stage.person(ANNA)
    await session.send(outbound(ANNA.phone, "раз", stranger=True, **names))
    assert await session.contacts() == []
    await session.send(outbound(ANNA.phone, "два", key="b" * 32, stranger=True, first_name="Анна", last_name="Б."))
    await session.send(outbound(ANNA.phone, "три", key="c" * 32, stranger=True, **names))
    assert [one.name for one in await session.contacts()] == ["Анна Б."]
    assert await heard(sandbox) == [["раз", "два", "три"], []]


@pytest.mark.req("S-056")
async def test_names_are_written_once_and_a_refused_entry_keeps_no_message_back(
    session: AccountSession, sandbox: TelegramSandbox
) -> None:
    sandbox.stage.person(ANNA)
    said = {"stranger": True, "first_name": "Анна"}
    sandbox.stage.order("contacts.addContact", "CONTACT_REQ_MISSING")
    await session.send(outbound("@anna_b", "раз", key="a" * 32, **said))
    await session.send(outbound(str(ANNA.number), "два", key="b" * 32, **said))
    await session.send(outbound(str(ANNA.number), "три", key="c" * 32, **said))
    assert await heard(sandbox) == [["раз", "два", "три"], []]
    assert len(sandbox.stage.asked("contacts.addContact")) == 2
    assert [one.name for one in await session.contacts()] == ["Анна"]
