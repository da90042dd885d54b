"""Avito's messenger, wired together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from chatapp_cli.connectors.avito import bind, check, convert, hook
from chatapp_cli.connectors.avito.api import AvitoApi, connected
from chatapp_cli.connectors.avito.convert import Mine
from chatapp_cli.connectors.avito.outgoing import AvitoSender
from chatapp_cli.connectors.avito.receive import EVERY, EVERY_BESIDE_HOOK, Reader, about_chat, prove
from chatapp_cli.connectors.avito.wire import VoiceFiles
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.kit.checking import with_proxies
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Connector, Finding, HookReply, HookRequest, Session, StoredArrival
from chatapp_cli.ports.world import Clock, World


class AvitoSession:
    """An account at work."""

    def __init__(self, api: AvitoApi, bound: Bound, clock: Clock) -> None:
        mine = _mine(bound)
        every = EVERY_BESIDE_HOOK if hook.hook_url(bound) else EVERY
        self._api = api
        self._reader = Reader(api, clock, mine, every=every, see_to_bell=partial(hook.settle, api, bound))
        self._sender = AvitoSender(api, clock, mine)

    def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Yield what is new in the account's chats."""
        return self._reader.batches(cursor)

    def accept(self, request: HookRequest) -> HookReply:
        """Note the chat that a webhook names and answer at once: Avito waits two seconds."""
        return self._reader.ring(request)

    async def prove(self) -> None:
        """Request the account's latest chat."""
        await prove(self._api)

    async def send(self, message: Outbound) -> Receipt:
        """Send a text and pictures, each as a message of its own."""
        return await self._sender.send(message)

    async def reconcile(self, message: Outbound) -> Receipt | None:
        """Look for the message in the chat's history."""
        return await self._sender.reconcile(message)

    async def delete(self, address: str, ext_id: str) -> None:
        """Delete a message of ours, within an hour."""
        await self._sender.delete(address, ext_id)

    async def mark_read(self, address: str, ext_id: str) -> None:  # noqa: ARG002 - Avito knows only whole chats
        """Mark the chat as read for the client."""
        await self._sender.mark_read(address)

    async def fetch(self, remote: str, target: Path) -> None:
        """Download a picture or a voice message; its link lives for an hour and is requested anew."""
        if remote.startswith(convert.IMAGE):
            await self._api.download(remote.removeprefix(convert.IMAGE), target)
            return
        voice = remote.removeprefix(convert.VOICE)
        path = f"/messenger/v1/accounts/{self._api.account}/getVoiceFiles"
        ask = partial(self._api.get, path, VoiceFiles, voice_ids=voice)
        urls = (await about_chat(self._api, ask, partial(Rejected, "file_gone"))).voices_urls
        if voice not in urls:
            raise Rejected("file_gone")
        await self._api.download(urls[voice], target)


class Avito:
    """The channel."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def bind(self, ask: Asker, *, previous: Bound | None = None) -> Bound:
        """Ask for the keys, authorise and verify them."""
        return await bind.bind(ask, self._world, previous)

    def understand(self, bound: Bound, stored: StoredArrival) -> Arrival:
        """Read a message once more."""
        return convert.arrival(stored.raw, _mine(bound), stored.at)

    async def accept(self, bound: Bound, request: HookRequest) -> HookReply:  # noqa: ARG002 - nothing of it is kept
        """Accept a webhook without a session: nothing is lost, it only says that there is something to fetch."""
        return HookReply(status=200 if request.method == "POST" else 405)

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Ask Avito about account, chats and webhook, and try the proxies."""

        async def look() -> Sequence[Finding]:
            async with connected(bound, self._world.clock) as api:
                return await check.findings(api, bound)

        return await with_proxies(bind.KIND, bound, bound.settings["api_url"], look)

    @asynccontextmanager
    async def open(self, channel: ChannelId, bound: Bound) -> AsyncIterator[Session]:  # noqa: ARG002 - the memory knows
        """Register the webhook and start."""
        async with connected(bound, self._world.clock) as api:
            await hook.settle(api, bound)
            yield AvitoSession(api, bound, self._world.clock)


def _mine(bound: Bound) -> Mine:
    return Mine(account=int(bound.account), site=bound.settings["site_url"])


def create(world: World) -> Connector:
    """Make the channel."""
    return Avito(world)
