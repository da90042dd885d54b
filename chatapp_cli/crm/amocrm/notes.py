"""An account without a chat channel of ours: conversations are notes in a lead, and notes with ``>`` answer.

It is labelled so wherever it is shown (providers' sheet §5.8). Nothing marks a repeated request, so each note bears the
time and our number of its message in its head, by which it is found again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, assert_never

import msgspec

from chatapp_cli.crm.amocrm import contacts, errors, events, names, salesbot
from chatapp_cli.crm.amocrm.names import OurIds
from chatapp_cli.crm.amocrm.rest import AmoApi, embedded
from chatapp_cli.domain.crm import showing
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CrmArrival, MirroredChat
from chatapp_cli.domain.crm.receipts import Outcome, unless_all_failed
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, Rejected, Retryable
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.kit.pace import Urgency
from chatapp_cli.kit.records import remembered, written
from chatapp_cli.ports.memory import Memory
from chatapp_cli.ports.world import Clock

CHAT: Final = "note "
"""Before our id of a chat: the lead in which it is written down."""
LEAD: Final = "lead "
"""Before the number of a lead: the chat that is written down there."""
_MARK: Final = ">"
ANSWERS: Final = (_MARK, "/ответ", "/reply")
"""How a note begins that is meant for the client."""
SERVICE: Final = "ChatApp"
_OURS: Final = "extended_service_message"
_COMMON: Final = "common"
_CLOSED: Final = frozenset({142, 143})
"""Won and lost, in every pipeline (providers' sheet §4.5)."""
_NEWEST: Final = 100
_FRESH: Final = 600.0
"""Seconds for which a lead that was found is taken to be open still."""


class WrittenIn(msgspec.Struct, frozen=True, kw_only=True):
    """A chat and the lead in which it is written down."""

    kind: str
    place: str
    chat: str
    lead: int
    since: int
    """When the first note was written, in seconds: older notes answer nobody."""


async def written_in(memory: Memory, lead: int) -> WrittenIn | None:
    """The chat that is written down in a lead."""
    return await remembered(memory, f"{LEAD}{lead}", WrittenIn)


class AmoNotes:
    """Delivers for one session of an account without a chat channel."""

    def __init__(self, api: AmoApi, memory: Memory, public_url: str, ours: OurIds, clock: Clock) -> None:
        self._api, self._memory, self._ours, self._clock = api, memory, ours, clock
        self._is_ours = showing.ours_at(public_url)
        self._looked: dict[str, tuple[float, int]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def deliver(self, entries: Sequence[LedgerEntry]) -> Sequence[Outcome]:
        """The outcome of each entry; raises only what hindered all of them."""
        return unless_all_failed([await self._outcome(one) for one in entries], errors.stops_everything)

    async def _outcome(self, entry: LedgerEntry) -> Outcome:
        if entry.act is Act.CONTINUE:
            return await self._went_on(entry)
        words = self._told(entry)
        if not words or entry.chat.kind == "group" or not showing.is_shown(entry):
            return CrmReceipt()
        try:
            return await self._note(entry, words)
        except ChannelError as error:
            return error

    async def _went_on(self, entry: LedgerEntry) -> Outcome:
        try:
            return await salesbot.go_on(self._api, entry)
        except ChannelError as error:
            return error

    def _told(self, entry: LedgerEntry) -> str:
        """The note of an entry; empty for what needs none. A change is one more note: they are not changed."""
        match entry.act:
            case Act.ADD:
                return self._words(entry)
            case Act.EDIT:
                return f"{self._head(entry)}\n{show(T('Changed:'))} {showing.words(entry, ())}"
            case Act.DELETE:
                return f"{self._head(entry)}\n{show(T('The message was deleted.'))}"
            case Act.FAILED:
                return f"{show(T('Not delivered:'))} {showing.complaint(entry)}"
            case Act.DELIVERED | Act.TEXTED | Act.OWNER | Act.CONTINUE:
                return ""
            case unknown:
                assert_never(unknown)

    async def _note(self, entry: LedgerEntry, words: str) -> CrmReceipt:
        """Write a note into the lead of an entry, whose number stands for the chat.

        A conversation that the client did not begin is not written down.
        """
        lead = await self._lead(entry, makes=entry.act is Act.ADD and not entry.ours)
        if lead is None:
            return CrmReceipt()
        item = {"note_type": _OURS, "params": {"service": SERVICE, "text": words}, "request_id": "0"}
        try:
            await self._api.post(f"/api/v4/leads/{lead}/notes", [item])
        except Rejected as error:
            if error.code != "gone":
                raise
            self._looked.pop(entry.chat.id, None)
            raise Retryable("lead_gone", error.detail) from error
        return CrmReceipt(chat=str(lead))

    def _head(self, entry: LedgerEntry) -> str:
        """Who wrote when, with our number of the message."""
        who = entry.author or (entry.pairing.account if entry.ours else entry.person.name)
        channel = names.channels()[entry.pairing.kind].name
        return f"{channel} · {who} · {_number_of(entry)}"

    def _words(self, entry: LedgerEntry) -> str:
        files = [f"{file.name}: {file.url}" if self._is_ours(file.url) else file.name for file in entry.files]
        return "\n".join(filter(None, (self._head(entry), showing.quote(entry.quoted), entry.text, *files)))

    async def _lead(self, entry: LedgerEntry, *, makes: bool) -> int | None:
        """The lead of an entry's client: an open one, or a new one if the client wrote."""
        async with self._one_at_a_time:
            at, lead = self._looked.get(entry.chat.id, (0.0, 0))
            if lead and self._clock.monotonic() - at < _FRESH:
                return lead
            found = await self._look(entry) or (await self._made(entry) if makes else None)
            if found is not None:
                await self._remember(entry, found)
                self._looked[entry.chat.id] = (self._clock.monotonic(), found)
            return found

    async def _look(self, entry: LedgerEntry) -> int | None:
        """The lead in which the chat is written down, else the newest open one of the contact."""
        known = await remembered(self._memory, CHAT + entry.chat.id, WrittenIn)
        if known is not None and await self._is_open(known.lead):
            return known.lead
        contact = await contacts.contact_of(self._api, entry.person)
        if contact is None:
            return None
        answer = await self._api.get(f"{contacts.PATH}/{contact}", {"with": "leads"})
        numbers = [one["id"] for one in embedded(answer, "leads") if isinstance(one.get("id"), int)]
        for number in sorted(numbers, reverse=True):
            if await self._is_open(number):
                return int(number)
        return None

    async def _is_open(self, lead: int) -> bool:
        try:
            found = await self._api.get(f"/api/v4/leads/{lead}")
        except Rejected:
            return False
        there = isinstance(found, dict) and bool(found.get("id")) and not found.get("is_deleted")
        return there and found.get("status_id") not in _CLOSED and not found.get("closed_at")

    async def _made(self, entry: LedgerEntry) -> int:
        """A new lead in the pairing's pipeline, with the contact or a new one. A lost answer is Retryable.

        Our mark in its tags finds what a lost answer left.
        """
        tag = self._ours.tag(entry.chat.id)
        if (left := await self._tagged(tag)) is not None:
            return left
        contact = await contacts.contact_of(self._api, entry.person)
        name = entry.person.name or show(T("Client"))
        contact = contact if contact is not None else await contacts.made(self._api, entry.person, name)
        item = {
            "name": f"{names.channels()[entry.pairing.kind].name}: {name}",
            "pipeline_id": int(entry.pairing.place),
            "request_id": "0",
            "_embedded": {"contacts": [{"id": contact}], "tags": [{"name": tag}]},
        }
        try:
            answer = await self._api.post("/api/v4/leads", [item])
        except OutcomeUnknown as lost:
            raise Retryable(lost.code, lost.detail) from lost
        found = [one["id"] for one in embedded(answer, "leads") if isinstance(one.get("id"), int)]
        if not found:
            raise Retryable("strange_answer", "leads")
        return int(found[0])

    async def _tagged(self, tag: str) -> int | None:
        answer = await self._api.get("/api/v4/leads", {"query": tag, "limit": 50})
        for lead in embedded(answer, "leads"):
            if any(one.get("name") == tag for one in embedded(lead, "tags")) and await self._is_open(lead["id"]):
                return int(lead["id"])
        return None

    async def _remember(self, entry: LedgerEntry, lead: int) -> None:
        """Note where a chat is written down, before it is: a lost answer is looked for there."""
        known = await remembered(self._memory, CHAT + entry.chat.id, WrittenIn)
        if known is not None and known.lead == lead and known.place == entry.pairing.place:
            return
        since = self._clock.now() // 1000 if known is None or known.lead != lead else known.since
        about = WrittenIn(
            kind=entry.pairing.kind, place=entry.pairing.place, chat=entry.chat.id, lead=lead, since=since
        )
        old = {f"{LEAD}{known.lead}": ""} if known is not None and known.lead != lead else {}
        await self._memory.save({**old, CHAT + entry.chat.id: written(about), f"{LEAD}{lead}": written(about)})

    async def find(self, entry: LedgerEntry) -> CrmReceipt | None:
        """Look for the note of a message; other notes may be written twice."""
        if entry.act is not Act.ADD:
            return None
        known = await remembered(self._memory, CHAT + entry.chat.id, WrittenIn)
        if known is None:
            return None
        for note in await self._notes(known.lead, _OURS):
            head = str((note.get("params") or {}).get("text") or "").partition("\n")[0]
            if head.endswith(f" · {_number_of(entry)}"):
                return CrmReceipt(chat=str(known.lead))
        return None

    async def owed(self, chats: Sequence[MirroredChat], now: Millis) -> AsyncGenerator[Sequence[CrmArrival], None]:
        """The answers that employees wrote as notes; what was told before is told under the same id."""
        for chat in events.newest(chats):
            known = await remembered(self._memory, CHAT + chat.chat, WrittenIn)
            if known is None:
                continue
            try:
                notes = await self._notes(known.lead, _COMMON)
            except Rejected:  # the lead is gone
                continue
            if arrivals := [events.arrival(kept, now) for kept in _answers(chat, known, notes)]:
                yield arrivals

    async def _notes(self, lead: int, kind: str) -> Sequence[Mapping[str, Any]]:
        """The newest notes of a lead of one kind."""
        asked: Mapping[str, str | int] = {"filter[note_type]": kind, "limit": _NEWEST, "order[id]": "desc"}
        answer = await self._api.get(f"/api/v4/leads/{lead}/notes", asked, urgency=Urgency.BACKGROUND)
        return embedded(answer, "notes")

    async def lead_of(self, chat: str) -> int | None:
        """The lead in which a chat is written down."""
        known = await remembered(self._memory, CHAT + chat, WrittenIn)
        return None if known is None else known.lead


def _answers(
    chat: MirroredChat, known: WrittenIn, notes: Sequence[Mapping[str, Any]]
) -> Iterator[events.KeptChatWords]:
    """Those notes that are meant for the client, oldest first."""
    for note in sorted(notes, key=lambda one: _whole(one.get("id"))):
        params, at = note.get("params"), _whole(note.get("created_at"))
        text = answer_in(str(params.get("text") or "") if isinstance(params, dict) else "")
        if text and at >= known.since and _whole(note.get("id")):
            yield events.KeptChatWords(
                kind=chat.kind,
                place=chat.place,
                chat=chat.chat,
                remote=str(note["id"]),
                author=str(note.get("created_by") or ""),
                text=text,
                at=at * 1000,
                noted=True,
            )


def answer_in(note: str) -> str:
    """The words for the client in a note; empty if it is not meant for them."""
    said = note.lstrip()
    for beginning in ANSWERS:
        rest = said[len(beginning) :]
        if said.lower().startswith(beginning) and (beginning == _MARK or rest[:1].isspace()):
            return rest.strip()
    return ""


def _number_of(entry: LedgerEntry) -> str:
    """When a message was written, and our number of it: another desk may have written down its own in the same lead."""
    when = datetime.fromtimestamp(entry.at / 1000).astimezone()
    return f"{when:%d.%m.%Y %H:%M} · № {entry.key.removeprefix('m-')}"


def _whole(said: Any) -> int:
    return said if isinstance(said, int) and not isinstance(said, bool) else 0
