"""Finding people by phone and name, and the address book."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from telethon import errors, functions, types

from chatapp_cli.sandbox.telegram import TelegramSandbox
from tests.connectors.telegram.server_client import ANNA, BORIS, Device, logged_in


@pytest.fixture
async def sandbox() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox(password="") as sandbox:
        sandbox.stage.person(ANNA)
        sandbox.stage.person(BORIS)
        yield sandbox


@pytest.fixture
async def client(sandbox: TelegramSandbox) -> AsyncIterator[Device]:
    async with logged_in(sandbox) as client:
        yield client


def contact(number: int, phone: str, first: str = "Аня") -> types.InputPhoneContact:
    return types.InputPhoneContact(client_id=number, phone=phone, first_name=first, last_name="оптовая")


async def test_import_finds_by_phone_and_keeps_the_name_that_we_gave(client: Device) -> None:
    found = await client(functions.contacts.ImportContactsRequest([contact(1, ANNA.phone), contact(2, "+79990000000")]))
    assert [(one.user_id, one.client_id) for one in found.imported] == [(ANNA.number, 1)]
    (anna,) = found.users
    assert (anna.first_name, anna.last_name, anna.phone) == ("Аня", "оптовая", ANNA.phone.lstrip("+"))
    book = await client(functions.contacts.GetContactsRequest(hash=0))
    assert [(one.id, one.contact) for one in book.users] == [(ANNA.number, True)]
    await client.send_message(anna, "Здравствуйте")
    assert [heard.text for heard in await client.sandbox.heard(ANNA)] == ["Здравствуйте"]
    await client(functions.contacts.DeleteContactsRequest([anna]))
    assert (await client(functions.contacts.GetContactsRequest(hash=0))).users == []
    assert (await client.get_entity(ANNA.number)).first_name == "Анна"


async def test_a_hidden_phone_finds_nobody(client: Device, sandbox: TelegramSandbox) -> None:
    sandbox.stage.person(ANNA).phone_hidden = True
    found = await client(functions.contacts.ImportContactsRequest([contact(1, ANNA.phone)]))
    assert (found.imported, found.users) == ([], [])
    with pytest.raises(errors.PhoneNotOccupiedError):
        await client(functions.contacts.ResolvePhoneRequest(ANNA.phone))


async def test_a_phone_is_seen_only_by_those_who_have_it(client: Device) -> None:
    assert (await client.get_entity(f"@{ANNA.username}")).phone is None
    found = await client(functions.contacts.ResolvePhoneRequest(ANNA.phone))
    assert found.users[0].id == ANNA.number


async def test_names_are_resolved_whatever_their_case(client: Device) -> None:
    found = await client(functions.contacts.ResolveUsernameRequest("ANNA_B"))
    assert (found.peer.user_id, found.users[0].username) == (ANNA.number, ANNA.username)
    with pytest.raises(errors.UsernameNotOccupiedError):
        await client(functions.contacts.ResolveUsernameRequest("nobody_here"))


async def test_a_contact_is_added_by_name_alone(client: Device, sandbox: TelegramSandbox) -> None:
    anna = await client.get_input_entity(f"@{ANNA.username}")
    await client(functions.contacts.AddContactRequest(anna, "Аннушка", "", phone=""))
    assert (await client.get_entity(anna)).first_name == "Аннушка"
    with pytest.raises(errors.ContactNameEmptyError):
        await client(functions.contacts.AddContactRequest(anna, "", "", phone=""))
    full = await client(functions.users.GetFullUserRequest(anna))
    assert (full.full_user.id, full.full_user.blocked) == (ANNA.number, False)


async def test_whom_we_block_does_not_reach_us(client: Device, sandbox: TelegramSandbox) -> None:
    anna = await client.get_input_entity(f"@{ANNA.username}")
    assert await client(functions.contacts.BlockRequest(anna))
    stage, person = sandbox.stage, sandbox.stage.person(ANNA)
    assert stage.write(person, stage.private(person), "Ау").id_for(sandbox.owner) is None
    with pytest.raises(errors.YouBlockedUserError):
        await client.send_message(anna, "!")
    await client(functions.contacts.UnblockRequest(anna))
    await sandbox.say(ANNA, "Снова я")
    assert await client.hears(1) == ["Снова я"]


async def test_a_lookup_flood_blocks_lookups(client: Device, sandbox: TelegramSandbox) -> None:
    sandbox.stage.order("contacts.importContacts", "FLOOD_WAIT_3600")
    for phone in (ANNA.phone, BORIS.phone):
        with pytest.raises(errors.FloodWaitError):
            await client(functions.contacts.ImportContactsRequest([contact(1, phone)]))
    assert len(sandbox.stage.asked("contacts.importContacts")) == 1
    (asked,) = sandbox.stage.asked("contacts.importContacts")
    assert (asked.by, asked.request.contacts[0].phone) == (sandbox.owner.id, ANNA.phone)


async def test_a_method_that_nobody_implements_is_refused_by_name(client: Device) -> None:
    with pytest.raises(errors.MethodInvalidError):
        await client(functions.help.GetInviteTextRequest())
