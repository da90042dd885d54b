"""Receiving events by webhook: the Callback API, https://dev.vk.com/api/callback/getting-started."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from hmac import compare_digest
from typing import Final

from chatapp_cli.connectors.vk import convert
from chatapp_cli.connectors.vk.api import VERSION, Params, VkApi
from chatapp_cli.connectors.vk.convert import WANTED, Reader
from chatapp_cli.connectors.vk.names import mentioned
from chatapp_cli.connectors.vk.receive import Cursor, Receiver, of_the_key, peers
from chatapp_cli.connectors.vk.wire import Added, CallbackServer, CallbackServers, Confirmation
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.border import ExternalId
from chatapp_cli.domain.errors import Retryable
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.lenient import UNREADABLE
from chatapp_cli.kit.slices import fields
from chatapp_cli.kit.trees import loaded
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookReply, HookRequest

TITLE: Final = "chatapp"
HEALTH: Final = 45
"""Seconds between checks of the callback server."""
LOOKS: Final = 10
BETWEEN_LOOKS: Final = 1
"""Seconds between checks whether VK has confirmed the address."""
LARGEST: Final = 1 << 22
"""The largest call that is parsed before its secret is checked, in bytes; VK's have some thousands."""
_OK: Final = b"ok"


def hook_url(bound: Bound) -> str:
    """Our callback address."""
    return f"{bound.settings['public_url']}/hooks/{bound.hook_key}"


async def server_at(api: VkApi, community: int, url: str) -> CallbackServer | None:
    """VK's record of an address of ours."""
    servers = (await api.patiently("groups.getCallbackServers", CallbackServers, {"group_id": community})).items
    return next((one for one in servers if one.url == url), None)


def judged(
    request: HookRequest, community: int, secret: str, code: bytes, take: Callable[[bytes], HookReply]
) -> HookReply:
    """Answer a confirmation request with the code, if known; accept a call that has our secret."""
    if request.method != "POST":
        return HookReply(status=405)
    if len(request.body) > LARGEST:
        return HookReply(status=413)
    try:
        parts = fields(request.body)
    except ValueError:
        return HookReply(status=400)
    return _answered(parts, community, secret, code, take)


def _answered(
    parts: Mapping[str, bytes], community: int, secret: str, code: bytes, take: Callable[[bytes], HookReply]
) -> HookReply:
    if _word(parts, "group_id") != str(community):
        return HookReply(status=404)
    if _word(parts, "type") == "confirmation":
        return HookReply(body=code) if code else HookReply(status=503)
    if not compare_digest(_word(parts, "secret").encode(), secret.encode()):
        return HookReply(status=401)
    return take(_without_secret(parts))


def accept(request: HookRequest, bound: Bound, reader: Reader, at: Millis) -> HookReply:
    """Accept a call without a session; names are requested when a session reads what was missed."""

    def take(raw: bytes) -> HookReply:
        if (typist := convert.typist(raw)) is not None:
            return _typed(typist)
        return HookReply(batch=Batch(arrivals=(reader.arrival(raw, at),)), body=_OK)

    return judged(request, reader.community, bound.secrets["hook_secret"], b"", take)


def _typed(typist: ExternalId) -> HookReply:
    return HookReply(batch=Batch(typing=(typist,) if typist else ()), body=_OK)


class Callback:
    """Registers our address, accepts VK's calls, and checks that they arrive."""

    def __init__(self, receiver: Receiver, bound: Bound) -> None:
        self._receiver, self._api = receiver, receiver.api
        self._community = receiver.reader.community
        self._url, self._secret = hook_url(bound), bound.secrets["hook_secret"]
        self._code = b""
        self._seen = Cursor()
        self._caught_up = False
        self._strangers: set[int] = set()
        self._peers: set[int] = set()
        self._news = asyncio.Event()

    def accept(self, request: HookRequest) -> HookReply:
        """Answer a confirmation request or convert a call that has our secret; any other is refused."""
        return judged(request, self._community, self._secret, self._code, self._take)

    def _take(self, raw: bytes) -> HookReply:
        if (typist := convert.typist(raw)) is not None:
            return _typed(typist)
        arrival = self._receiver.understood(raw)
        self._notice(raw, arrival)
        self._seen = self._seen.after((arrival,), now=self._receiver.clock.now())
        cursor = self._seen.stored if self._caught_up else None
        return HookReply(batch=Batch(arrivals=(arrival,), cursor=cursor), body=_OK)

    def _notice(self, raw: bytes, arrival: Arrival) -> None:
        """Queue unknown people: calls have no names, and VK does not wait until we have requested them."""
        known = self._receiver.reader.book.people
        strangers = {number for number in mentioned(raw) if number not in known}
        self._strangers |= strangers
        self._peers |= peers((arrival,)) & strangers
        if strangers:
            self._news.set()

    async def events(self, stored: str | None) -> AsyncGenerator[Batch, None]:
        """Register, read what was missed, then yield heartbeats and new names."""
        self._seen = self._receiver.begin(stored)
        await self._register()
        if stored is not None:
            async for batch in self._receiver.missed(self._seen):
                self._seen = self._seen.after(batch.arrivals, now=self._receiver.clock.now())
                yield batch
        self._caught_up = True
        while True:
            await self._require_calls()
            yield Batch()
            async for batch in self._introductions():
                yield batch

    async def _introductions(self) -> AsyncGenerator[Batch, None]:
        until = self._receiver.clock.monotonic() + HEALTH
        while (left := until - self._receiver.clock.monotonic()) > 0:
            if not await self._news_within(left):
                return
            strangers, self._strangers = self._strangers, set()
            among, self._peers = self._peers, set()
            self._news.clear()
            yield Batch(arrivals=await self._receiver.introductions(strangers, among))

    async def _news_within(self, seconds: float) -> bool:
        sleeping = asyncio.ensure_future(self._receiver.clock.sleep(seconds))
        hearing = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait({sleeping, hearing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            hearing.cancel()
        return self._news.is_set()

    async def _register(self) -> None:
        """Register our address. VK requests the confirmation code at once, and the code changes over time."""
        about: Params = {"group_id": self._community}
        confirmation = await of_the_key(self._api.patiently("groups.getCallbackConfirmationCode", Confirmation, about))
        self._code = confirmation.code.encode()
        number = await of_the_key(self._introduce_ourselves(about))
        wanted: Params = {"server_id": number, "api_version": VERSION, **dict.fromkeys(WANTED, True)}
        await self._api.patiently("groups.setCallbackSettings", int, {**about, **wanted})

    async def _introduce_ourselves(self, about: Params) -> int:
        here: Params = {**about, "url": self._url, "title": TITLE, "secret_key": self._secret}
        server = await server_at(self._api, self._community, self._url)
        if server is None:
            return (await self._api.patiently("groups.addCallbackServer", Added, here)).server_id
        await self._api.patiently("groups.editCallbackServer", int, {**here, "server_id": server.id})
        return server.id

    async def _require_calls(self) -> None:
        """Raise if VK cannot reach us; the restart registers again."""
        for _ in range(LOOKS):
            server = await server_at(self._api, self._community, self._url)
            if server is not None and server.status == "ok":
                return
            await self._receiver.clock.sleep(BETWEEN_LOOKS)
        raise Retryable("webhook_unreachable", self._url.partition("/hooks/")[0])


async def forget(api: VkApi, community: int, bound: Bound) -> None:
    """Remove our callback server."""
    server = await server_at(api, community, hook_url(bound))
    if server is not None:
        await api.patiently("groups.deleteCallbackServer", int, {"group_id": community, "server_id": server.id})


def _word(parts: Mapping[str, bytes], name: str) -> str:
    """A top-level field as text, read before the rest of the call; empty if missing or neither text nor number."""
    try:
        found = loaded(parts.get(name, b'""'))
    except UNREADABLE:
        return ""
    return str(found) if isinstance(found, str | int) else ""


def _without_secret(parts: Mapping[str, bytes]) -> bytes:
    """The body of a call for storage: the original bytes without the secret."""
    kept = (json.dumps(name).encode() + b":" + value for name, value in parts.items() if name != "secret")
    return b"{" + b",".join(kept) + b"}"
