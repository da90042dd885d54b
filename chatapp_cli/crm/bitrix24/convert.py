"""Entries of the ledger as the portal's requests take them.

Sources: b24-rest-docs ``imconnector.send.messages`` and its neighbours; providers' sheet §2.3, §2.6, addendum A, B4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from chatapp_cli.crm.bitrix24 import bbcode, names
from chatapp_cli.domain.crm import showing
from chatapp_cli.domain.crm.entry import LedgerEntry

_FIRST_DATE: Final = 1_000_000_000
_NOTHING: Final = "…"
"""In place of a message that has neither words nor files: the portal refuses an empty one."""


def connector(entry: LedgerEntry) -> str:
    """The connector of an entry's channel."""
    return names.channels()[entry.pairing.kind].id


def added(entry: LedgerEntry, owner: str, is_ours: Callable[[str], bool]) -> dict[str, Any]:
    """An item of ``imconnector.send.messages``.

    ``user.id`` is one for each person and ``chat.id`` one for each dialog: were both the dialog's, the portal would
    make a lead for each post that somebody comments (addendum A on §2.3). What we wrote appears as an employee's,
    the owner's if its author is none there. ``is_ours`` tells which addresses of files the portal may be given.
    """
    files = [file for file in entry.files if is_ours(file.url)]
    left_out = [file for file in entry.files if not is_ours(file.url)]
    said: dict[str, Any] = {"id": entry.key, **_date(entry), "text": showing.words(entry, left_out, bbcode.shielded)}
    if files:
        said["files"] = [{"url": file.url, "name": file.name or "file"} for file in files]
    if not said["text"]:
        said |= {} if files else {"text": _NOTHING}
    if entry.chat.kind == "group":
        said["disable_crm"] = "Y"
    if entry.ours and (author := _number(entry.employee) or _number(owner)):
        said["user_id"] = author
    return {"user": _user(entry), "message": said, "chat": _chat(entry)}


def edited(entry: LedgerEntry) -> dict[str, Any]:
    """An item of ``imconnector.update.messages``."""
    said = {"id": entry.key, **_date(entry), "text": showing.words(entry, (), bbcode.shielded) or _NOTHING}
    return {"user": {"id": entry.person.id}, "message": said, "chat": {"id": entry.chat.id}}


def deleted(entry: LedgerEntry) -> dict[str, Any]:
    """An item of ``imconnector.delete.messages``."""
    return {"user": {"id": entry.person.id}, "message": {"id": entry.key}, "chat": {"id": entry.chat.id}}


def delivered(entry: LedgerEntry) -> dict[str, Any]:
    """An item of ``imconnector.send.status.delivery``, whose ids are a list."""
    return {
        "im": {"chat_id": _number(entry.chat.remote), "message_id": _number(entry.remote)},
        "message": {"id": list(entry.sent_as) or [entry.key or f"im-{entry.remote}"], **_date(entry)},
        "chat": {"id": entry.chat.id},
    }


def _user(entry: LedgerEntry) -> dict[str, Any]:
    person = entry.person
    known: dict[str, Any] = {"id": person.id}
    if entry.chat.kind == "group":
        return known | {"name": names.letters(entry.chat.name) or names.NOBODY}
    known |= names.called(person)
    return known | ({"phone": phone} if (phone := names.phone(person.phone)) else {})


def _chat(entry: LedgerEntry) -> dict[str, Any]:
    return {"id": entry.chat.id, "name": entry.chat.name or entry.person.name}


def _date(entry: LedgerEntry) -> dict[str, int]:
    seconds = entry.at // 1000
    return {"date": seconds} if seconds >= _FIRST_DATE else {}


def _number(said: str) -> int:
    return int(said) if said.isascii() and said.isdecimal() else 0
