"""A VK community, wired together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from chatapp_cli.connectors.vk import bind, callback, check
from chatapp_cli.connectors.vk.api import connected
from chatapp_cli.connectors.vk.convert import Reader
from chatapp_cli.connectors.vk.names import Book, Names
from chatapp_cli.connectors.vk.receive import Receiver
from chatapp_cli.connectors.vk.session import HookedSession, PollingSession
from chatapp_cli.domain.arrival import Arrival
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.checking import with_proxies
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Connector, Finding, HookReply, HookRequest, Session, StoredArrival
from chatapp_cli.ports.world import World


class Vk:
    """The channel."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def bind(self, ask: Asker, *, previous: Bound | None = None) -> Bound:
        """Ask for a key and verify its rights."""
        return await bind.bind(ask, self._world, previous)

    def understand(self, bound: Bound, stored: StoredArrival) -> Arrival:
        """Read an event once more."""
        return _reader(bound, Book()).arrival(stored.raw, stored.at)

    async def accept(self, bound: Bound, request: HookRequest) -> HookReply:
        """Accept a call without a session; only VK's confirmation request needs one."""
        if bound.settings["intake"] != "webhook":
            return HookReply(status=404)
        return callback.accept(request, bound, _reader(bound, Book()), self._world.clock.now())

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Check the key, the receiving and the proxies."""

        async def look() -> Sequence[Finding]:
            async with connected(bound.secrets, bound.settings, self._world.clock) as api:
                return await check.findings(api, bound)

        return await with_proxies(bind.KIND, bound, bound.settings["api_url"], look)

    @asynccontextmanager
    async def open(self, channel: ChannelId, bound: Bound) -> AsyncIterator[Session]:  # noqa: ARG002 - stateless
        """Load the names and open the session."""
        async with connected(bound.secrets, bound.settings, self._world.clock) as api:
            names = Names(api, bound.memory)
            await names.recall()
            receiver = Receiver(api, _reader(bound, names.book), names, self._world.clock)
            hooked = bound.settings["intake"] == "webhook"
            yield HookedSession(receiver, bound) if hooked else PollingSession(receiver, bound)


def _reader(bound: Bound, book: Book) -> Reader:
    limit = manifest(bind.KIND).capabilities.max_download
    return Reader(community=int(bound.account), max_download=limit, book=book)


def create(world: World) -> Connector:
    """Make the channel."""
    return Vk(world)
