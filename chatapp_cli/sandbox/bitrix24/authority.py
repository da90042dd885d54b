"""The authorisation server: codes of 30 seconds, access for an hour, refresh tokens that change at each use."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.bitrix24.misbehaviour import TOKEN, Misbehaviour
from chatapp_cli.sandbox.bitrix24.objects import ADMIN, Json, Pair, PortalCall, PortalRefusal
from chatapp_cli.sandbox.bitrix24.wire import cut_off, page, read_parameters, without_tokens
from chatapp_cli.sandbox.brackets import parsed_query
from chatapp_cli.sandbox.serving import HttpSandbox

HOUR: Final = 3600.0
HALF_YEAR: Final = 180 * 86_400.0
CODE_LIVES: Final = 30.0
SCOPES: Final = (
    "crm", "im", "imconnector", "imopenlines", "bizproc", "messageservice", "disk", "user", "placement",
    "documentgenerator",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Grant:
    """A token of somebody and the moment at which it ends."""

    user: int
    ends: float


class BitrixAuthority(HttpSandbox):
    """Gives access to one portal, for one application."""

    def __init__(self, name: str, clock: Clock, misbehaviour: Misbehaviour) -> None:
        super().__init__(cancels=True)
        self._clock, self._misbehaviour = clock, misbehaviour
        self._name_itself(name)
        self.lives = HOUR
        """The lifetime of a new access token in seconds."""
        self.refresh_lives = HALF_YEAR
        """The same of a refresh token."""
        self.renewals: list[str] = []
        """The refresh tokens that came, in order."""
        self.calls: list[PortalCall] = []
        """All calls of the token endpoint and of ``app.info`` here, without secrets."""
        self.secrets: set[str] = {self.client_secret, self.application_token}
        """Everything that must stand in no log; it grows with each token."""
        self.portal_address = ""
        self.installed = True
        self.owner_is_active = True
        self._numbers = itertools.count(1)
        self._access: dict[str, _Grant] = {}
        self._refresh: dict[str, _Grant] = {}
        self._spent: dict[str, _Grant] = {}
        self._codes: dict[str, _Grant] = {}

    def _name_itself(self, name: str) -> None:
        self._name = name
        self.client_id = f"local.{self._digest('client id')[:14]}.{self._digest('application')[:8]}"
        self.client_secret = self._digest("client secret")[:50]
        self.member_id = self._digest("member")[:32]
        self.application_token = self._digest("application token")[:32]

    def become(self, name: str) -> None:
        """Be the server of another portal that was made at the same address, with an application of its own."""
        self.withdraw()
        self._name_itself(name)
        self.secrets |= {self.client_secret, self.application_token}

    def _digest(self, what: str) -> str:
        return hashlib.sha256(f"{self._name}: {what}".encode()).hexdigest()

    @property
    def domain(self) -> str:
        """The portal's host and port."""
        return self.portal_address.partition("://")[2]

    @property
    def client_endpoint(self) -> str:
        """Where the portal's methods are called."""
        return f"{self.portal_address}/rest/"

    @property
    def server_endpoint(self) -> str:
        """Where the methods of this server are called."""
        return f"{self.url}/rest/"

    def redirect(self, application_url: str, state: str, user: int = ADMIN) -> str:
        """The address to which a user's browser is sent after the consent; its code works once, for 30 seconds."""
        code = self._secret("code")
        self._codes[code] = _Grant(user, self._clock.monotonic() + CODE_LIVES)
        said = {
            "code": code, "state": state, "domain": self.domain, "member_id": self.member_id,
            "scope": ",".join(SCOPES), "server_domain": self.url.partition("://")[2],
        }  # fmt: skip
        return f"{application_url}{'&' if '?' in application_url else '?'}{urlencode(said)}"

    def hand_out(self, user: int = ADMIN) -> Pair:
        """New tokens of a user."""
        pair = Pair(access=self.access_for(user), refresh=self._secret("refresh"))
        self._refresh[pair.refresh] = _Grant(user, self._clock.monotonic() + self.refresh_lives)
        return pair

    def access_for(self, user: int) -> str:
        """A new access token alone, as events carry it."""
        token = self._secret("access")
        self._access[token] = _Grant(user, self._clock.monotonic() + self.lives)
        return token

    def let_in(self, token: str) -> int:
        """The user to whom a token gives access. Raises PortalRefusal."""
        grant = self._access.get(token)
        if not token or grant is None:
            raise PortalRefusal(401, "invalid_token" if token else "NO_AUTH_FOUND", "The authorisation is not valid")
        if grant.ends <= self._clock.monotonic():
            raise PortalRefusal(401, "expired_token", "The access token has ended")
        if grant.user == ADMIN and not self.owner_is_active:
            raise PortalRefusal(401, "user_access_error", "The user has no access to the application")
        return grant.user

    def expire(self) -> None:
        """End all access tokens; refresh tokens still work."""
        self._access = {token: _Grant(grant.user, self._clock.monotonic()) for token, grant in self._access.items()}

    def withdraw(self) -> None:
        """End all tokens, as when the application is removed."""
        for known in (self._access, self._refresh, self._spent, self._codes):
            known.clear()

    def app_info(self) -> Json:
        """The application as ``app.info`` tells it."""
        return {
            "ID": 1, "CODE": self.client_id, "VERSION": 1, "STATUS": "L", "INSTALLED": self.installed,
            "PAYMENT_EXPIRED": "Y" if self._misbehaviour.unpaid else "N", "DAYS": None, "LANGUAGE_ID": "ru",
            "LICENSE": "ru_pro100",
        }  # fmt: skip

    def _secret(self, what: str) -> str:
        made = self._digest(f"{what} {next(self._numbers)}")
        self.secrets.add(made)
        return made

    def _routes(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/oauth/token/", self._token)
        app.router.add_route("*", "/rest/{method}", self._method)
        return app

    async def _token(self, request: web.Request) -> web.StreamResponse:
        params = {**await read_parameters(request), **parsed_query(request.query_string)}
        call = self._noted(TOKEN, params)
        fault = self._misbehaviour
        if fault.spend(fault.lose_before, TOKEN):
            return await cut_off(request)
        if fault.spend(fault.html, TOKEN):
            return page(fault.html_status)
        try:
            answer = self._answered(params)
        except PortalRefusal as refused:
            call.status, call.error = refused.status, refused.code
            return web.json_response(refused.body, status=refused.status)
        await asyncio.sleep(fault.slow.get(TOKEN, 0))
        if fault.spend(fault.lose_after, TOKEN):
            return await cut_off(request)
        call.status = 200
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    async def _method(self, request: web.Request) -> web.StreamResponse:
        params = {**await read_parameters(request), **parsed_query(request.query_string)}
        method = request.match_info["method"].removesuffix(".json").lower()
        call = self._noted(method, params)
        try:
            answer = self._info(method, str(params.get("auth", "")))
        except PortalRefusal as refused:
            call.status, call.error = refused.status, refused.code
            return web.json_response(refused.body, status=refused.status)
        call.status, call.answer = 200, answer
        return web.json_response({"result": answer})

    def _info(self, method: str, token: str) -> Json:
        if method != "app.info":
            raise PortalRefusal(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")
        self.let_in(token)
        return self.app_info()

    def _noted(self, method: str, params: Mapping[str, object]) -> PortalCall:
        self.calls.append(
            PortalCall(method=method, params=without_tokens(params), at=self._clock.now(), context="authority")
        )
        return self.calls[-1]

    def _answered(self, params: Mapping[str, object]) -> Json:
        if refusals := self._misbehaviour.answer_with.get(TOKEN):
            raise PortalRefusal(*refusals.pop(0))
        if params.get("client_id") != self.client_id or params.get("client_secret") != self.client_secret:
            raise PortalRefusal(401, "invalid_client", "The application is not known")
        if self._misbehaviour.unpaid:
            raise PortalRefusal(402, "PAYMENT_REQUIRED", "The subscription has ended")
        match params.get("grant_type"):
            case "authorization_code":
                return self._issued(self._taken(self._codes, str(params.get("code", ""))))
            case "refresh_token":
                return self._issued(self._renewed(str(params.get("refresh_token", ""))))
        raise PortalRefusal(400, "invalid_request", "The kind of grant is not known")

    def _renewed(self, token: str) -> _Grant:
        self.renewals.append(token)
        if token in self._spent and self._misbehaviour.reuse_allowed:
            self._misbehaviour.reuse_allowed -= 1
            return self._spent[token]
        grant = self._taken(self._refresh, token)
        self._spent[token] = grant
        return grant

    def _taken(self, known: dict[str, _Grant], secret: str) -> _Grant:
        grant = known.pop(secret, None)
        if grant is None or grant.ends <= self._clock.monotonic():
            raise PortalRefusal(400, "invalid_grant", "The grant is spent, ended or not known")
        return grant

    def _issued(self, grant: _Grant) -> Json:
        pair = self.hand_out(grant.user)
        return {
            "access_token": pair.access, "refresh_token": pair.refresh, "expires_in": int(self.lives),
            "expires": self._clock.now() // 1000 + int(self.lives), "scope": "app",
            "domain": self.url.partition("://")[2], "server_endpoint": self.server_endpoint,
            "client_endpoint": self.client_endpoint, "member_id": self.member_id, "status": "L",
            "user_id": grant.user,
        }  # fmt: skip
