"""Calls of an application, with a token that is renewed only when the portal calls it expired."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlsplit

import aiohttp
import msgspec
from yarl import URL

from chatapp_cli.crm.bitrix24 import errors
from chatapp_cli.crm.bitrix24.access import AuthServer, belongs, settle
from chatapp_cli.crm.bitrix24.calls import AGAIN, LARGEST, PATIENCE, Answer, MethodCalls
from chatapp_cli.crm.bitrix24.record import INSTALLED, Installation
from chatapp_cli.domain.errors import NeedsRebind
from chatapp_cli.kit import records, tokens
from chatapp_cli.kit.http import HttpResponse, network, open_session, read
from chatapp_cli.kit.pace import Urgency
from chatapp_cli.kit.rotation import Rotation
from chatapp_cli.kit.tokens import AccessToken, Granted, Tokens
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World


@dataclass(slots=True)
class _Tried:
    """What was already done to let one request through."""

    renewed: bool = False
    moved: bool = False
    full: int = 0


class PortalApi(MethodCalls):
    """Calls for one link; every failure is a ChannelError without secrets."""

    def __init__(
        self, http: aiohttp.ClientSession, server: AuthServer, bound: Bound, held: Installation, world: World
    ) -> None:
        super().__init__(world)
        self._http, self._server, self._memory = http, server, bound.memory
        self._tokens = Tokens(bound, Rotation(self._renewal, bound, world), world.clock)
        self.held = held

    async def aclose(self) -> None:
        """Wait for a running renewal."""
        await super().aclose()
        await self._tokens.aclose()

    def of_employee(self, access: str) -> EmployeeCalls:
        """The calls of whoever has this token, such as an employee who opened a page of ours."""
        return EmployeeCalls(self._world, partial(self._answer_to, access))

    async def _answer_to(self, access: str, method: str, params: Answer) -> Answer:
        token = AccessToken(access=access, refresh="", at=0, until=0)
        await self._bucket.enter(Urgency.OPERATOR)
        response = await self._attempt(token, method, params, once=False)
        if response.status in errors.REDIRECT and await self._moved(response, await self._tokens.present()):
            response = await self._attempt(token, method, params, once=False)
        said = errors.said(response)
        if not response.ok or said is None or errors.code_of(said):
            raise self._failed(method, response, said, once=False, secrets=[access])
        return said

    async def download(self, url: str) -> tuple[aiohttp.ClientResponse, Sequence[str]]:
        """Begin to fetch a file of the portal, and what no error may repeat; the caller reads and releases it.

        The token goes into the query. One that has expired is renewed, as for a call.
        """
        token = await self._tokens.present()
        response = await self._begun(url, token)
        if response.status == errors.UNAUTHORISED:
            with network([token.access]):
                async with response:
                    refused = await read(response)
            if errors.code_of(errors.said(refused) or {}) != errors.EXPIRED:
                raise self._failed("download", refused, errors.said(refused), once=False, secrets=[token.access])
            token = await self._tokens.another(token)
            response = await self._begun(url, token)
        return response, [token.access]

    async def _begun(self, url: str, token: AccessToken) -> aiohttp.ClientResponse:
        with network([token.access]):
            return await self._get(URL(url).update_query(auth=token.access))

    async def download_signed(self, url: str) -> tuple[aiohttp.ClientResponse, Sequence[str]]:
        """The same by a link that bears a token, and is signed for it: it is sent as it is (sheet §3.4)."""
        link = URL(url, encoded=True)
        with network(secrets := [link.raw_query_string, *link.query.values()]):
            return await self._get(link), secrets

    async def _get(self, url: URL) -> aiohttp.ClientResponse:
        return await self._http.get(url, timeout=aiohttp.ClientTimeout(total=600), allow_redirects=False)

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
                error = self._failed(method, response, said, once=once, secrets=[token.access])
                raise await self._blamed(method, error)

    async def _mended(self, response: HttpResponse, code: str, token: AccessToken, tried: _Tried) -> bool:
        """Remove the cause of a refusal, if that is possible and was not tried: the same request may work then."""
        if code == errors.EXPIRED and not tried.renewed:
            tried.renewed = True
            await self._tokens.another(token)
            return True
        if code == errors.TOO_MANY and tried.full < AGAIN:
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
        told = await self._about(token)
        if not there or not (told is None or belongs(told, self._server.client_id, self.held.member_id)):
            return False
        if told and told.get("member_id") and told.get("client_endpoint"):
            await self._stands_at(str(told["client_endpoint"]))
        else:
            await self._tokens.another(token)
        return self.held.host == there

    async def _about(self, token: AccessToken) -> Answer | None:
        """What the authorisation server tells about our token; ``None`` for one that has expired on the way.

        Its renewal names the portal and its address too.
        """
        try:
            return await self._server.about(token.access)
        except NeedsRebind as refused:
            if not errors.begins_with(refused, errors.EXPIRED):
                raise
            return None

    async def _stands_at(self, endpoint: str) -> None:
        """Remember where the portal is now; never without encryption if it had that."""
        scheme = urlsplit(endpoint).scheme
        if endpoint != self.held.endpoint and scheme in {"https", urlsplit(self.held.endpoint).scheme}:
            self.held = msgspec.structs.replace(self.held, endpoint=endpoint)
            await self._memory.save({INSTALLED: records.written(self.held)})

    async def _attempt(self, token: AccessToken, method: str, params: Answer, *, once: bool) -> HttpResponse:
        body = msgspec.json.encode({**params, "auth": token.access})
        headers = {"Content-Type": "application/json"}
        self.calls += 1
        with network([token.access], once=once):
            url = f"{self.held.endpoint}{method}"
            async with self._http.post(url, data=body, headers=headers, allow_redirects=False) as response:
                return await read(response, LARGEST)

    async def _renewal(self, spent: str) -> Granted:
        """The next pair; a portal of another ``member_id`` is none of ours."""
        issued = await self._server.renew(spent)
        if issued.member_id and issued.member_id != self.held.member_id:
            raise NeedsRebind("install_forged")
        if issued.member_id and issued.client_endpoint:
            await self._stands_at(issued.client_endpoint)
        return issued.granted


class EmployeeCalls(MethodCalls):
    """Calls with an employee's own token, at the application's pace: the portal answers what they may see."""

    def __init__(self, world: World, answer: Callable[[str, Answer], Awaitable[Answer]]) -> None:
        super().__init__(world)
        self._answered = answer

    async def _answer(self, method: str, params: Answer, urgency: Urgency, *, once: bool = False) -> Answer:  # noqa: ARG002 - somebody waits, and nothing is changed
        return await self._answered(method, params)


@asynccontextmanager
async def connected(bound: Bound, world: World) -> AsyncIterator[PortalApi]:
    """Open the API for a link, once its installation is proved. Raises NeedsRebind if there is none."""
    async with open_session(total=PATIENCE) as http:
        server = AuthServer.of(http, bound)
        held = await settle(bound, server, world)
        token = await records.token(bound)
        if token is None:
            raise NeedsRebind("not_installed")
        with_token = replace(bound, secrets={**bound.secrets, "token": tokens.written(token)})
        api = PortalApi(http, server, with_token, held, world)
        try:
            yield api
        finally:
            await api.aclose()
