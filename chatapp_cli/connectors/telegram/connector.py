"""A personal Telegram account, wired together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from telethon.tl import functions as fn

from chatapp_cli.connectors.telegram import bind, check, convert
from chatapp_cli.connectors.telegram.account import Account, connected
from chatapp_cli.connectors.telegram.durable import Findings
from chatapp_cli.connectors.telegram.errors import stage
from chatapp_cli.connectors.telegram.feed import Feed
from chatapp_cli.connectors.telegram.follows import Follows
from chatapp_cli.connectors.telegram.peers import Peers
from chatapp_cli.connectors.telegram.pushes import Client
from chatapp_cli.connectors.telegram.reading import Reading
from chatapp_cli.connectors.telegram.session import AccountSession
from chatapp_cli.connectors.telegram.wire import Wire
from chatapp_cli.domain.arrival import Arrival
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.understanding import guarded
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Connector, Finding, Session, StoredArrival
from chatapp_cli.ports.world import World


class Telegram:
    """The channel."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def bind(self, ask: Asker, *, previous: Bound | None = None) -> Bound:
        """Ask for what Telegram needs and log in."""
        return await bind.bind(ask, previous)

    def understand(self, bound: Bound, stored: StoredArrival) -> Arrival:
        """Read an update once more."""
        me, limit = bound.account, bind.max_download()
        return guarded(stored.raw, lambda kept: convert.understand(kept, me=int(me), max_download=limit, at=stored.at))

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Ask Telegram about the account."""
        return await check.findings(bound)

    @asynccontextmanager
    async def open(self, channel: ChannelId, bound: Bound) -> AsyncIterator[Session]:  # noqa: ARG002 - one by key
        """Connect as the account; raises NeedsRebind where its login has ended."""
        findings = Findings()
        with stage("opening"):
            peers = await Peers.load(bound.memory, findings)
            follows = await Follows.load(bound.memory, findings)
        async with connected(Account.of(bound), kind=Client) as client:
            wire = Wire(client, peers)
            reading = Reading(
                me=int(bound.account),
                max_download=bind.max_download(),
                peers=peers,
                follows=follows,
                clock=self._world.clock,
            )
            feed = Feed(wire, reading, bound.memory, findings)
            await wire.ask(fn.updates.GetStateRequest())
            yield AccountSession(wire, reading, feed, follows)


def create(world: World) -> Connector:
    """Make the channel."""
    return Telegram(world)
