"""An account without a chat channel of ours: conversations are notes in a lead, and notes with ``>`` answer.

It is labelled so wherever it is shown (providers' sheet §5.8). Nothing marks a repeated request, so each note bears the
time and our number of its message in its head, by which it is found again. A lead belongs to one chat, or else an
answer in it could go to somebody else; a chat keeps its former leads, since people go on answering in a closed one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, assert_never

import msgspec
from msgspec import structs

from chatapp_cli.crm.amocrm import clocks, contacts, errors, events, names, salesbot
from chatapp_cli.crm.amocrm.leads import AmoLeads, LeadOfContact, RecentLooks
from chatapp_cli.crm.amocrm.names import OurIds
from chatapp_cli.crm.amocrm.rest import AmoApi, Params, embedded, inside
from chatapp_cli.domain.crm import showing
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CrmArrival, MirroredChat
from chatapp_cli.domain.crm.receipts import Outcome, unless_all_failed
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import ChannelError, Rejected, Retryable
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.kit.decided_cards import DecidedCards
from chatapp_cli.kit.pace import Urgency
from chatapp_cli.kit.records import remembered, written
from chatapp_cli.ports.memory import Memory
from chatapp_cli.ports.world import Clock

CHAT: Final = "note "
"""Before our id of a chat: the leads in which it is written down."""
LEAD: Final = "lead "
"""Before the number of a lead: the chat that is written down there."""
_MARK: Final = ">"
ANSWERS: Final = (_MARK, "/ответ", "/reply")
"""How a note begins that is meant for the client."""
SERVICE: Final = "ChatApp"
_OURS: Final = "extended_service_message"
_COMMON: Final = "common"
_NEWEST: Final = 100
MOST_FORMER: Final = 5
"""Former leads of a chat that are looked into, the latest ones: each costs a request."""


class WrittenIn(msgspec.Struct, frozen=True, kw_only=True):
    """A chat and the lead in which it is written down."""

    kind: str
    place: str
    chat: str
    lead: int
    after: int = 0
    """The newest note that stood there before the first one of the chat: notes up to it answer nobody."""
    contact: int = 0
    """Whose chat it is; 0 if that was not known."""


class LeadsOfChat(msgspec.Struct, frozen=True, kw_only=True):
    """Where a chat is written down."""

    place: str
    lead: int
    former: Sequence[int] = ()
    """The leads in which it was written down before, the latest first."""


async def written_in(memory: Memory, lead: int) -> WrittenIn | None:
    """The chat that is written down in a lead, or was before it got another one."""
    return await remembered(memory, f"{LEAD}{lead}", WrittenIn)


class AmoNotes:
    """Delivers for one session of an account without a chat channel."""

    def __init__(
        self,
        api: AmoApi,
        memory: Memory,
        public_url: str,
        ours: OurIds,
        clock: Clock,
        leads: AmoLeads,
        decided: DecidedCards,
    ) -> None:
        self._api, self._memory, self._ours, self._clock = api, memory, ours, clock
        self._leads, self._decided = leads, decided
        self._is_ours = showing.ours_at(public_url)
        self._looked = RecentLooks(clock)
        self._one_at_a_time = asyncio.Lock()

    async def deliver(self, entries: Sequence[LedgerEntry]) -> Sequence[Outcome]:
        """The outcome of each entry; raises only what hindered all of them."""
        return unless_all_failed([await self._outcome(one) for one in entries], errors.stops_everything)

    async def _outcome(self, entry: LedgerEntry) -> Outcome:
        if entry.act in {Act.CONTINUE, Act.REMARK}:
            return await self._beside(entry)
        words = self._told(entry)
        if not words or entry.chat.kind == "group" or not showing.is_shown(entry):
            return CrmReceipt(hidden=True)
        try:
            return await self._note(entry, words)
        except ChannelError as error:
            return error

    async def _beside(self, entry: LedgerEntry) -> Outcome:
        try:
            return await (self._remark(entry) if entry.act is Act.REMARK else salesbot.go_on(self._api, entry))
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
            case Act.DELIVERED | Act.TEXTED | Act.OWNER | Act.CONTINUE | Act.READ | Act.REACT | Act.IMPORT:
                return ""
            case Act.RESULT | Act.COMMENT | Act.REMARK:
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
        try:
            await self._write(lead, words)
        except Rejected as error:
            if error.code != "gone":
                raise
            self._looked.forget(entry.chat.id)
            raise Retryable("lead_gone", error.detail) from error
        return await self._decided.receipt(entry, chat=str(lead))

    async def _remark(self, entry: LedgerEntry) -> CrmReceipt:
        """Note what an employee has to know in the lead that stands for a chat, which need not be the dialog's own."""
        if lead := _lead_in(entry.remote):
            try:
                await self._write(lead, entry.reason)
            except Rejected as error:
                if error.code != "gone":
                    raise
        return CrmReceipt()

    async def _write(self, lead: int, words: str) -> None:
        item = {"note_type": _OURS, "params": {"service": SERVICE, "text": words}}
        await self._api.add(f"/api/v4/leads/{lead}/notes", "notes", item)

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
            if lead := self._looked.found(entry):
                await self._leads.used(entry, lead)
                return lead
            found = await self._look(entry)
            if found is not None:
                await self._leads.used(entry, found.lead)
            elif makes:
                found = await self._made(entry)
            if found is None:
                return None
            await self._remember(entry, found.lead, found.contact)
            self._looked.note(entry.chat.id, found.lead)
            return found.lead

    async def _look(self, entry: LedgerEntry) -> LeadOfContact | None:
        """The lead in which the chat is written down, else the newest open one of the contact without another chat."""
        known = await self._known(entry.chat.id)
        free = known is not None and await self._is_free(known.lead, entry.chat.id)
        if known is not None and free and await self._leads.is_open(known.lead):
            return LeadOfContact(known.lead, 0)
        contact = await contacts.contact_of(self._api, entry.person)
        if contact is None:
            return None
        lead = await self._leads.open_lead(contact, partial(self._is_free, chat=entry.chat.id))
        return None if lead is None else LeadOfContact(lead, contact)

    async def _known(self, chat: str) -> LeadsOfChat | None:
        return await remembered(self._memory, CHAT + chat, LeadsOfChat)

    async def _is_free(self, lead: int, chat: str) -> bool:
        """Whether no other chat is written down in a lead."""
        owner = await written_in(self._memory, lead)
        return owner is None or owner.chat == chat

    async def _made(self, entry: LedgerEntry) -> LeadOfContact:
        """A new lead as was decided, else in the pairing's pipeline, with the contact or a new one.

        Our mark in its tags finds what a lost answer left.
        """
        left = await self._leads.tagged(self._ours.tag(entry.chat.id))
        if left is not None and await self._is_free(left, entry.chat.id):
            await self._leads.used(entry, left)
            return LeadOfContact(left, 0)
        return await self._leads.add(entry, await contacts.contact_of(self._api, entry.person))

    async def _remember(self, entry: LedgerEntry, lead: int, contact: int) -> None:
        """Note where a chat is written down, before it is: a lost answer is looked for there."""
        known = await self._known(entry.chat.id)
        if known is not None and known.lead == lead and known.place == entry.pairing.place:
            return
        former = await self._former(entry.chat.id, known, lead)
        about = await written_in(self._memory, lead)
        after = about.after if about is not None else await self._newest_note(lead)
        place = entry.pairing.place
        if not contact and about is not None and about.chat == entry.chat.id:
            contact = about.contact
        now = WrittenIn(
            kind=entry.pairing.kind, place=place, chat=entry.chat.id, lead=lead, after=after, contact=contact
        )
        kept = [now, *(structs.replace(one, kind=now.kind, place=place) for one in former[:MOST_FORMER])]
        leads = LeadsOfChat(place=place, lead=lead, former=[one.lead for one in kept[1:]])
        forgotten = {f"{LEAD}{one.lead}": "" for one in former[MOST_FORMER:]}
        owned = {f"{LEAD}{one.lead}": written(one) for one in kept}
        await self._memory.save({**forgotten, **owned, CHAT + entry.chat.id: written(leads)})

    async def _former(self, chat: str, known: LeadsOfChat | None, lead: int) -> Sequence[WrittenIn]:
        """The leads of a chat other than the one where it is now, the latest first."""
        before = [one for one in (known.lead, *known.former) if one != lead] if known is not None else []
        found = [await written_in(self._memory, one) for one in before]
        return [one for one in found if one is not None and one.chat == chat]

    async def _newest_note(self, lead: int) -> int:
        """The number of the newest note in a lead, 0 without one. Numbers tell what was first; clocks differ."""
        try:
            notes = await self._notes(lead, _COMMON, Urgency.CLIENT)
        except Rejected as error:
            raise Retryable("lead_gone", error.detail) from error
        return max((_whole(one.get("id")) for one in notes), default=0)

    async def find(self, entry: LedgerEntry) -> CrmReceipt | None:
        """Look for the note of a message or a remark; other notes may be written twice."""
        if entry.act is Act.REMARK:
            return await self._remarked(entry)
        if entry.act is not Act.ADD:
            return None
        known = await self._known(entry.chat.id)
        if known is None:
            return None
        for note in await self._notes(known.lead, _OURS):
            head = str((note.get("params") or {}).get("text") or "").partition("\n")[0]
            if head.endswith(f" · {_number_of(entry)}"):
                return await self._decided.receipt(entry, chat=str(known.lead))
        return None

    async def _remarked(self, entry: LedgerEntry) -> CrmReceipt | None:
        lead = _lead_in(entry.remote)
        notes = await self._notes(lead, _OURS) if lead else ()
        return CrmReceipt() if any(inside(one, "params", "text") == entry.reason for one in notes) else None

    async def owed(
        self, chats: Sequence[MirroredChat], since: Millis, now: Millis
    ) -> AsyncGenerator[Sequence[CrmArrival], None]:
        """The answers that employees wrote as notes; what was told before is told under the same id.

        Of many chats, the account lists the notes of all leads that are new since a moment. Raises ReadInPart at the
        end if they do not end.
        """
        if len(chats) == 1:
            yield _arrivals([one async for one in self._answers(chats[0])], now)
            return
        by_chat = {one.chat: one for one in chats}
        asked: Params = {"filter[note_type]": _COMMON, "filter[updated_at][from]": since // 1000}
        async for page in self._api.by_page("/api/v4/leads/notes", "notes", asked):
            yield _arrivals([one async for one in self._among(page, by_chat)], now)

    async def _among(
        self, notes: Sequence[Mapping[str, Any]], by_chat: Mapping[str, MirroredChat]
    ) -> AsyncGenerator[events.KeptChatWords, None]:
        """The notes for clients among those of all leads."""
        for note in notes:
            owner = await written_in(self._memory, _whole(note.get("entity_id")))
            if owner is not None and owner.chat in by_chat:
                for kept in _for_client(by_chat[owner.chat], owner.after, [note], self._apart()):
                    yield kept

    async def _answers(self, chat: MirroredChat) -> AsyncGenerator[events.KeptChatWords, None]:
        """The notes for the client in the lead of a chat and in its former ones."""
        known = await self._known(chat.chat)
        for lead in (known.lead, *known.former) if known is not None else ():
            owner = await written_in(self._memory, lead)
            if owner is None or owner.chat != chat.chat:
                continue
            try:
                notes = await self._notes(lead, _COMMON)
            except Rejected:  # the lead is gone
                continue
            for kept in _for_client(chat, owner.after, notes, self._apart()):
                yield kept

    async def _notes(self, lead: int, kind: str, urgency: Urgency = Urgency.BACKGROUND) -> Sequence[Mapping[str, Any]]:
        """The newest notes of a lead of one kind."""
        asked: Mapping[str, str | int] = {"filter[note_type]": kind, "limit": _NEWEST, "order[id]": "desc"}
        answer = await self._api.get(f"/api/v4/leads/{lead}/notes", asked, urgency=urgency)
        return embedded(answer, "notes")

    def _apart(self) -> float:
        found = clocks.apart(self._api.date, self._clock.now()) or 0.0
        return found if abs(found) > clocks.EXACT else 0.0

    async def lead_of(self, chat: str) -> int | None:
        """The lead in which a chat is written down."""
        known = await self._known(chat)
        return None if known is None else known.lead


def _arrivals(kept: Sequence[events.KeptChatWords], now: Millis) -> Sequence[CrmArrival]:
    return [events.arrival(one, now) for one in sorted(kept, key=lambda one: int(one.remote))]


def _for_client(
    chat: MirroredChat, after: int, notes: Sequence[Mapping[str, Any]], apart: float
) -> Iterator[events.KeptChatWords]:
    """Those notes after one that are meant for the client, dated by our clock, which is so many seconds ahead."""
    for note in notes:
        params, at = note.get("params"), _whole(note.get("created_at"))
        text = answer_in(str(params.get("text") or "") if isinstance(params, dict) else "")
        if text and _whole(note.get("id")) > after:
            yield events.KeptChatWords(
                kind=chat.kind,
                place=chat.place,
                chat=chat.chat,
                remote=str(note["id"]),
                author=str(note.get("created_by") or ""),
                text=text,
                at=round((at + apart) * 1000),
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


def _lead_in(remote: str) -> int:
    """The lead whose number stands for a chat; 0 for none."""
    return int(remote) if remote.isascii() and remote.isdecimal() else 0


def _whole(said: Any) -> int:
    return said if isinstance(said, int) and not isinstance(said, bool) else 0
