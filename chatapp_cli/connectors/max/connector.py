"""MAX through a bot, wired together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from chatapp_cli.connectors.max import bind, check, convert, receive
from chatapp_cli.connectors.max.api import MaxApi, connected
from chatapp_cli.connectors.max.content import LINK, VIDEO
from chatapp_cli.connectors.max.convert import Ears
from chatapp_cli.connectors.max.gaps import note_chats
from chatapp_cli.connectors.max.outgoing import MaxSender
from chatapp_cli.connectors.max.wire import User, Video
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.errors import Rejected, Retryable
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.kit.checking import with_proxies
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Connector, Finding, HookReply, HookRequest, Session, StoredArrival
from chatapp_cli.ports.world import Clock, World


class MaxSession:
    """The operations of a bot, independent of how updates arrive."""

    def __init__(self, api: MaxApi, bound: Bound, clock: Clock) -> None:
        self._api, self._bound, self._clock = api, bound, clock
        self._sender = MaxSender(api, clock, bound.account)

    async def prove(self) -> None:
        """Ask MAX who we are."""
        await self._api.get("/me", User)

    async def send(self, message: Outbound) -> Receipt:
        """Send text and files, as several MAX messages if needed."""
        return await self._sender.send(message)

    async def reconcile(self, message: Outbound) -> Receipt | None:
        """Look for the message in the chat's history."""
        return await self._sender.reconcile(message)

    async def edit(self, address: str, ext_id: str, text: str) -> None:  # noqa: ARG002 - a message's id says it all
        """Replace a text; files stay as they are."""
        await self._api.change("PUT", "/messages", json={"text": text}, message_id=ext_id)

    async def delete(self, address: str, ext_id: str) -> None:  # noqa: ARG002 - a message's id says it all
        """Delete a message; succeeds if it is already gone."""
        try:
            await self._api.change("DELETE", "/messages", message_id=ext_id)
        except Rejected as refusal:
            if refusal.code not in {"message_gone", "chat_gone"}:
                raise

    async def typing(self, address: str) -> None:
        """Show the typing indicator."""
        await self._api.change("POST", f"/chats/{address}/actions", json={"action": "typing_on"})

    async def fetch(self, remote: str, target: Path) -> None:
        """Download a file; a video's link is requested by its token."""
        url = remote.removeprefix(LINK)
        if remote.startswith(VIDEO):
            url = await self._best_link(remote.removeprefix(VIDEO))
        await self._api.download(url, target)

    async def _best_link(self, token: str) -> str:
        urls = (await self._api.get(f"/videos/{token}", Video)).urls
        if urls is None:
            raise Retryable("file_not_ready")
        pixels = {int(name.removeprefix("mp4_")): url for name, url in urls.items() if name.startswith("mp4_") and url}
        if not pixels:
            raise Rejected("file_gone")
        return pixels[max(pixels)]


class PollingSession(MaxSession):
    """Receives by long polling."""

    def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Yield updates; MAX keeps them for a day at most."""
        return receive.poll(self._api, self._clock, self._bound.account, cursor)


class HookedSession(MaxSession):
    """Receives by webhook."""

    def __init__(self, api: MaxApi, bound: Bound, clock: Clock, *, forgotten: bool) -> None:
        super().__init__(api, bound, clock)
        self._hook = receive.Hook(api, clock, bound, forgotten=forgotten)

    def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Yield heartbeats, group titles, and messages missed while the webhook was not registered."""
        return self._hook.watch(cursor)

    def accept(self, request: HookRequest) -> HookReply:
        """Check the secret and convert the update."""
        return self._hook.accept(request)


class Max:
    """The channel."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def bind(self, ask: Asker, *, previous: Bound | None = None) -> Bound:
        """Ask for the token and prove it."""
        return await bind.bind(ask, self._world, previous)

    def understand(self, bound: Bound, stored: StoredArrival) -> Arrival:
        """Read an update once more."""
        return convert.arrival(stored.raw, Ears(bound.account, stored.at))

    async def accept(self, bound: Bound, request: HookRequest) -> HookReply:
        """Accept an update without a session; its chat is recorded, so that gaps in it are found."""
        if bound.settings["intake"] != "webhook":
            return HookReply(status=404)
        reply = receive.accept(request, bound, self._world.clock.now())
        await note_chats(bound.memory, reply.batch.arrivals)
        return reply

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Ask MAX about the bot and its webhook, and try the proxies."""

        async def look() -> Sequence[Finding]:
            async with connected(bound, self._world.clock) as api:
                return await check.findings(api, bound)

        return await with_proxies(bind.KIND, bound, bound.settings["api_url"], look)

    @asynccontextmanager
    async def open(self, channel: ChannelId, bound: Bound) -> AsyncIterator[Session]:  # noqa: ARG002 - MAX keeps state
        """Start the configured way of receiving; MAX supports only one at a time."""
        async with connected(bound, self._world.clock) as api:
            if bound.settings["intake"] == "webhook":
                address = receive.hook_url(bound)
                forgotten = address not in await receive.take_back(api, bound, keep=address)
                await receive.subscribe(api, bound)
                yield HookedSession(api, bound, self._world.clock, forgotten=forgotten)
            else:
                if others := await receive.take_back(api, bound):
                    raise Retryable("subscribed_elsewhere", ", ".join(others))
                yield PollingSession(api, bound, self._world.clock)


def create(world: World) -> Connector:
    """Make the channel."""
    return Max(world)
