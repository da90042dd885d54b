"""Entries of the ledger as the chats take them.

Sources: providers' sheet §5.4, addendum A, C5; ``amojo.message.request.json`` of the contracts.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from chatapp_cli.crm.amocrm import names
from chatapp_cli.crm.amocrm.names import OurIds
from chatapp_cli.domain.crm import showing
from chatapp_cli.domain.crm.entry import CrmPerson, LedgerEntry, SharedFile
from chatapp_cli.domain.crm.failure import FailureKind
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.message import State
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show

_FIRST_DATE: Final[Millis] = 1_000_000_000_000
_NOTHING: Final = "…"
"""In place of a message that has neither words nor files: an empty text is refused."""
_VOICE: Final = "audio/ogg"
FAILURES: Final[Mapping[FailureKind, int]] = {
    FailureKind.CLIENT_LEFT: 901,
    FailureKind.CHANNEL_OFF: 902,
    FailureKind.INTERNAL: 903,
    FailureKind.NO_CONVERSATION: 904,
    FailureKind.OTHER: 905,
}
"""The ``error_code`` of each kind of failure (providers' sheet §5.4)."""
DELIVERED: Final = 1
READ: Final = 2
FAILED: Final = -1
_STATUSES: Final[Mapping[State, int]] = {State.DELIVERED: DELIVERED, State.READ: READ}
TYPES_FOR: Final = 5000
"""Milliseconds for which a client is shown as typing."""
_LONGEST_REASON: Final = 250

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldAs:
    """In whose name a copy of a message of ours is shown, and what the account calls both sides."""

    employee: str = ""
    """The id in the chats of the employee who wrote it, or of the bot."""
    client: str = ""
    """The id in the chats of a client to whom an employee wrote first; empty once ours is told (C5)."""


def opened(entry: LedgerEntry, ours: OurIds) -> dict[str, Any]:
    """The request that makes a chat: without a message nobody sees it."""
    return {
        "conversation_id": ours.conversation(entry.pairing, entry.chat.id),
        "source": {"external_id": ours.source(entry.pairing.id)},
        "user": _client(entry, ours),
    }


def added(
    entry: LedgerEntry, ours: OurIds, told_as: ToldAs, is_ours: Callable[[str], bool], now: Millis
) -> Sequence[dict[str, Any]]:
    """The messages that show an entry: a message there has at most one file.

    ``is_ours`` tells which addresses of files the account may be given.
    """
    files = [file for file in entry.files if is_ours(file.url)]
    left_out = [file for file in entry.files if not is_ours(file.url)]
    answers = _answered(entry, ours)
    words = showing.words(_unquoted(entry) if answers else entry, left_out)
    shown = [_media(file, words if place == 0 else "") for place, file in enumerate(files)]
    shown = shown or [{"type": "text", "text": words or _NOTHING}]
    about = _about(entry, ours, told_as, now)
    parts = [{**about, "msgid": part_key(entry, ours, place), "message": one} for place, one in enumerate(shown)]
    if answers:
        parts[0]["reply_to"] = {"message": answers}
    return parts


def part_key(entry: LedgerEntry, ours: OurIds, place: int = 0) -> str:
    """Our id of a part of a message there: of the first one that of the message."""
    return ours.message(entry.key if place == 0 else f"{entry.key}.{place + 1}")


def _about(entry: LedgerEntry, ours: OurIds, told_as: ToldAs, now: Millis) -> dict[str, Any]:
    at = entry.at if entry.at >= _FIRST_DATE else now
    about: dict[str, Any] = {
        "timestamp": at // 1000,
        "msec_timestamp": at,
        "conversation_id": ours.conversation(entry.pairing, entry.chat.id),
        "source": {"external_id": ours.source(entry.pairing.id)},
        "silent": entry.act is Act.IMPORT,
    }
    client = _client(entry, ours) | ({"ref_id": told_as.client} if told_as.client else {})
    if told_as.client:
        about["conversation_ref_id"] = entry.chat.remote
    if not entry.ours:
        return {**about, "sender": client}
    # What we wrote needs nobody's attention there: it must not raise a notification (providers' sheet §5.4).
    sender = {"id": ours.person(f"desk-{entry.employee or 0}"), "name": entry.author or entry.pairing.account}
    about |= {"silent": True, "sender": {**sender, "ref_id": told_as.employee}, "receiver": client}
    status = _STATUSES.get(entry.state) if entry.state else None
    return about | ({"delivery_status": {"status_code": status}} if status else {})


def _client(entry: LedgerEntry, ours: OurIds) -> dict[str, Any]:
    """One for each person: were it the dialog's, there would be a contact for each post that somebody comments."""
    person = entry.person
    name = entry.chat.name if entry.chat.kind == "group" else person.name
    profile = {} if entry.chat.kind == "group" else _profile(person)
    return {"id": ours.person(person.id), "name": name or show(T("Client"))} | ({"profile": profile} if profile else {})


def _profile(person: CrmPerson) -> dict[str, str]:
    phone = person.phone.removeprefix("+")
    return {name: said for name, said in (("phone", phone), ("email", person.email)) if said}


def _answered(entry: LedgerEntry, ours: OurIds) -> dict[str, str]:
    """What a message answers, if the account knows that one."""
    if names.is_uuid(entry.quoted_remote):
        return {"id": entry.quoted_remote}
    return {"msgid": ours.message(entry.quoted_key)} if entry.quoted_key else {}


def _unquoted(entry: LedgerEntry) -> LedgerEntry:
    return replace(entry, quoted="")


def _media(file: SharedFile, words: str) -> dict[str, Any]:
    mime = mimetypes.guess_type(file.name)[0] or ""
    kind = {"image": "picture", "video": "video", "audio": "audio"}.get(mime.partition("/")[0], "file")
    found = {"type": "voice" if mime == _VOICE else kind, "media": file.url, "file_name": file.name or "file"}
    return found | ({"text": words} if words else {})


def edited(entry: LedgerEntry, ours: OurIds, now: Millis) -> dict[str, Any]:
    """The new text of a message."""
    return _rewritten(entry, ours, showing.words(_unquoted(entry), ()) or _NOTHING, now)


def deleted(entry: LedgerEntry, ours: OurIds, now: Millis) -> Sequence[dict[str, Any]]:
    """A message that is taken back, each of its parts: the chats have no request for that, so words replace them."""
    words = show(T("The message was deleted."))
    return [_rewritten(entry, ours, words, now, place) for place in range(max(1, entry.file_count))]


def _rewritten(entry: LedgerEntry, ours: OurIds, words: str, now: Millis, place: int = 0) -> dict[str, Any]:
    return {
        "timestamp": now // 1000,
        "msec_timestamp": now,
        "msgid": part_key(entry, ours, place),
        "conversation_id": ours.conversation(entry.pairing, entry.chat.id),
        "message": {"type": "text", "text": words},
    }


def status(entry: LedgerEntry) -> dict[str, Any]:
    """How a message fares; of one that did not go out why, in words that the employee can read.

    Nothing else stops the clock in the card (C4).
    """
    if entry.act is not Act.FAILED:
        return {"delivery_status": READ if entry.act is Act.READ else DELIVERED}
    words = " ".join(entry.reason.split())[:_LONGEST_REASON] or show(T("The message was not delivered."))
    kind = entry.failure or (FailureKind.OTHER if entry.chat.id else FailureKind.NO_CONVERSATION)
    return {"delivery_status": FAILED, "error_code": FAILURES[kind], "error": words}


def reacted(entry: LedgerEntry, ours: OurIds, client: str = "") -> dict[str, Any]:
    """The client's reaction to a message, or that it is taken back; of a group that of its last member.

    ``client``: their id in a chat that an employee began, until our ids are told.
    """
    about = {
        "conversation_id": ours.conversation(entry.pairing, entry.chat.id),
        "id": entry.remote,
        "user": {"id": ours.person(entry.person.id)} | ({"ref_id": client} if client else {}),
    } | ({"conversation_ref_id": entry.chat.remote} if client else {})
    return about | ({"type": "react", "emoji": entry.reaction} if entry.reaction else {"type": "unreact"})
