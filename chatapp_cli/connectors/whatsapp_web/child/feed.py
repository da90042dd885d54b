"""From the library to the desk: each event is written to disk, translated, and sent until acknowledged."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from msgspec import Raw

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child import content, history, jids, translate
from chatapp_cli.connectors.whatsapp_web.child.journal import UNDECRYPTABLE, Entry, Journal
from chatapp_cli.connectors.whatsapp_web.child.library import Event, NeonizeError, events
from chatapp_cli.connectors.whatsapp_web.child.phone import Phone
from chatapp_cli.connectors.whatsapp_web.child.scene import Known, Written
from chatapp_cli.connectors.whatsapp_web.child.translate import LASTING

WINDOW: Final = 200
"""The most unacknowledged events."""
PATIENCE: Final = 120.0
"""Seconds within which senders usually resend an undecryptable message."""


class Feed:
    """Records events from before the first connection, and sends them while the device is connected."""

    def __init__(self, phone: Phone, journal: Journal, tell: Callable[[wire.Line], None]) -> None:
        self._phone, self._journal, self._tell = phone, journal, tell
        self._known = Known(phones=dict(journal.phones), written=self._written, stood=self._stood)
        self._numbers: asyncio.Queue[int] = asyncio.Queue()
        self._told: deque[int] = deque()
        self._room = asyncio.Event()
        for n in journal.waiting():
            self._numbers.put_nowait(n)
        for late in list(journal.late):
            self._wait_for(late)

    async def record(self) -> None:
        """Record events as they come."""
        while True:
            event = await self._phone.inbox.get()
            if isinstance(event, events.HistorySync):
                await self._catch_up(event)
            elif not self._is_repeated(event):
                self._keep(entry_of(event))
            if isinstance(event, events.Receipt) and event.Type == events.Receipt.READ_SELF:
                for message_id in event.MessageIDs:
                    self._journal.mark_read(message_id)

    async def _catch_up(self, event: Event) -> None:
        """Events between the end of the previous device and the linking of this one, as far as WhatsApp sends them."""
        since = self._journal.since
        for one in history.messages(event, since, self._phone.address) if since else ():
            if not self._journal.has(one.Info.ID):
                self._keep(entry_of(one))
                await asyncio.sleep(0)

    def _is_repeated(self, event: Event) -> bool:
        """Whether an undecryptable message is a repeat, or the message itself has arrived."""
        undecryptable = isinstance(event, events.UndecryptableMessage)
        return undecryptable and self._journal.find(event.Info.ID) is not None

    def _keep(self, entry: Entry) -> None:
        self._numbers.put_nowait(self._journal.record(entry))
        if entry.late:
            self._wait_for(entry.id)

    def _wait_for(self, message_id: str) -> None:
        asyncio.get_running_loop().call_later(PATIENCE, self._give_up_on, message_id)

    def _give_up_on(self, message_id: str) -> None:
        entry = self._journal.numbered(self._journal.late.get(message_id, 0))
        if entry:
            entry.late = False
            self._keep(entry)

    async def tell(self) -> None:
        """Send recorded events, a limited number at a time."""
        self._known.me = self._phone.me
        while True:
            n = await self._numbers.get()
            while len(self._told) >= WINDOW:
                self._room.clear()
                await self._room.wait()
            entry = self._journal.numbered(n)
            said = await self._translated(entry) if entry and not entry.late else None
            if said is not None:
                self._told.append(n)
                self._note(n, said)
                self._tell(wire.Line(n=n, event=Raw(wire.encode(said))))
            elif not self._told:
                self.acknowledge(n)

    def _note(self, n: int, said: wire.Event) -> None:
        """Record the id under which a person was reported, if it may change later."""
        if isinstance(said, wire.Message):
            who = said.sender
            name = who.known_as or ("" if who.phone or not jids.is_hidden(who.jid) else who.jid)
            if name:
                self._journal.told_as(n, name)

    def acknowledge(self, n: int) -> None:
        """Record that the desk has stored everything up to this number."""
        self._journal.acknowledge(n)
        while self._told and self._told[0] <= n:
            self._told.popleft()
        self._room.set()

    async def _translated(self, entry: Entry) -> wire.Event | None:
        """Translate an event; an unreadable one is sent raw so that it does not block the others."""
        try:
            event = LASTING[entry.type].FromString(entry.data)
            await self._look_up(event)
            return translate.translated(event, self._known, entry.id)
        except Exception as error:  # noqa: BLE001 - whatever WhatsApp sends, a person sees it and the stream goes on
            problem = f"{type(error).__name__}: {error}"
            return translate.unreadable(entry.type, entry.at, problem, entry.data, self._glimpse(entry))

    def _glimpse(self, entry: Entry) -> wire.Message | None:
        """What the journal says of a message that is shown: who wrote where, when and under which id."""
        if not (entry.shown and entry.id and entry.chat):
            return None
        phone = entry.phone or self._known.phones.get(entry.sender, "")
        number = entry.key if "@" not in entry.key else self._known.phones.get(entry.key, "")
        chat = wire.Who(jid=entry.chat, phone=number, name=self._known.titles.get(entry.chat, ""))
        sender = wire.Who(jid=entry.sender, phone=phone)
        return wire.Message(chat=chat, id=entry.id, at=entry.at, sender=sender, from_us=entry.us)

    async def _look_up(self, event: Event) -> None:
        self._known.phones |= translate.pairs(event)
        before = self._written(translate.target(event)) or self._stood(translate.own_id(event))
        authors = before.sender if before else ()
        for hidden in [*translate.hidden(event), *authors]:
            if jids.is_hidden(hidden) and not self._known.phones.get(hidden):
                self._known.phones[hidden] = await self._phone_of(hidden)
        if before:
            await self._uncover(jids.bare(event.Info.MessageSource.Sender), *authors)
        group = translate.group(event)
        if group and (translate.is_removal(event) or not self._known.titles.get(group)):
            await self._ask_about(group)

    async def _uncover(self, *addresses: str) -> None:
        """Look up the LIDs of people whose phone is known."""
        for address in addresses:
            if jids.phone(address) and jids.phone(address) not in self._known.phones.values():
                with suppress(NeonizeError):
                    lid = jids.bare(await self._phone.client.get_lid_from_pn(jids.made(address)))
                    self._known.phones |= {lid: jids.phone(address)} if lid else {}

    async def _phone_of(self, hidden: str) -> str:
        try:
            return jids.phone(jids.bare(await self._phone.client.get_pn_from_lid(jids.made(hidden))))
        except NeonizeError:
            return ""

    async def _ask_about(self, group: str) -> None:
        """Request a group's title and administrators, who may delete what others wrote."""
        try:
            info = await self._phone.client.get_group_info(jids.made(group))
        except NeonizeError:
            self._known.admins.pop(group, None)
            return
        self._known.titles[group] = str(info.GroupName.Name)
        admins = [one for one in info.Participants if one.IsAdmin or one.IsSuperAdmin]
        addresses = {jids.bare(jid) for one in admins for jid in (one.JID, one.LID, one.PhoneNumber)}
        self._known.admins[group] = frozenset(addresses - {""})

    def _written(self, message_id: str) -> Written | None:
        """The author of a message of the last month, and the secret that encrypts its changes."""
        return self._told_in(self._journal.find(message_id) if message_id else None)

    def _stood(self, message_id: str) -> Written | None:
        return self._told_in(self._journal.stood(message_id) if message_id else None)

    def _told_in(self, entry: Entry | None) -> Written | None:
        if entry is None:
            return None
        return Written(
            chat=_some(entry.chat, entry.key if "@" in entry.key else jids.by_phone(entry.key)),
            sender=_some(entry.sender, entry.lid, jids.by_phone(entry.phone)),
            us=entry.us,
            told=self._journal.author(entry),
            secret=content.secret(entry.type, entry.data),
        )


def entry_of(event: Event) -> Entry:
    """A journal entry; ``Raw`` is left out, it repeats the message.

    Unreadable events are recorded too, and sent as unreadable later.
    """
    if isinstance(event, events.Message):
        event.ClearField("Raw")
    entry = Entry(type=type(event).DESCRIPTOR.name, data=event.SerializePartialToString())
    if isinstance(event, events.Message | events.UndecryptableMessage):
        with suppress(Exception):  # whatever WhatsApp sends: what cannot be described is still recorded
            _describe(entry, event)
    return entry


def _some(*addresses: str) -> Sequence[str]:
    return [one for one in dict.fromkeys(addresses) if one]


def _describe(entry: Entry, event: Event) -> None:
    info = event.Info
    source = info.MessageSource
    alt = source.RecipientAlt if source.IsFromMe else source.SenderAlt
    entry.id, entry.at, entry.us = info.ID, info.Timestamp, source.IsFromMe
    entry.chat, entry.sender = jids.bare(source.Chat), jids.bare(source.Sender)
    entry.lid, entry.phone = jids.told(source.Sender, source.SenderAlt)
    entry.key = jids.phone(entry.chat) or (not source.IsGroup and jids.phone(jids.bare(alt))) or entry.chat
    if entry.type == UNDECRYPTABLE:
        entry.late = translate.is_hidden(event)
    else:
        entry.shown = content.is_shown(event.Message)
