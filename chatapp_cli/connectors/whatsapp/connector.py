"""WhatsApp through the Cloud API, wired together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from chatapp_cli.connectors.whatsapp import answers, bind, check, convert, groups, hooks, outgoing, templates
from chatapp_cli.connectors.whatsapp.graph import Graph
from chatapp_cli.connectors.whatsapp.outgoing import Part
from chatapp_cli.connectors.whatsapp.people import Book
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived
from chatapp_cli.domain.errors import ChannelError, Rejected
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.domain.template import Template
from chatapp_cli.kit import proxies
from chatapp_cli.kit.checking import with_proxies
from chatapp_cli.kit.http import open_proxied
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.parts import send_part
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Connector, Finding, GroupChanged, HookReply, HookRequest, Session, StoredArrival
from chatapp_cli.ports.world import Clock, World

log = structlog.get_logger()

PULSE: Final = 50.0
"""Seconds between heartbeats, each with a check of the number."""


class WhatsAppSession:
    """A bound number."""

    def __init__(self, graph: Graph, bound: Bound, book: Book, clock: Clock) -> None:
        self._graph, self._bound, self._book, self._clock = graph, bound, book, clock
        self._heard: dict[str, str] = {}
        """The last message from each address: Meta shows typing only as an answer to one."""

    async def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:  # noqa: ARG002 - hooks bring everything
        """Yield heartbeats; messages arrive through ``accept``, which needs neither the token nor the Graph API.

        So a fault there does not stop receiving: it shows when sending, and in the check.
        """
        while True:
            await self._book.keep(self._bound.memory)
            try:
                await self.prove()
            except ChannelError as error:
                log.warning("whatsapp.number_in_trouble", code=error.code, detail=error.detail)
            yield Batch()
            await self._clock.sleep(PULSE)

    async def prove(self) -> None:
        """Request the number, which needs the token and tells whether it is in service."""
        await check.look(self._graph, self._bound.account)

    def accept(self, request: HookRequest) -> HookReply:
        """Check the signature and convert the webhook."""
        reply = hooks.accept(request, self._bound, self._book, self._clock.now())
        for event in (event for arrival in reply.batch.arrivals for event in arrival.events):
            if isinstance(event, MessageArrived) and not event.from_us:
                self._heard[event.peer.address] = event.ext_id
        return reply

    async def send(self, message: Outbound) -> Receipt:
        """Upload the files, then send text and files, as several Meta messages if needed."""
        parts = [await self._ready(part) for part in outgoing.plan(message)]
        sent: list[str] = []
        for part in parts:
            sent.append(await self._part(message, part, sent))
        return Receipt(ids=tuple(sent))

    async def _ready(self, part: Part) -> Part:
        file = part.file
        if file is None:
            return part
        try:
            media = await self._graph.upload(
                self._bound.account, file.path, name=file.name, mime=file.mime, size=file.size
            )
        except Rejected as refusal:
            raise Rejected("file_type" if refusal.code == "bad_request" else refusal.code, refusal.detail) from None
        return part.uploaded(media)

    async def _part(self, message: Outbound, part: Part, sent: Sequence[str]) -> str:
        content = outgoing.addressed(message, part, quoting=not sent)
        post = partial(self._graph.post, self._messages, answers.Sent, content, once=True)
        return (await send_part(post, sent, self._clock)).messages[0].id

    @property
    def _messages(self) -> str:
        return f"{self._bound.account}/messages"

    async def fetch(self, remote: str, target: Path) -> None:
        """Write a file's content to ``target``."""
        await self._graph.download(remote, target, most=manifest(bind.KIND).capabilities.max_download)

    async def react(self, address: str, ext_id: str, emoji: str) -> None:
        """Set our reaction; an empty one removes it."""
        reaction = {"message_id": ext_id, "emoji": emoji}
        content = {**outgoing.to(address), "type": "reaction", "reaction": reaction}
        await self._graph.post(self._messages, answers.Anything, content)

    async def mark_read(self, address: str, ext_id: str) -> None:  # noqa: ARG002 - Meta's ids are unique
        """Mark everything up to this message as read for the client."""
        await self._read(ext_id)

    async def typing(self, address: str) -> None:
        """Show the typing indicator, in answer to the client's last message, which thereby becomes read."""
        if ext_id := self._heard.get(address):
            await self._read(ext_id, typing_indicator={"type": "text"})

    async def _read(self, ext_id: str, **beside: object) -> None:
        content = {"messaging_product": "whatsapp", "status": "read", "message_id": ext_id, **beside}
        await self._graph.post(self._messages, answers.Anything, content)

    async def templates(self) -> Sequence[Template]:
        """The account's templates and their states."""
        return await templates.listed(self._graph, self._bound.settings["waba_id"])

    async def submit(self, template: Template) -> Template:
        """Ask for approval."""
        return await templates.submitted(self._graph, self._bound.settings["waba_id"], template)

    async def create_group(self, title: str, members: Sequence[str]) -> GroupChanged:
        """Create a group with these people."""
        peer = await groups.create(self._graph, self._bound.account, title, self._clock)
        self._book.entitle(peer.key, title)
        return await groups.add(self._graph, peer.key, members, title)

    async def add_members(self, address: str, members: Sequence[str]) -> GroupChanged:
        """Add members."""
        return await groups.add(self._graph, address, members, self._book.title(address))

    async def remove_members(self, address: str, members: Sequence[str]) -> GroupChanged:
        """Remove members."""
        return await groups.remove(self._graph, address, members, self._book.title(address))

    async def rename_group(self, address: str, title: str) -> None:
        """Change the title."""
        await groups.rename(self._graph, address, title)
        self._book.entitle(address, title)

    async def end_group(self, address: str) -> None:
        """Delete the group."""
        await groups.end(self._graph, address)


class WhatsApp:
    """The channel."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def bind(self, ask: Asker, *, previous: Bound | None = None) -> Bound:
        """Ask for number, account and keys, and verify them."""
        return await bind.bind(ask, self._world, previous)

    async def accept(self, bound: Bound, request: HookRequest) -> HookReply:
        """Accept a webhook without a session; ids and phones of people are read from and stored in the memory."""
        book = Book(await bound.memory.known())
        reply = hooks.accept(request, bound, book, self._world.clock.now())
        await book.keep(bound.memory)
        return reply

    def understand(self, bound: Bound, stored: StoredArrival) -> Arrival:
        """Read one item of a webhook once more."""
        return convert.arrival(stored.raw, bound.account, Book(), stored.at)

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Check the number, the app's subscription and every proxy."""
        url, clock = bound.settings["api_url"], self._world.clock

        async def look() -> Sequence[Finding]:
            async with open_proxied(bound.secrets.get(proxies.NAME, ""), towards=url) as http:
                return await check.findings(Graph.of(http, clock, bound), bound, clock.now())

        return await with_proxies(bind.KIND, bound, url, look)

    @asynccontextmanager
    async def open(self, channel: ChannelId, bound: Bound) -> AsyncIterator[Session]:  # noqa: ARG002 - one number
        """Connects nothing until the first send; ids and phones of people are read from the memory."""
        book = Book(await bound.memory.known())
        async with open_proxied(bound.secrets.get(proxies.NAME, ""), towards=bound.settings["api_url"]) as http:
            try:
                graph = Graph.of(http, self._world.clock, bound)
                yield WhatsAppSession(graph, bound, book, self._world.clock)
            finally:
                await book.keep(bound.memory)


def create(world: World) -> Connector:
    """Make the channel."""
    return WhatsApp(world)
