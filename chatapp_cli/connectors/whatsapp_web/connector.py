"""WhatsApp Web, wired together: one child process per account, because the library may crash or hang."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from chatapp_cli.connectors.whatsapp_web import bind, check, convert, device, wire
from chatapp_cli.connectors.whatsapp_web.composing import Composing
from chatapp_cli.connectors.whatsapp_web.errors import KIND
from chatapp_cli.connectors.whatsapp_web.groups import GroupKeeper
from chatapp_cli.connectors.whatsapp_web.outgoing import plan
from chatapp_cli.connectors.whatsapp_web.process import Child, child
from chatapp_cli.domain.arrival import Arrival, Batch, Profile
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, OutcomeUnknown
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.kit import proxies
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Connector, Finding, Session, StoredArrival
from chatapp_cli.ports.world import World

QUIET: Final = 40.0
"""Seconds of silence after which the child is pinged."""
_AT_ONCE: Final = 100
_TRANSFER: Final = 180.0
"""The timeout of a message or file, in seconds; the library itself waits 75 for WhatsApp's answer."""


class WhatsAppSession(GroupKeeper):
    """An account whose device is connected."""

    def __init__(self, running: Child, numbered: str, world: World) -> None:
        super().__init__(running)
        self._numbered = numbered
        self._composing = Composing(running, world)
        self._clock = world.clock

    async def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Yield the child's events; asking for the next batch acknowledges the last."""
        done = await self._forget(cursor)
        await self._child.ask("ping", wire.Nothing(), wire.Nothing)
        yield Batch()
        while True:
            found = await self._child.received(most=_AT_ONCE, patience=QUIET)
            if not found:
                await self._child.ask("ping", wire.Nothing(), wire.Nothing)
                yield Batch()
            elif fresh := [one for one in found if not one.n or one.n > done]:
                done = max(done, *(one.n for one in fresh))
                now = self._clock.now()
                arrivals = [_arrival(one.raw, now) for one in fresh]
                yield Batch(arrivals=arrivals, cursor=f"{self._numbered}/{done}")
                await self._child.acknowledge(done)

    async def _forget(self, cursor: str | None) -> int:
        """Acknowledge what is stored already; the numbers of an unrelated device are ignored."""
        name, _, n = (cursor or "").rpartition("/")
        if name != self._numbered or not n.isdecimal():
            return 0
        await self._child.acknowledge(int(n))
        return int(n)

    async def prove(self) -> None:
        """Make a request that WhatsApp answers only for a linked device."""
        await self._do("prove", wire.Nothing())

    async def prepare(self, message: Outbound) -> None:
        """Show the typing indicator for a moment before a text."""
        if message.text:
            await self._composing.before(convert.jid(message.address), message.text)

    async def send(self, message: Outbound) -> Receipt:
        """Send text and files, as several WhatsApp messages if needed."""
        sent: list[wire.Sent] = []
        for part in plan(message):
            try:
                sent.append(await self._child.ask("send", part, wire.Sent, patience=_TRANSFER, once=True))
            except ChannelError as error:
                if not sent:
                    raise
                raise OutcomeUnknown("sent_in_part", error.code, ids=_ids(sent)) from error
        return Receipt(ids=_ids(sent), at=sent[0].at or None)

    async def fetch(self, remote: str, target: Path) -> None:
        """Have the child download a file to ``target``."""
        await self._child.ask("fetch", wire.Fetch(remote=remote, path=str(target)), wire.Nothing, patience=_TRANSFER)

    async def edit(self, address: str, ext_id: str, text: str) -> None:
        """Replace a text, or the caption of a file, within twenty minutes."""
        await self._do("edit", wire.About(chat=convert.jid(address), id=ext_id, text=text))

    async def delete(self, address: str, ext_id: str) -> None:
        """Delete a message of ours for everybody."""
        await self._do("delete", wire.About(chat=convert.jid(address), id=ext_id))

    async def react(self, address: str, ext_id: str, emoji: str) -> None:
        """Set our reaction; an empty one removes it."""
        await self._do("react", wire.About(chat=convert.jid(address), id=ext_id, text=emoji))

    async def mark_read(self, address: str, ext_id: str) -> None:
        """Send read receipts for everything up to this message."""
        await self._do("read", wire.About(chat=convert.jid(address), id=ext_id))

    async def typing(self, address: str) -> None:
        """Show the typing indicator; the account appears online meanwhile."""
        await self._composing.show(convert.jid(address))

    async def find(self, address: str) -> Profile | None:
        """Check whether a phone is on WhatsApp."""
        members = wire.Members(members=(convert.jid(address),))
        people = await self._child.ask("find", members, wire.People)
        return next((convert.person(who) for who in people.found), None)

    async def contacts(self) -> Sequence[Profile]:
        """The phone's address book, as far as WhatsApp has sent it to this device."""
        people = await self._child.ask("contacts", wire.Nothing(), wire.People)
        return [convert.person(who) for who in people.found]


def _arrival(raw: bytes, at: Millis) -> Arrival:
    return convert.arrival(raw, manifest(KIND).capabilities.max_download, at)


def _ids(sent: Sequence[wire.Sent]) -> tuple[str, ...]:
    return tuple(one.id for one in sent)


class WhatsAppWeb:
    """The channel."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def bind(self, ask: Asker, *, previous: Bound | None = None) -> Bound:
        """Link a device of the account's phone."""
        return await bind.bind(ask, self._world, previous)

    def understand(self, bound: Bound, stored: StoredArrival) -> Arrival:  # noqa: ARG002 - an event says all
        """Read an event once more."""
        return _arrival(stored.raw, stored.at)

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Connect the device, unless the daemon has connected it."""
        found = await check.findings(self.open(ChannelId(0), bound))
        return [*found, *await proxies.findings(bound.secrets.get(proxies.NAME, ""), bind.ENDPOINT)]

    @asynccontextmanager
    async def open(self, channel: ChannelId, bound: Bound) -> AsyncIterator[Session]:  # noqa: ARG002 - bound says all
        """Start the child and connect the device."""
        name = bound.settings["device"]
        folder = await asyncio.to_thread(device.find, self._world.place, name)
        proxy = await proxies.choose(bound.secrets.get(proxies.NAME, ""), bind.ENDPOINT)
        way = proxies.url(proxy) if proxy else ""
        async with child(bound.settings["child"], folder / device.LOG) as running:
            account = await running.ask("open", wire.Open(folder=str(folder), proxy=way), wire.Account)
            if account.phone != bound.account:
                raise NeedsRebind("another_account", account.phone)
            await asyncio.to_thread(device.forget_older, self._world.place, name)
            yield WhatsAppSession(running, device.numbered(bound.settings), self._world)


def create(world: World) -> Connector:
    """Make the channel."""
    return WhatsAppWeb(world)
