"""Tokens of an account: for a code, for an older pair, or one that lives for long; and whose they are.

Source: providers' sheet §4.1, addendum C2.
"""

from __future__ import annotations

import base64
import binascii
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec

from chatapp_cli.crm.amocrm import errors
from chatapp_cli.crm.amocrm.hosts import is_account
from chatapp_cli.crm.amocrm.record import (
    HELD,
    OFFER,
    MadeIntegration,
    OfferedCode,
    held,
    integration,
)
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, OutcomeUnknown, Rejected, Retryable
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit import records, tokens
from chatapp_cli.kit.http import network, read
from chatapp_cli.kit.lenient import read_as
from chatapp_cli.kit.records import remembered, written
from chatapp_cli.kit.rotation import Rotation
from chatapp_cli.kit.tokens import (
    ANSWERED_WITHIN,
    PATIENCE,
    AccessToken,
    Granted,
    GrantRefused,
    Tokens,
    name_of,
    token_of,
    undisturbed,
)
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import Clock, World

WAY: Final = "way"
TOKEN: Final = "token"  # noqa: S105 - the name of an answer
"""The answer to how an account is linked, and the name of the secret."""
SUBDOMAIN: Final = "/oauth2/account/current/subdomain"


class AccessClaims(msgspec.Struct, frozen=True):
    """What an access token tells about itself; read for information, its signature is the account's business."""

    exp: float
    account_id: int = 0
    api_domain: str = ""
    aud: str = ""
    """The id of the integration."""


def claims_of(token: str) -> AccessClaims:
    """The claims of a token. Raises ValueError for a text that is none."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - head, claims, signature
        raise ValueError("no token with claims")
    try:
        raw = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
    except binascii.Error as error:
        raise ValueError("no token with claims") from error
    return read_as(raw, AccessClaims, lax=True)


def _account_of(token: str) -> int:
    """The number of the account whose token it is; 0 if it does not tell."""
    try:
        return claims_of(token).account_id
    except ValueError:
        return 0


def of_integration(token: str) -> str:
    """The id of the integration that a long-lived token belongs to; empty if it does not tell."""
    try:
        return claims_of(token).aud
    except ValueError:
        return ""


def ends_at(token: str) -> Millis:
    """When a long-lived token ends; 0 if it does not tell."""
    try:
        return int(claims_of(token).exp * 1000)
    except (ValueError, OverflowError):
        return 0


def is_long_lived(bound: Bound) -> bool:
    """Whether a link has a long-lived token, which is never renewed."""
    return bound.settings.get(WAY) == TOKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenServer:
    """Asks an account's own host for tokens, and no other."""

    http: aiohttp.ClientSession
    origin: str
    keys: MadeIntegration
    redirect_uri: str
    clock: Clock = field(repr=False)

    async def redeem(self, code: str) -> Granted:
        """A pair for a code, which lives for 20 minutes and works once. Raises GrantRefused; OutcomeUnknown."""
        return await self._granted(grant_type="authorization_code", code=code)

    async def renew(self, spent: str) -> Granted:
        """The next pair; the spent one is dead with it. Raises GrantRefused; OutcomeUnknown if the answer was lost."""
        granted = await self._granted(grant_type="refresh_token", refresh_token=spent)
        if not granted.refresh_token:
            raise OutcomeUnknown("strange_answer", "token")
        return granted

    async def moved_to(self, token: AccessToken) -> str:
        """Where a renamed account is now (providers' sheet §4.1); empty if nobody tells it.

        The refresh token goes only to a host of the vendor, which the access token names.
        """
        scheme = urlsplit(self.origin).scheme
        try:
            there = f"{scheme}://{claims_of(token.access).api_domain}"
        except ValueError:
            return ""
        if not is_account(there):
            return ""
        headers = {"X-Refresh-Token": token.refresh}
        with network([token.refresh]):
            async with self.http.get(f"{there}{SUBDOMAIN}", headers=headers, allow_redirects=False) as response:
                answer = await read(response)
        if errors.is_page(answer):
            raise errors.refusal(answer, now=self.clock.now(), secrets=[token.refresh])
        said = errors.said(answer)
        domain = said.get("domain") if answer.ok and isinstance(said, dict) else None
        found = f"{scheme}://{domain}" if isinstance(domain, str) else ""
        return found if found and is_account(found) else ""

    async def _granted(self, **grant: str) -> Granted:
        secrets = [self.keys.client_secret, *grant.values()]
        asked = {
            "client_id": self.keys.client_id,
            "client_secret": self.keys.client_secret,
            "redirect_uri": self.redirect_uri,
            **grant,
        }
        patience = aiohttp.ClientTimeout(total=ANSWERED_WITHIN)
        headers = {"Content-Type": "application/json"}
        with network(secrets, once=True):
            async with self.http.post(
                f"{self.origin}/oauth2/access_token",
                data=msgspec.json.encode(asked),
                headers=headers,
                timeout=patience,
                allow_redirects=False,
            ) as response:
                answer = await read(response)
        try:
            if answer.ok:
                return read_as(answer.body, Granted, lax=True)
        except ValueError:
            pass
        raise errors.token_refusal(answer, self.clock.now(), secrets)


class Bearer(ABC):
    """The token that calls are made with."""

    @abstractmethod
    async def present(self) -> AccessToken:
        """The token as it is now."""

    @abstractmethod
    async def another(self, refused: AccessToken) -> AccessToken:
        """One in place of a refused one. Raises NeedsRebind if there is none."""

    @abstractmethod
    async def where(self, token: AccessToken) -> str:
        """Where the account is now that does not answer at its address; empty if that cannot be found out."""

    @abstractmethod
    async def aclose(self) -> None:
        """Wait for a running renewal."""


class LongLived(Bearer):
    """A token that an administrator made for years."""

    def __init__(self, token: str) -> None:
        self._token = AccessToken(access=token, refresh="", at=0, until=ends_at(token))

    async def present(self) -> AccessToken:
        """The token."""
        return self._token

    async def another(self, refused: AccessToken) -> AccessToken:  # noqa: ARG002 - there is only one
        """There is none. Raises NeedsRebind."""
        raise NeedsRebind("token_refused")

    async def where(self, token: AccessToken) -> str:  # noqa: ARG002 - see below
        """Nothing: only a refresh token finds that out."""
        return ""

    async def aclose(self) -> None:
        """There is nothing to wait for."""


class Rotated(Bearer):
    """The pair of an integration: its refresh token works once, and the next is stored before it is used."""

    def __init__(self, bound: Bound, token: AccessToken, server: TokenServer, world: World) -> None:
        with_token = replace(bound, secrets={**bound.secrets, "token": tokens.written(token)})
        self._server, self._first = server, token
        self._tokens = Tokens(with_token, Rotation(self._renewal, with_token, world), world.clock)

    async def _renewal(self, spent: str) -> Granted:
        """Renew, also where the account has moved to: there only for tokens of the same account."""
        try:
            return await self._server.renew(spent)
        except errors.NotHere as away:
            there = await self._server.moved_to(msgspec.structs.replace(self._first, refresh=spent))
            if there == self._server.origin:
                raise OutcomeUnknown("strange_answer", away.detail) from None
            if not there:
                raise
        granted = await replace(self._server, origin=there).renew(spent)
        if _account_of(granted.access_token) != _account_of(self._first.access):
            raise GrantRefused("other_account", there)
        self._server = replace(self._server, origin=there)
        return granted

    async def present(self) -> AccessToken:
        """The token, renewed before it ends."""
        return await self._tokens.present()

    async def another(self, refused: AccessToken) -> AccessToken:
        """The next one."""
        return await self._tokens.another(refused)

    async def where(self, token: AccessToken) -> str:
        """Ask the vendor, at the host that the token names, where the account is; renewals go there from now on."""
        found = await self._server.moved_to(token)
        if found:
            self._server = replace(self._server, origin=found)
        return found

    async def aclose(self) -> None:
        """Wait for a running renewal: its answer must not be lost."""
        await self._tokens.aclose()


async def bearer(bound: Bound, http: aiohttp.ClientSession, world: World) -> Bearer:
    """What a link's calls are made with, once a code that came is redeemed. Raises NeedsRebind."""
    if is_long_lived(bound):
        return LongLived(bound.secrets[TOKEN])
    server = await _server(bound, http, world.clock)
    await _redeem_offer(bound, server)
    token = await records.token(bound)
    if token is None:
        raise NeedsRebind("not_allowed_yet")
    return Rotated(bound, token, server, world)


async def _server(bound: Bound, http: aiohttp.ClientSession, clock: Clock) -> TokenServer:
    keys = await integration(bound)
    if keys is None:
        raise NeedsRebind("not_allowed_yet")
    known = await held(bound)
    origin = known.origin if known else bound.settings["account"]
    if not is_account(origin):
        raise NeedsRebind("not_allowed_yet", origin)
    uri = bound.settings["redirect_uri"]
    return TokenServer(http=http, origin=origin, keys=keys, redirect_uri=uri, clock=clock)


async def _redeem_offer(bound: Bound, server: TokenServer) -> None:
    """Redeem a code that came, once: a refused one is dropped, and what held before goes on.

    Several sessions may find it, such as one that is just being replaced: the others wait for its tokens.
    """
    offer = await remembered(bound.memory, OFFER, OfferedCode)
    if offer is None:
        return
    taken = msgspec.structs.replace(offer, taken=True)
    if offer.taken or not await undisturbed(_take(bound, server, offer, taken)):
        await _await_redemption(bound, taken, server.clock)


async def _take(bound: Bound, server: TokenServer, offer: OfferedCode, taken: OfferedCode) -> bool:
    """Redeem a code that nobody else takes; false if somebody does."""
    if not await bound.memory.swap(OFFER, written(offer), written(taken)):
        return False
    try:
        await _redeemed(bound, server, offer)
    except Retryable:  # it never left
        await bound.memory.swap(OFFER, written(taken), written(offer))
        raise
    except ChannelError as error:
        await bound.memory.swap(OFFER, written(taken), "")
        if await records.token(bound) is None:
            raise _ended(error) from None
    return True


async def _await_redemption(bound: Bound, taken: OfferedCode, clock: Clock) -> None:
    """Wait for the session that redeems a code; one that was killed meanwhile has lost it. Raises NeedsRebind."""
    for pause in PATIENCE:
        await clock.sleep(pause)
        if (await bound.memory.known(OFFER)).get(OFFER) != written(taken):
            return
    await bound.memory.swap(OFFER, written(taken), "")
    if await records.token(bound) is None:
        raise NeedsRebind("code_refused")


def _ended(error: ChannelError) -> ChannelError:
    """A code works once: after a lost answer a person has to allow the integration again."""
    return error if isinstance(error, NeedsRebind) else NeedsRebind("code_refused", error.detail)


async def _redeemed(bound: Bound, server: TokenServer, offer: OfferedCode) -> None:
    granted = await server.redeem(offer.code)
    token = token_of(granted, server.clock.now())
    known = await held(bound)
    doubted = "" if known is None else written(msgspec.structs.replace(known, doubtful=True))
    await bound.memory.save({name_of(bound): tokens.written(token), HELD: doubted, OFFER: ""})


def account_in(answer: Any) -> int:
    """The number in an answer about the account. Raises Rejected for another answer."""
    number = answer.get("id") if isinstance(answer, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise Rejected("strange_answer", "account")
    return number
