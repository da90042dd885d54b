"""An authorisation server as strict as the providers': device codes, PKCE, tokens that end, refresh tokens used once.

RFC 6749, 7636 and 8628; a refresh token that comes twice ends the login (RFC 9700, 4.14.2).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from chatapp_cli.sandbox.serving import HttpSandbox

CLIENT_ID: Final = "client-of-the-desk"
CLIENT_SECRET: Final = "secret-of-the-client"
SCOPE: Final = "mail.read mail.send"
REDIRECT_URL: Final = "http://127.0.0.1"
DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
HOUR: Final = 3600.0
_SLOWER: Final = 5.0
_SHORTEST: Final = 43
"""Characters of a verifier (RFC 7636, 4.1)."""


class Refusal(Exception):
    """An error answer of the token endpoint."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.status = error, status


@dataclass(slots=True)
class _Device:
    """A device that waits for a person."""

    user_code: str
    ends: float
    told: float
    """Seconds between questions, as far as the device knows."""
    interval: float
    """The same, as the server wants it."""
    asked_at: float
    owner: str | None = None
    """Who allowed access; empty if they refused."""


@dataclass(frozen=True, slots=True)
class _Code:
    """A code that the page of consent gave out."""

    owner: str
    challenge: str
    redirect_url: str
    ends: float


@dataclass(slots=True)
class _Login:
    """What one consent gives access to."""

    owner: str
    refresh: str = ""
    access: dict[str, float] = field(default_factory=dict)


class AuthorisationServer(HttpSandbox):
    """Gives access to the mailboxes of ``owner``."""

    def __init__(self, owner: str, *, now: Callable[[], float] = time.monotonic, secret: str = CLIENT_SECRET) -> None:
        """``now`` is in seconds; an empty ``secret`` is a public client."""
        super().__init__(cancels=True)
        self.owner, self.secret, self._now = owner, secret, now
        self.lives = HOUR
        """The lifetime of a new access token in seconds."""
        self.interval = 1.0
        """Seconds between questions that a device is told to wait."""
        self.pace = 0.0
        """Seconds that it has to wait, if they are more."""
        self.too_soon = 0
        """How often a device did not wait long enough."""
        self.rotates = True
        """Whether a refresh token works once, as at Yandex; Google keeps its tokens."""
        self.losses = 0
        """How many answers to renewals are still to be lost after they took effect."""
        self.faults = 0
        """How many requests are still to be answered by an error of the server."""
        self.renewals: list[str] = []
        """The refresh tokens that came, in order."""
        self.agrees = True
        """Whether the owner allows access when the page of consent is opened."""
        self.attended = True
        """Whether somebody enters each device's code at once."""
        self._numbers = itertools.count(1)
        self._devices: dict[str, _Device] = {}
        self._codes: dict[str, _Code] = {}
        self._logins: list[_Login] = []
        self._used: dict[str, _Login] = {}

    def _routes(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/device", self._answer(self._begin_device))
        app.router.add_post("/token", self._answer(self._token))
        app.router.add_get("/authorize", self._consent)
        app.router.add_post("/introspect", self._introspect)
        return app

    @property
    def answers(self) -> Mapping[str, str]:
        """The answers for binding a mailbox by it."""
        return {
            "login_by": "oauth", "client_id": CLIENT_ID, "client_secret": self.secret, "scope": SCOPE,
            "token_url": f"{self.url}/token", "device_url": f"{self.url}/device", "auth_url": f"{self.url}/authorize",
        }  # fmt: skip

    def enter(self, user_code: str, owner: str = "", *, agrees: bool = True) -> None:
        """A person enters a code on the page for devices, and allows or refuses access."""
        for device in self._devices.values():
            if device.user_code == user_code:
                device.owner = (owner or self.owner) if agrees else ""

    async def open(self, page: str) -> str:
        """A person opens the page of consent; returns the address at which the browser ends."""
        async with aiohttp.ClientSession() as browser, browser.get(page, allow_redirects=False) as answer:
            answer.raise_for_status()
            return answer.headers["Location"]

    def accepts(self, owner: str, token: str) -> bool:
        """Whether a token gives access to this mailbox now."""
        return any(one.owner == owner and one.access.get(token, 0.0) > self._now() for one in self._logins)

    def expire(self) -> None:
        """All access tokens end; refresh tokens still work."""
        for login in self._logins:
            login.access.clear()

    def withdraw(self) -> None:
        """The owner withdraws the access."""
        self._logins.clear()
        self._used.clear()

    def _answer(self, act: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            form = {name: str(value) for name, value in (await request.post()).items()}
            try:
                self._stumble()
                self._identify(form)
                answer = act(form)
            except Refusal as refusal:
                said = {"error": refusal.error, "error_description": f"Refused: {refusal.error}"}
                return web.json_response(said, status=refusal.status)
            if self.losses and form.get("grant_type") == "refresh_token":
                self.losses -= 1
                assert request.transport is not None
                request.transport.abort()
                await asyncio.sleep(0)
            return web.json_response(answer, headers={"Cache-Control": "no-store"})

        return handle

    def _stumble(self) -> None:
        if self.faults:
            self.faults -= 1
            raise Refusal("server_error", 503)

    def _identify(self, form: Mapping[str, str]) -> None:
        secret = form.get("client_secret", "")
        is_device_start = "grant_type" not in form  # no provider wants the secret there
        if form.get("client_id") != CLIENT_ID or (secret != self.secret and not is_device_start):
            raise Refusal("invalid_client", 401)

    def _begin_device(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        if form.get("scope") != SCOPE:
            raise Refusal("invalid_scope")
        number = next(self._numbers)
        pace = max(self.interval, self.pace)
        device = _Device(f"DESK-{number:04d}", self._now() + 600, self.interval, pace, self._now())
        device.owner = self.owner if self.attended else None
        self._devices[f"device-{number}"] = device
        return {
            "device_code": f"device-{number}", "user_code": device.user_code, "expires_in": 600,
            "verification_uri": f"{self.url}/device", "interval": self.interval,
        }  # fmt: skip

    async def _consent(self, request: web.Request) -> web.Response:
        query = request.query
        usual = {"response_type": "code", "client_id": CLIENT_ID, "redirect_uri": REDIRECT_URL, "scope": SCOPE}
        wrong = [name for name, value in usual.items() if query.get(name) != value]
        if wrong or query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
            return web.Response(status=400, text=f"wrong: {wrong}")
        said = {"error": "access_denied"}
        if self.agrees:
            code = f"code-{next(self._numbers)}"
            self._codes[code] = _Code(self.owner, query["code_challenge"], REDIRECT_URL, self._now() + 60)
            said = {"code": code}
        where = f"{REDIRECT_URL}/?{urlencode({**said, 'state': query.get('state', '')})}"
        return web.Response(status=302, headers={"Location": where})

    async def _introspect(self, request: web.Request) -> web.Response:
        """What a mail server asks about a token (RFC 7662)."""
        token = str((await request.post()).get("token", ""))
        owner = next((one.owner for one in self._logins if self.accepts(one.owner, token)), "")
        return web.json_response({"active": True, "username": owner} if owner else {"active": False})

    def _token(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        match form.get("grant_type"):
            case "refresh_token":
                return self._renew(form.get("refresh_token", ""))
            case "authorization_code":
                return self._redeem(form)
            case grant if grant == DEVICE_GRANT:
                return self._ask_device(form.get("device_code", ""))
        raise Refusal("unsupported_grant_type")

    def _ask_device(self, code: str) -> Mapping[str, Any]:
        device = self._devices.get(code)
        if device is None:
            raise Refusal("invalid_grant")
        too_soon = self._now() - device.asked_at < device.interval
        device.asked_at = self._now()
        if self._now() >= device.ends:
            raise Refusal("expired_token")
        if too_soon:
            self.too_soon += 1
            device.told += _SLOWER
            device.interval = max(device.interval, device.told)
            raise Refusal("slow_down")
        if device.owner is None:
            raise Refusal("authorization_pending")
        del self._devices[code]
        if not device.owner:
            raise Refusal("access_denied")
        return self._issued(self._login(device.owner))

    def _redeem(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        code = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if code is None or code.ends <= self._now() or challenge != code.challenge:
            raise Refusal("invalid_grant")
        if form.get("redirect_uri") != code.redirect_url or len(form["code_verifier"]) < _SHORTEST:
            raise Refusal("invalid_grant")
        return self._issued(self._login(code.owner))

    def _login(self, owner: str) -> _Login:
        login = _Login(owner)
        self._logins.append(login)
        return login

    def _renew(self, refresh: str) -> Mapping[str, Any]:
        self.renewals.append(refresh)
        login = next((one for one in self._logins if refresh and one.refresh == refresh), None)
        if login is None:
            if stolen := self._used.get(refresh):
                stolen.refresh = ""
                stolen.access.clear()
            raise Refusal("invalid_grant")
        return self._issued(login)

    def _issued(self, login: _Login) -> Mapping[str, Any]:
        number = next(self._numbers)
        token = f"access-{number}-of-the-miniature"
        login.access[token] = self._now() + self.lives
        if self.rotates or not login.refresh:
            self._used[login.refresh] = login
            login.refresh = f"refresh-{number}-of-the-miniature"
        return {
            "access_token": token, "token_type": "Bearer", "expires_in": self.lives, "scope": SCOPE,
            "refresh_token": login.refresh,
        }  # fmt: skip
