"""Any program as a channel; the wire format is in docs/channels/api.md."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from chatapp_cli.connectors.api import bind as binding
from chatapp_cli.connectors.api import convert, errors
from chatapp_cli.connectors.api.api import MAX_BODY, Deleted, Edited, Keys, Ping, Program, Reaction
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.errors import ChannelError, Misconfigured, Rejected
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.domain.text import T
from chatapp_cli.kit.checking import broken
from chatapp_cli.kit.http import HttpResponse, network, open_session, verdict
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.outside import require_outside
from chatapp_cli.kit.signatures import Unsigned, verify
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Finding, HookReply, HookRequest, Session, StoredArrival
from chatapp_cli.ports.world import World

_PULSE: Final = 30.0


def create(world: World) -> ApiConnector:
    """The channel."""
    return ApiConnector(world)


class ApiConnector:
    """Binds, checks and opens."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def bind(self, ask: Asker, *, previous: Bound | None = None) -> Bound:
        """Ask for address and secret, and prove them by a ping."""
        return await binding.bind(self._world, ask, previous)

    def understand(self, bound: Bound, stored: StoredArrival) -> Arrival:  # noqa: ARG002 - one format for all
        """Read an event once more."""
        return convert.arrival(stored.provider_id, stored.raw, stored.at)

    async def accept(self, bound: Bound, request: HookRequest) -> HookReply:
        """Take events without a session."""
        return _accepted(request, Keys.of(bound.secrets, bound.settings), self._world.clock.now())

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Ping the program. Receiving needs no check: it uses only our own address."""
        path = f"/hooks/{bound.hook_key}"
        receive = Finding(name="receive", ok=True, what=T("The program posts to {path}.", path=path))
        return (receive, await self._sending(bound))

    async def _sending(self, bound: Bound) -> Finding:
        url = bound.settings["url"]
        try:
            await binding.ping(url, Keys.of(bound.secrets, bound.settings), self._world)
        except ChannelError as error:
            return broken(binding.KIND, "send", error, detailed=False)
        said = T("The program accepts our signature.") if url else T("The channel only receives: no address is set.")
        return Finding(name="send", ok=True, what=said)

    @asynccontextmanager
    async def open(self, channel: ChannelId, bound: Bound) -> AsyncIterator[Session]:  # noqa: ARG002 - the interface
        """Connects nothing until the first send."""
        async with open_session() as http, open_session(outside=True) as outside:
            yield ApiSession(self._world, http, outside, bound)


class ApiSession:
    """A bound program."""

    def __init__(self, world: World, http: aiohttp.ClientSession, outside: aiohttp.ClientSession, bound: Bound) -> None:
        self._world, self._http, self._outside = world, http, outside
        self._near_links = bound.settings.get("near_links") == "on"
        self._home = binding.origin(bound.settings["url"])
        self._keys = Keys.of(bound.secrets, bound.settings)
        self._program = Program(http, bound.settings["url"], self._keys, world.clock)

    async def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:  # noqa: ARG002 - hooks bring everything
        """Yield heartbeats only; messages arrive through ``accept``."""
        while True:
            yield Batch()
            await self._world.clock.sleep(_PULSE)

    def accept(self, request: HookRequest) -> HookReply:
        """Check the signature and read the events; an unreadable one is stored and answered with 422."""
        return _accepted(request, self._keys, self._world.clock.now())

    async def send(self, message: Outbound) -> Receipt:
        """Post the message under its idempotency key, so it can be sent again safely."""
        if sum(file.size for file in message.files) > manifest(binding.KIND).capabilities.max_upload:
            raise Rejected("too_big")
        event = await asyncio.to_thread(convert.outgoing, message)
        return Receipt(ids=(await self._program.tell(event, id=message.key),))

    async def prove(self) -> None:
        """Ping the program; a 403 to a message may concern only that message."""
        await self._program.tell(Ping(), id=self._world.chance.key())

    async def edit(self, address: str, ext_id: str, text: str) -> None:
        """Tell the program the new text."""
        edited = Edited(id=ext_id, chat_id=address, text=text, from_us=True)
        await self._program.tell(edited, id=self._world.chance.key())

    async def delete(self, address: str, ext_id: str) -> None:
        """Ask the program to take the message back."""
        deleted = Deleted(chat_id=address, ids=(ext_id,), from_us=True)
        await self._program.tell(deleted, id=self._world.chance.key())

    async def react(self, address: str, ext_id: str, emoji: str) -> None:
        """Tell the program our reaction."""
        ours = (emoji,) if emoji else ()
        await self._program.tell(Reaction(id=ext_id, chat_id=address, emoji=ours), id=self._world.chance.key())

    async def fetch(self, remote: str, target: Path) -> None:
        """Download a file that came as a link, from the program's own server or the Internet."""
        near = self._near_links or (self._home is not None and binding.origin(remote) == self._home)
        if not near:
            require_outside(remote)
        try:
            with network():
                await self._download(self._http if near else self._outside, remote, target)
        except Misconfigured as error:
            raise Rejected("file_refused", error.code) from None

    async def _download(self, http: aiohttp.ClientSession, remote: str, target: Path) -> None:
        async with http.get(remote, allow_redirects=False) as response:
            if response.status != HTTPStatus.OK:
                answer = HttpResponse(response.status, response.headers, b"")
                raise verdict(answer, f"HTTP {answer.status}", now=self._world.clock.now(), verdicts=errors.FILES)
            await _save(response.content, target, manifest(binding.KIND).capabilities.max_download)


async def _save(content: aiohttp.StreamReader, target: Path, limit: int) -> None:
    size = 0
    with await asyncio.to_thread(target.open, "wb") as out:
        async for chunk in content.iter_chunked(1 << 20):
            size += len(chunk)
            if size > limit:
                raise Rejected("file_too_big")
            await asyncio.to_thread(out.write, chunk)


def _accepted(request: HookRequest, keys: Keys, now: Millis) -> HookReply:
    if refusal := _unfit(request):
        return refusal
    try:
        webhook_id = verify(keys.valid(now), request.headers, request.body, now=now)
    except Unsigned as why:
        return _reply(401, error=str(why))
    return _taken(convert.arrivals(webhook_id, request.body, now))


def _unfit(request: HookRequest) -> HookReply | None:
    if request.path:
        return _reply(404, error="nothing is here; post to the address itself")
    if request.method != "POST":
        return _reply(405, error="only POST is understood")
    if len(request.body) > MAX_BODY:
        return _reply(413, error=f"a webhook may have {MAX_BODY} bytes; send larger files as links")
    return None


def _taken(arrivals: Sequence[Arrival]) -> HookReply:
    if not arrivals:
        return _reply(422, accepted=0, error="the array is empty: post at least one event")
    problems = [arrival.problem for arrival in arrivals if arrival.problem]
    kept = Batch(arrivals=[arrival for arrival in arrivals if arrival.events or arrival.problem])
    accepted = len(arrivals) - len(problems)
    if problems:
        return _reply(422, kept, accepted=accepted, error="; ".join(problems))
    return _reply(200, kept, accepted=accepted)


def _reply(status: int, batch: Batch = Batch(), **fields: str | int) -> HookReply:
    return HookReply(batch=batch, status=status, body=msgspec.json.encode(fields), content_type="application/json")
