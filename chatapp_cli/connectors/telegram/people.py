"""Finding people: by id, by name, by phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from telethon.tl import functions as fn
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.peers import Known, seen
from chatapp_cli.connectors.telegram.wire import Wire
from chatapp_cli.domain.errors import RateLimited, Rejected
from chatapp_cli.domain.event import Person

_LATER: Final = 86_400.0
"""Seconds: Telegram imports some contacts only «at a later date», https://core.telegram.org/method/contacts.importContacts."""
_USERNAME: Final = re.compile(r"\w{2,32}", re.ASCII)
_NOBODY: Final = frozenset({"phone_not_found", "username_not_found"})


async def reach(wire: Wire, address: str, *, first_name: str = "", last_name: str = "") -> Known:
    """Whom an address means: an id, a name with or without ``@``, or ``+7916…``; who is known is not asked for again.

    Somebody found by phone is put into the account's address book under these names (S-056). Raises Rejected where
    nobody is found, and RateLimited that holds only strangers up.
    """
    if address.startswith("+"):
        return wire.peers.by_phone(address) or await _import(wire, address, first_name, last_name)
    if address.lstrip("-").isdecimal():
        return wire.peers.need(int(address))
    name = address.removeprefix("@")
    if not _USERNAME.fullmatch(name):
        raise Rejected("username_not_found", address)
    return wire.peers.by_username(name) or await _resolve(wire, name)


async def _import(wire: Wire, phone: str, first_name: str, last_name: str) -> Known:
    card = tl.InputPhoneContact(client_id=0, phone=phone, first_name=first_name or phone, last_name=last_name)
    answer = await wire.ask(fn.contacts.ImportContactsRequest([card]), scope="strangers")
    if answer.retry_contacts:
        raise RateLimited("phone_too_often", phone, retry_after=_LATER, scope="strangers")
    return _one(answer.users, "phone_not_found", phone)


async def _resolve(wire: Wire, name: str) -> Known:
    answer = await wire.ask(fn.contacts.ResolveUsernameRequest(name), scope="strangers")
    return _one([*answer.users, *answer.chats], "username_not_found", f"@{name}")


def _one(entities: Sequence[Any], code: str, said: str) -> Known:
    found = seen(entities[0]) if entities else None
    if found is None:
        raise Rejected(code, said)
    return found


async def find(wire: Wire, address: str) -> Person | None:
    """Ask whether somebody is there, without writing them into the address book."""
    by_phone = address.startswith("+")
    ask = fn.contacts.ResolvePhoneRequest if by_phone else fn.contacts.ResolveUsernameRequest
    try:
        answer = await wire.ask(ask(address.lstrip("+@")), scope="strangers")
    except Rejected as refusal:
        if refusal.code in _NOBODY:
            return None
        raise
    found = seen(answer.users[0]) if answer.users else None
    return found.person if found else None


async def contacts(wire: Wire) -> Sequence[Person]:
    """The account's address book."""
    answer = await wire.ask(fn.contacts.GetContactsRequest(hash=0))
    found = (seen(user) for user in answer.users)
    return [one.person for one in found if one is not None]
