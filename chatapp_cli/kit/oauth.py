"""Access to an account by OAuth 2.0: a code that a person enters on a page (RFC 8628) or brings from one (RFC 8252)."""

from __future__ import annotations

import base64
import hashlib
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar
from urllib.parse import urlencode

import aiohttp
import msgspec

from chatapp_cli.domain.errors import ChannelError, Misconfigured, OutcomeUnknown, Retryable
from chatapp_cli.kit.http import HttpResponse, network, open_session, read, veil
from chatapp_cli.kit.lenient import read_as
from chatapp_cli.kit.tokens import ANSWERED_WITHIN, Granted, GrantRefused
from chatapp_cli.ports.world import Clock

R = TypeVar("R")

DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
SLOWER: Final = 5.0
"""Seconds that ``slow_down`` adds to every further pause (RFC 8628, 3.5)."""
_QUICKEST: Final = 1.0
_FAILURES: Final = 3
"""How many questions in a row may fail while a person is waited for."""
_LONGEST: Final = 3600.0
"""The longest plausible life of a device code in seconds."""
_TOKEN: Final = re.compile(r"[\x20-\x7e]+")
"""RFC 6749, A.12."""
_WORDS: Final = 300
_SERVER: Final = 500
_BUSY: Final = 429


class Pending(ChannelError):
    """The person has not answered on the page yet; ``slower`` asks for longer pauses."""

    def __init__(self, *, slower: bool) -> None:
        super().__init__("authorization_pending")
        self.slower = slower


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered client and the addresses of its provider; ``""`` where the provider has none."""

    client_id: str
    client_secret: str = field(default="", repr=False)
    token_url: str
    device_url: str = ""
    auth_url: str = ""
    redirect_url: str = ""
    scope: str = ""
    asks_also: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What else the page of consent wants to be told."""
    device_grant: str = DEVICE_GRANT
    device_code: str = "device_code"
    """The field of the token endpoint that bears a device code."""
    trust: ssl.SSLContext | None = field(default=None, repr=False, compare=False)

    async def renew(self, refresh: str) -> Granted:
        """New tokens for a refresh token. Raises GrantRefused; OutcomeUnknown if an answer may have been lost."""
        granted = await self._ask(grant_type="refresh_token", refresh_token=refresh)
        return granted if granted.refresh_token else msgspec.structs.replace(granted, refresh_token=refresh)

    async def redeem(self, code: str, verifier: str) -> Granted:
        """Tokens for the code that a person brought from the page of consent. Raises GrantRefused."""
        return await self._ask(
            grant_type="authorization_code", code=code, redirect_uri=self.redirect_url, code_verifier=verifier
        )

    def page(self, *, state: str, verifier: str) -> str:
        """The address of the page of consent; ``verifier`` is a secret that proves who redeems the code (RFC 7636)."""
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_url,
            "scope": self.scope,
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **self.asks_also,
        }
        return f"{self.auth_url}?{urlencode(query)}"

    async def begin(self) -> DeviceCode:
        """A code for a person to enter. Raises Misconfigured if the provider does not know the client."""
        answer = await self._post(self.device_url, {"client_id": self.client_id, "scope": self.scope})
        return _read(answer, DeviceCode)

    async def wait(self, device: DeviceCode, clock: Clock) -> Granted:
        """Tokens, once the person has entered the code and agreed. Raises GrantRefused if they did not."""
        pause, failures = max(device.interval, _QUICKEST), 0
        ends = clock.monotonic() + min(device.expires_in, _LONGEST)
        while clock.monotonic() + pause <= ends:
            await clock.sleep(pause)
            try:
                return await self._ask(**{"grant_type": self.device_grant, self.device_code: device.device_code})
            except Pending as pending:
                pause, failures = pause + (SLOWER if pending.slower else 0), 0
            except (OutcomeUnknown, Retryable):
                failures += 1
                if failures >= _FAILURES:
                    raise
                pause *= 2  # RFC 8628, 3.5: wait longer where the server does not answer
        raise GrantRefused("code_expired")

    async def _ask(self, **grant: str) -> Granted:
        secret = {"client_secret": self.client_secret} if self.client_secret else {}
        granted = _read(await self._post(self.token_url, {"client_id": self.client_id, **secret, **grant}), Granted)
        if not _TOKEN.fullmatch(granted.access_token):
            raise OutcomeUnknown("authorisation_away", "strange answer")
        return granted

    async def _post(self, url: str, form: Mapping[str, str]) -> HttpResponse:
        secrets = [self.client_secret, *(value for name, value in form.items() if name in _SECRET)]
        try:
            with network(secrets, once=True):
                async with open_session(total=ANSWERED_WITHIN) as http:
                    return await self._sent(http, url, form, secrets)
        except Misconfigured:
            raise Misconfigured("client_refused", url, field="token_url") from None
        except (Retryable, OutcomeUnknown) as error:  # the request never left; its answer may have been lost
            raise type(error)("authorisation_away", error.detail or error.code) from None

    async def _sent(
        self, http: aiohttp.ClientSession, url: str, form: Mapping[str, str], secrets: list[str]
    ) -> HttpResponse:
        trust = True if self.trust is None else self.trust
        headers = {"Accept": "application/json"}
        async with http.post(url, data=form, headers=headers, allow_redirects=False, ssl=trust) as response:
            answer = await read(response)
        if not answer.ok:
            raise _refusal(answer, secrets)
        return answer


_SECRET: Final = frozenset({"code", "code_verifier", "device_code", "refresh_token"})


class DeviceCode(msgspec.Struct, frozen=True):
    """What a device asks a person to do; times in seconds. Yandex says ``verification_url``."""

    device_code: str
    user_code: str
    verification_uri: str = ""
    verification_url: str = ""
    expires_in: float = 600
    interval: float = 5

    def __repr__(self) -> str:
        return f"DeviceCode(user_code={self.user_code!r})"

    @property
    def page(self) -> str:
        """The address of the page that wants the code."""
        return self.verification_uri or self.verification_url


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""
    error_description: str = ""


_REFUSALS: Final[Mapping[str, Callable[[str], ChannelError]]] = {
    "authorization_pending": lambda _: Pending(slower=False),
    "slow_down": lambda _: Pending(slower=True),
    **dict.fromkeys(("access_denied", "authorization_declined"), partial(GrantRefused, "access_denied")),
    **dict.fromkeys(("expired_token", "bad_verification_code"), partial(GrantRefused, "code_expired")),
    **dict.fromkeys(
        ("invalid_grant", "interaction_required", "consent_required", "login_required"),
        partial(GrantRefused, "access_ended"),
    ),
    "temporarily_unavailable": partial(Retryable, "authorisation_away"),
}
"""By the word of RFC 6749, 5.2, RFC 8628, 3.5, OpenID Connect Core, 3.1.2.6, and those of Microsoft and Yandex."""


def _refusal(answer: HttpResponse, secrets: list[str]) -> ChannelError:
    """The error for an answer other than 2xx. After a fault of the server nobody knows what it has done.

    One without a word of RFC 6749, 5.2 is not the token endpoint's, such as the page of a filter in between.
    """
    said = _said(answer)
    words = veil(said.error_description or said.error or f"HTTP {answer.status}", secrets)[:_WORDS]
    if answer.status >= _SERVER:
        return OutcomeUnknown("authorisation_away", words)
    if answer.status == _BUSY:
        return Retryable("authorisation_away", words)
    if not said.error:
        return OutcomeUnknown("authorisation_away", words)
    return _REFUSALS.get(said.error, partial(Misconfigured, "client_refused", field="client_id"))(words)


def _said(answer: HttpResponse) -> _Refusal:
    try:
        return read_as(answer.body, _Refusal, lax=True)
    except ValueError:
        return _Refusal()


def _read(answer: HttpResponse, kind: type[R]) -> R:
    try:
        return read_as(answer.body, kind, lax=True)
    except ValueError:
        raise OutcomeUnknown("authorisation_away", "strange answer") from None
