"""Calls to a portal: one by one and by batch, with a token that is renewed only when the portal calls it expired."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote, urlsplit

import aiohttp
import msgspec

from chatapp_cli.crm.bitrix24 import errors, record
from chatapp_cli.crm.bitrix24.access import AuthServer, belongs, settle
from chatapp_cli.crm.bitrix24.rate import Bucket, Parking, Urgency
from chatapp_cli.crm.bitrix24.record import INSTALLED, Installation
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, OutcomeUnknown, RateLimited, Retryable
from chatapp_cli.kit import tokens
from chatapp_cli.kit.http import HttpResponse, network, open_session, read
from chatapp_cli.kit.rotation import Rotation
from chatapp_cli.kit.tokens import AccessToken, Granted, Tokens
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World

AT_ONCE: Final = 50
"""The most commands of a batch (b24-rest-docs ``batch.md``)."""
_LARGEST: Final = 32 << 20
_PATIENCE: Final = 65.0
"""Seconds: the portal cuts a request at 60."""
_AGAIN: Final = 3
"""How often a request that the full bucket turned away is repeated here, before the caller hears of it."""

Answer: TypeAlias = Mapping[str, Any]


class BatchCommand(NamedTuple):
    """A call inside a batch."""

    method: str
    params: Mapping[str, Any] = {}


@dataclass(slots=True)
class _Tried:
    """What was already done to let one request through."""

    renewed: bool = False
    moved: bool = False
    full: int = 0


class PortalApi:
    """Calls for one link; every failure is a ChannelError without secrets."""

    def __init__(
        self, http: aiohttp.ClientSession, server: AuthServer, bound: Bound, held: Installation, world: World
    ) -> None:
        self._http, self._server, self._memory, self._world = http, server, bound.memory, world
        self._tokens = Tokens(bound, Rotation(self._renewal, bound, world), world.clock)
        self._bucket, self._parking = Bucket(world.clock), Parking(world.clock)
        self.held = held
        self.calls = 0
        """Requests made so far."""

    async def aclose(self) -> None:
        """Wait for a running renewal."""
        await self._bucket.aclose()
        await self._tokens.aclose()

    async def call(
        self, method: str, params: Answer | None = None, *, urgency: Urgency = Urgency.CLIENT, once: bool = False
    ) -> Any:
        """The ``result`` of a method; with ``once`` (not repeatable) no answer means OutcomeUnknown."""
        return (await self._answer(method, params or {}, urgency, once=once)).get("result")

    async def batch(
        self, commands: Mapping[str, BatchCommand], *, urgency: Urgency = Urgency.CLIENT
    ) -> Mapping[str, Any | ChannelError]:
        """The results of many methods, in as few requests as possible; of a failed one its error.

        Raises what concerns all of them.
        """
        found: dict[str, Any | ChannelError] = {}
        waiting = iter(commands.items())
        while some := dict(islice(waiting, AT_ONCE)):
            found |= await self._batch(some, urgency)
        return found

    async def pages(self, method: str, params: Answer, *, urgency: Urgency = Urgency.BACKGROUND) -> Sequence[Any]:
        """All members of a list, which comes in pages of fifty."""
        found: list[Any] = []
        start = 0
        while True:
            answer = await self._answer(method, {**params, "start": start}, urgency)
            page = answer.get("result")
            found += page if isinstance(page, list) else []
            following = answer.get("next")
            if not isinstance(following, int) or following <= start:
                return found
            start = following

    async def download(self, url: str) -> tuple[aiohttp.ClientResponse, str]:
        """Begin to fetch a file of the portal; the caller reads and releases it. The token goes into the query."""
        token = await self._tokens.present()
        with network([token.access]):
            response = await self._http.get(
                url, params={"auth": token.access}, timeout=aiohttp.ClientTimeout(total=600), allow_redirects=False
            )
        return response, token.access

    async def _batch(self, commands: Mapping[str, BatchCommand], urgency: Urgency) -> dict[str, Any | ChannelError]:
        found: dict[str, Any | ChannelError] = {}
        lines: dict[str, str] = {}
        for name, (method, params) in commands.items():
            try:
                self._parking.require_free(method)
            except RateLimited as parked:
                found[name] = parked
            else:
                lines[name] = f"{method}?{query(params)}"
        if not lines:
            return found
        answer = await self._answer("batch", {"halt": 0, "cmd": lines}, urgency)
        return found | self._split(answer.get("result"), {name: commands[name] for name in lines})

    def _split(self, result: Any, commands: Mapping[str, BatchCommand]) -> dict[str, Any | ChannelError]:
        """Each command's own result; PHP writes an empty mapping as a list."""
        good, bad, times = (_mapping(result, name) for name in ("result", "result_error", "result_time"))
        found: dict[str, Any | ChannelError] = {}
        for name, (method, _) in commands.items():
            self._parking.heed(method, times.get(name))
            said = {"error": "", **_error(bad[name])} if name in bad else {"result": good.get(name)}
            if name not in bad and name not in good:
                found[name] = Retryable("strange_answer", method)
            elif errors.code_of(said):
                found[name] = self._refused(method, {**said, "time": times.get(name)})
            else:
                found[name] = good[name]
        return found

    async def _answer(self, method: str, params: Answer, urgency: Urgency, *, once: bool = False) -> Answer:
        self._parking.require_free(method)
        tried = _Tried()
        while True:
            token = await self._tokens.present()
            await self._bucket.enter(urgency)
            response = await self._attempt(token, method, params, once=once)
            said = errors.said(response)
            code = errors.code_of(said or {})
            if response.ok and said is not None and not code:
                self._parking.heed(method, said.get("time"))
                return said
            if not await self._mended(response, code, token, tried):
                raise self._failed(method, response, said, once=once, secrets=[token.access])

    async def _mended(self, response: HttpResponse, code: str, token: AccessToken, tried: _Tried) -> bool:
        """Remove the cause of a refusal, if that is possible and was not tried: the same request may work then."""
        if code == errors.EXPIRED and not tried.renewed:
            tried.renewed = True
            await self._tokens.another(token)
            return True
        if code == errors.TOO_MANY and tried.full < _AGAIN:
            tried.full += 1
            self._bucket.overflowed()
            await self._world.clock.sleep(self._world.chance.between(errors.PAUSE / 2, errors.PAUSE))
            return True
        if response.status in errors.REDIRECT and not tried.moved:
            tried.moved = True
            return await self._moved(response, token)
        return False

    async def _moved(self, response: HttpResponse, token: AccessToken) -> bool:
        """Follow a portal to its new address, if the authorisation server names the same for this ``member_id``.

        b24-rest-docs ``change-domen.md``: calls to the old address answer 302.
        """
        there = urlsplit(response.headers.get("Location", "")).netloc
        told = await self._server.about(token.access)
        if not there or not belongs(told, self._server.client_id, self.held.member_id):
            return False
        if told.get("member_id") and told.get("client_endpoint"):
            await self._stands_at(str(told["client_endpoint"]))
        else:
            await self._tokens.another(token)
        return self.held.host == there

    async def _stands_at(self, endpoint: str) -> None:
        """Remember where the portal is now; never without encryption if it had that."""
        scheme = urlsplit(endpoint).scheme
        if endpoint != self.held.endpoint and scheme in {"https", urlsplit(self.held.endpoint).scheme}:
            self.held = msgspec.structs.replace(self.held, endpoint=endpoint)
            await self._memory.save({INSTALLED: record.written(self.held)})

    def _failed(
        self, method: str, response: HttpResponse, said: Answer | None, *, once: bool, secrets: Sequence[str]
    ) -> ChannelError:
        if said is None and response.ok:
            return (OutcomeUnknown if once else Retryable)("strange_answer", method)
        return self._refused(method, said or {}, status=response.status, once=once, secrets=secrets)

    def _refused(
        self, method: str, said: Answer, *, status: int = 0, once: bool = False, secrets: Sequence[str] = ()
    ) -> ChannelError:
        words = errors.words_of(said, secrets) or f"{method} HTTP {status}"
        error = errors.refusal(errors.code_of(said), words, status=status, once=once)
        if isinstance(error, RateLimited) and error.code == errors.PARKED_CODE:
            seconds = self._parking.told(said.get("time"), errors.PARKED)
            self._parking.park(method, seconds)
            return RateLimited(error.code, words, retry_after=seconds)
        return error

    async def _attempt(self, token: AccessToken, method: str, params: Answer, *, once: bool) -> HttpResponse:
        body = msgspec.json.encode({**params, "auth": token.access})
        headers = {"Content-Type": "application/json"}
        self.calls += 1
        with network([token.access], once=once):
            url = f"{self.held.endpoint}{method}"
            async with self._http.post(url, data=body, headers=headers, allow_redirects=False) as response:
                return await read(response, _LARGEST)

    async def _renewal(self, spent: str) -> Granted:
        """The next pair; a portal of another ``member_id`` is none of ours."""
        issued = await self._server.renew(spent)
        if issued.member_id and issued.member_id != self.held.member_id:
            raise NeedsRebind("install_forged")
        if issued.member_id and issued.client_endpoint:
            await self._stands_at(issued.client_endpoint)
        return issued.granted


def query(params: Answer) -> str:
    """Parameters as PHP reads them from a query, for a command of a batch."""
    return "&".join(f"{quote(name, safe='[]')}={quote(value, safe='')}" for name, value in _pairs(params))


def _pairs(params: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(params, Mapping):
        for key, value in params.items():
            yield from _pairs(value, f"{name}[{key}]" if name else str(key))
    elif isinstance(params, list | tuple):
        for place, value in enumerate(params):
            yield from _pairs(value, f"{name}[{place}]")
    else:
        yield name, str(int(params)) if isinstance(params, bool) else str(params)


def _mapping(result: Any, name: str) -> Mapping[str, Any]:
    found = result.get(name) if isinstance(result, dict) else None
    return found if isinstance(found, dict) else {}


def _error(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, dict) else {"error": str(said)}


@asynccontextmanager
async def connected(bound: Bound, world: World) -> AsyncIterator[PortalApi]:
    """Open the API for a link, once its installation is proved. Raises NeedsRebind if there is none."""
    async with open_session(total=_PATIENCE) as http:
        server = AuthServer.of(http, bound)
        held = await settle(bound, server, world.clock)
        token = await record.token(bound)
        if token is None:
            raise NeedsRebind("not_installed")
        with_token = replace(bound, secrets={**bound.secrets, "token": tokens.written(token)})
        api = PortalApi(http, server, with_token, held, world)
        try:
            yield api
        finally:
            await api.aclose()
