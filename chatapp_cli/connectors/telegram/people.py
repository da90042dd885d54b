"""Finding people: by id, by name, by phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import structlog
from telethon.tl import functions as fn
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.peers import Known, seen
from chatapp_cli.connectors.telegram.wire import Wire
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.errors import RateLimited, Rejected

log = structlog.get_logger()

_LATER: Final = 86_400.0
"""Seconds: Telegram imports some contacts only «at a later date», https://core.telegram.org/method/contacts.importContacts."""
_USERNAME: Final = re.compile(r"\w{2,32}", re.ASCII)
_DIGITS: Final = re.compile(r"[\d\s()+.-]*")
_NOBODY: Final = frozenset({"phone_not_found", "username_not_found"})


async def reach(wire: Wire, address: str) -> Known:
    """Find the peer of an address: an id, a username with or without ``@``, or ``+7916…``.

    Usernames and phones change hands: the last known owner is requested again and used only if they still own it.
    Nobody is added to the address book. Raises Rejected if nobody is found, and RateLimited that delays only first
    messages to strangers.
    """
    if address.startswith("+"):
        return await _still(wire, wire.peers.by_phone(address), address) or await _resolve_phone(wire, address)
    if address.lstrip("-").isdecimal():
        return wire.peers.need(int(address))
    name = address.removeprefix("@")
    if not _USERNAME.fullmatch(name):
        raise Rejected("username_not_found", address)
    former = wire.peers.by_username(name)
    return await _still(wire, former, name) or await _resolve(wire, name, former)


async def imported(wire: Wire, phone: str, first_name: str, last_name: str) -> Known:
    """Add a phone to the account's address book under these names and return the peer (S-056). Raises as ``reach``."""
    known = await _still(wire, wire.peers.by_phone(phone), phone)
    if known is not None and await _is_named(wire, known, first_name, last_name):
        return known
    first, last = _in_order(first_name, last_name)
    card = tl.InputPhoneContact(client_id=0, phone=phone, first_name=first, last_name=last)
    answer = await wire.ask(fn.contacts.ImportContactsRequest([card]), scope="strangers")
    if answer.retry_contacts:
        raise RateLimited("phone_too_often", phone, retry_after=_LATER, scope="strangers")
    return _one(answer.users, "phone_not_found", phone)


async def introduce(wire: Wire, known: Known, first_name: str, last_name: str) -> None:
    """Add a person to the address book under these names, unless present; a refusal is ignored."""
    try:
        if known.sort == "user" and not await _is_named(wire, known, first_name, last_name):
            first, last = _in_order(first_name, last_name)
            await wire.ask(fn.contacts.AddContactRequest(known.input, first, last, phone=known.phone))
    except (Rejected, RateLimited) as refusal:
        log.warning("contact.not_written", code=refusal.code, detail=refusal.detail)


def given(first_name: str, last_name: str) -> tuple[str, str]:
    """The names for an address book entry; a phone number is not a name and never replaces one."""
    return ("", "") if _DIGITS.fullmatch(first_name + last_name) else (first_name, last_name)


def _in_order(first_name: str, last_name: str) -> tuple[str, str]:
    """First and last name; Telegram requires a first name."""
    return (first_name, last_name) if first_name else (last_name, "")


async def _is_named(wire: Wire, known: Known, first_name: str, last_name: str) -> bool:
    entity = await _described(wire, known)
    said = (getattr(entity, "first_name", None) or "", getattr(entity, "last_name", None) or "")
    return bool(getattr(entity, "contact", False)) and said == _in_order(first_name, last_name)


async def _described(wire: Wire, known: Known) -> Any:
    """The current data of a person or channel; ``None`` if Telegram gives none."""
    if known.channel:
        answer = await wire.ask(fn.channels.GetChannelsRequest([known.input]), scope="strangers")
        return next(iter(answer.chats), None)
    answer = await wire.ask(fn.users.GetUsersRequest([known.input]), scope="strangers")
    return next((one for one in answer if isinstance(one, tl.User)), None)


async def _still(wire: Wire, former: Known | None, said: str) -> Known | None:
    """The last known owner of a username or phone, if they still own it."""
    if former is None or former.sort == "group":
        return None
    try:
        entity = await _described(wire, former)
    except Rejected:
        return None
    active = (one.username for one in getattr(entity, "usernames", None) or () if one.active)
    names = {getattr(entity, "username", None), *active}
    borne = {f"+{getattr(entity, 'phone', None)}", *(name.lower() for name in names if name)}
    return seen(entity) if entity is not None and said.lower() in borne else None


async def _resolve_phone(wire: Wire, phone: str) -> Known:
    answer = await wire.ask(fn.contacts.ResolvePhoneRequest(phone.lstrip("+")), scope="strangers")
    return _one(answer.users, "phone_not_found", phone)


async def _resolve(wire: Wire, name: str, former: Known | None) -> Known:
    answer = await wire.ask(fn.contacts.ResolveUsernameRequest(name), scope="strangers")
    found = _one([*answer.users, *answer.chats], "username_not_found", f"@{name}")
    if former is not None and former.peer.kind == "private" != found.peer.kind:
        raise Rejected("name_of_a_chat", f"@{name}")
    return found


def _one(entities: Sequence[Any], code: str, said: str) -> Known:
    found = seen(entities[0]) if entities else None
    if found is None:
        raise Rejected(code, said)
    return found


async def find(wire: Wire, address: str) -> Profile | None:
    """Check whether a person is on Telegram, without adding them to the address book."""
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


async def contacts(wire: Wire) -> Sequence[Profile]:
    """The account's address book."""
    answer = await wire.ask(fn.contacts.GetContactsRequest(hash=0))
    found = (seen(user) for user in answer.users)
    return [one.person for one in found if one is not None]
