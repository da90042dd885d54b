"""Users and contacts."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from telethon.tl import functions, types

from chatapp_cli.sandbox.telegram import views
from chatapp_cli.sandbox.telegram.chats import Private
from chatapp_cli.sandbox.telegram.letters import Contact, Person, digits
from chatapp_cli.sandbox.telegram.methods.call import Call, Handler
from chatapp_cli.sandbox.telegram.tl import Refusal


def get_users(call: Call, request: Any) -> list[Any]:
    """The requested users; unknown ones are skipped."""
    found = []
    for named in request.id:
        with contextlib.suppress(Refusal):
            found.append(views.user(call.user(named), call.me))
    return found


def get_full(call: Call, request: Any) -> Any:
    """Full information about a user."""
    person = call.user(request.id)
    full = types.UserFull(
        id=person.id,
        settings=types.PeerSettings(),
        notify_settings=types.PeerNotifySettings(),
        common_chats_count=sum(1 for g in call.cloud.gatherings.values() if g.has(person) and g.has(call.me)),
        blocked=person.id in call.me.blocked,
    )
    return types.users.UserFull(full_user=full, chats=[], users=[views.user(person, call.me)])


def import_contacts(call: Call, request: Any) -> Any:
    """Look people up by phone; those who hide theirs or have no account are left out."""
    imported, users = [], []
    for wanted in request.contacts:
        person = call.cloud.by_phone(wanted.phone)
        if person is None or person.phone_hidden:
            continue
        call.me.contacts[person.id] = Contact(wanted.first_name, wanted.last_name, digits(wanted.phone))
        imported.append(types.ImportedContact(user_id=person.id, client_id=wanted.client_id))
        users.append(views.user(person, call.me))
    return types.contacts.ImportedContacts(imported=imported, popular_invites=[], retry_contacts=[], users=users)


def get_contacts(call: Call, _request: Any) -> Any:
    """The address book."""
    people = [call.cloud.people[number] for number in call.me.contacts]
    contacts = [types.Contact(user_id=p.id, mutual=call.me.id in p.contacts) for p in people]
    return types.contacts.Contacts(
        contacts=contacts, saved_count=len(people), users=[views.user(p, call.me) for p in people]
    )


def add_contact(call: Call, request: Any) -> Any:
    """Add a person to the address book under this name."""
    person = call.user(request.id)
    if not request.first_name:
        raise Refusal("CONTACT_NAME_EMPTY")
    call.me.contacts[person.id] = Contact(request.first_name, request.last_name, digits(request.phone))
    return _settings(call, person)


def delete_contacts(call: Call, request: Any) -> Any:
    """Remove people from the address book."""
    people = [call.user(named) for named in request.id]
    for person in people:
        call.me.contacts.pop(person.id, None)
    return call.updates(*(_peer_settings(person) for person in people))


def _peer_settings(person: Person) -> Any:
    return types.UpdatePeerSettings(peer=types.PeerUser(person.id), settings=types.PeerSettings())


def _settings(call: Call, person: Person) -> Any:
    return call.updates(_peer_settings(person))


def resolve_username(call: Call, request: Any) -> Any:
    """The owner of a username: a person, a supergroup or a channel."""
    found = call.cloud.by_username(request.username)
    if isinstance(found, Person):
        return types.contacts.ResolvedPeer(peer=types.PeerUser(found.id), chats=[], users=[views.user(found, call.me)])
    return types.contacts.ResolvedPeer(peer=types.PeerChannel(found.id), chats=[views.chat(found, call.me)], users=[])


def resolve_phone(call: Call, request: Any) -> Any:
    """The owner of a phone."""
    found = call.cloud.by_phone(request.phone)
    if found is None or found.phone_hidden:
        raise Refusal("PHONE_NOT_OCCUPIED")
    return types.contacts.ResolvedPeer(peer=types.PeerUser(found.id), chats=[], users=[views.user(found, call.me)])


def block(call: Call, request: Any) -> bool:
    """Block a person."""
    call.me.blocked.add(_person(call, request.id).id)
    return True


def unblock(call: Call, request: Any) -> bool:
    """Unblock a person."""
    call.me.blocked.discard(_person(call, request.id).id)
    return True


def _person(call: Call, named: Any) -> Person:
    chat = call.chat(named)
    if not isinstance(chat, Private):
        raise Refusal("PEER_ID_INVALID")
    return chat.other(call.me)


def update_status(_call: Call, _request: Any) -> bool:
    """Accept the online status, which has no effect."""
    return True


HANDLERS: Mapping[type, Handler] = {
    functions.users.GetUsersRequest: get_users,
    functions.users.GetFullUserRequest: get_full,
    functions.contacts.ImportContactsRequest: import_contacts,
    functions.contacts.GetContactsRequest: get_contacts,
    functions.contacts.AddContactRequest: add_contact,
    functions.contacts.DeleteContactsRequest: delete_contacts,
    functions.contacts.ResolveUsernameRequest: resolve_username,
    functions.contacts.ResolvePhoneRequest: resolve_phone,
    functions.contacts.BlockRequest: block,
    functions.contacts.UnblockRequest: unblock,
    functions.account.UpdateStatusRequest: update_status,
}
