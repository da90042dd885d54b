"""From the library to the desk: every event first onto the disk, then translated, then told until acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from msgspec import Raw

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child import jids, translate
from chatapp_cli.connectors.whatsapp_web.child.journal import Entry, Journal
from chatapp_cli.connectors.whatsapp_web.child.library import Event, NeonizeError, events
from chatapp_cli.connectors.whatsapp_web.child.phone import Phone
from chatapp_cli.connectors.whatsapp_web.child.translate import LASTING, Known

WINDOW: Final = 200
"""Events that may be told without having been acknowledged."""
PATIENCE: Final = 120.0
"""Seconds in which a message that could not be decrypted is usually sent again by its sender."""


class Feed:
    """Records from before the first dial on, and tells while the device is connected."""

    def __init__(self, phone: Phone, journal: Journal, tell: Callable[[wire.Line], None]) -> None:
        self._phone, self._journal, self._tell = phone, journal, tell
        self._known = Known()
        self._numbers: asyncio.Queue[int] = asyncio.Queue()
        self._room = asyncio.Event()
        for n in journal.waiting():
            self._numbers.put_nowait(n)

    async def record(self) -> None:
        """Write down what comes, as it comes."""
        while True:
            event = await self._phone.inbox.get()
            if isinstance(event, events.UndecryptableMessage) and not event.IsUnavailable:
                asyncio.get_running_loop().call_later(PATIENCE, self._give_up_on, event)
            else:
                self._keep(event)

    def _give_up_on(self, event: Event) -> None:
        if self._journal.find(event.Info.ID) is None:
            self._keep(event)

    def _keep(self, event: Event) -> None:
        self._numbers.put_nowait(self._journal.record(entry_of(event)))

    async def tell(self) -> None:
        """Tell what is written down, never too much at once."""
        self._known.me = self._phone.me
        while True:
            n = await self._numbers.get()
            while n - self._journal.acknowledged > WINDOW:
                self._room.clear()
                await self._room.wait()
            entry = self._journal.numbered(n)
            said = await self._translated(entry) if entry else None
            if said is not None:
                self._tell(wire.Line(n=n, event=Raw(wire.encode(said))))
            elif n == self._journal.acknowledged + 1:
                self.acknowledge(n)

    def acknowledge(self, n: int) -> None:
        """The desk has everything up to this number."""
        self._journal.acknowledge(n)
        self._room.set()

    async def _translated(self, entry: Entry) -> wire.Event | None:
        """One that cannot be understood is told as it is: it must not hold up the others."""
        try:
            event = LASTING[entry.type].FromString(entry.data)
            await self._look_up(event)
            return translate.translated(event, self._known, entry.id)
        except Exception as error:  # noqa: BLE001 - whatever WhatsApp sends, a person sees it and the stream goes on
            return translate.unreadable(entry.type, entry.at, f"{type(error).__name__}: {error}", entry.data)

    async def _look_up(self, event: Event) -> None:
        for hidden in translate.hidden(event):
            if not self._known.phones.get(hidden):
                self._known.phones[hidden] = await self._phone_of(hidden)
        group = translate.group(event)
        if group and not self._known.titles.get(group):
            self._known.titles[group] = await self._title_of(group)

    async def _phone_of(self, hidden: str) -> str:
        try:
            return jids.phone(jids.bare(await self._phone.client.get_pn_from_lid(jids.made(hidden))))
        except NeonizeError:
            return ""

    async def _title_of(self, group: str) -> str:
        try:
            return str((await self._phone.client.get_group_info(jids.made(group))).GroupName.Name)
        except NeonizeError:
            return ""


def entry_of(event: Event) -> Entry:
    """A line for the journal; ``Raw`` would only be the message once more."""
    if isinstance(event, events.Message):
        event.ClearField("Raw")
    entry = Entry(type=type(event).DESCRIPTOR.name, data=event.SerializeToString())
    if not isinstance(event, events.Message | events.UndecryptableMessage):
        return entry
    info = event.Info
    source = info.MessageSource
    alt = source.RecipientAlt if source.IsFromMe else source.SenderAlt
    entry.id, entry.at, entry.us = info.ID, info.Timestamp, source.IsFromMe
    entry.chat, entry.sender = jids.bare(source.Chat), jids.bare(source.Sender)
    entry.key = jids.phone(entry.chat) or (not source.IsGroup and jids.phone(jids.bare(alt))) or entry.chat
    return entry
