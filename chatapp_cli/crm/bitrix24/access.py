"""The authorisation server: tokens for a code or an older pair, and whose a token is.

Sources: b24-rest-docs ``settings/oauth/index.md``, ``auto-renewal.md``; providers' sheet §1.2, §1.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec

from chatapp_cli.crm.bitrix24 import errors
from chatapp_cli.crm.bitrix24.record import INSTALLED, OFFER, Installation, Offer, installation
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, OutcomeUnknown, Rejected, Retryable
from chatapp_cli.kit import tokens
from chatapp_cli.kit.http import HttpResponse, network, read
from chatapp_cli.kit.lenient import read_as
from chatapp_cli.kit.records import remembered, written
from chatapp_cli.kit.tokens import ANSWERED_WITHIN, PATIENCE, Granted, GrantRefused, name_of, token_of, undisturbed
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import Clock, World

OTHER_PORTAL: Final = "other_portal"
"""The code of an installation in another portal than the linked one: the numbers of its chats begin anew."""
_LARGEST: Final = 1 << 20


class Issued(msgspec.Struct, frozen=True):
    """An answer with tokens, and whose they are."""

    access_token: str
    refresh_token: str
    expires_in: float = 3600.0
    member_id: str = ""
    client_endpoint: str = ""
    user_id: str = ""

    def __repr__(self) -> str:
        return f"Issued(client_endpoint={self.client_endpoint!r})"

    @property
    def granted(self) -> Granted:
        """Only the tokens."""
        return Granted(access_token=self.access_token, refresh_token=self.refresh_token, expires_in=self.expires_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthServer:
    """Asks the authorisation server that the link names, and no other."""

    http: aiohttp.ClientSession
    url: str
    client_id: str
    client_secret: str = field(repr=False)

    @classmethod
    def of(cls, http: aiohttp.ClientSession, bound: Bound) -> AuthServer:
        """The server of a link."""
        return cls(
            http=http,
            url=bound.settings["auth_server"],
            client_id=bound.settings["client_id"],
            client_secret=bound.secrets["client_secret"],
        )

    async def renew(self, refresh: str) -> Issued:
        """The next pair. Raises GrantRefused; OutcomeUnknown if the answer was lost."""
        return await self._issued(grant_type="refresh_token", refresh_token=refresh)

    async def redeem(self, code: str) -> Issued:
        """A pair for a code, which lives for 30 seconds and works once. Raises like ``renew``."""
        return await self._issued(grant_type="authorization_code", code=code)

    async def about(self, access: str) -> Mapping[str, Any]:
        """What ``app.info`` tells about a token's application and portal. Raises NeedsRebind for a wrong token."""
        with network([access]):
            response = await self._get("/rest/app.info", {"auth": access})
        said = errors.said(response)
        answer, code = said or {}, errors.code_of(said or {})
        if not response.ok or said is None or code:
            words = errors.words_of(answer, [access]) or f"app.info HTTP {response.status}"
            raise errors.refusal(code, words, status=response.status)
        found = answer.get("result")
        return found if isinstance(found, dict) else {}

    async def _issued(self, **grant: str) -> Issued:
        secrets = [self.client_secret, *grant.values()]
        query = {"client_id": self.client_id, "client_secret": self.client_secret, **grant}
        with network(secrets, once=True):
            response = await self._get("/oauth/token/", query)
        if not response.ok:
            raise errors.token_refusal(response, secrets)
        try:
            return read_as(response.body, Issued, lax=True)
        except ValueError:
            raise errors.token_refusal(response, secrets) from None

    async def _get(self, path: str, query: Mapping[str, str]) -> HttpResponse:
        patience = aiohttp.ClientTimeout(total=ANSWERED_WITHIN)
        async with self.http.get(
            self.url + path, params=query, timeout=patience, allow_redirects=False, middlewares=(_unrepeated,)
        ) as response:
            return await read(response, _LARGEST)


async def _unrepeated(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep the library from sending a GET again whose connection broke: a refresh token may work only once."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:  # it never left
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as broken:
        raise aiohttp.ClientPayloadError(type(broken).__name__) from None


async def settle(bound: Bound, server: AuthServer, world: World) -> Installation:
    """The installation that holds, once an offered one is proved with the authorisation server.

    A wrong offer is dropped, and changes nothing if there was an installation before. Several sessions may find one,
    such as that of a command beside the daemon: one asks, and the others wait for its tokens. Raises NeedsRebind if
    there is no installation, or another portal's in place of the one that is linked, and Retryable after a lost answer.
    """
    while offer := await remembered(bound.memory, OFFER, Offer):
        if not (offer.taken and await _is_done(bound, offer, world.clock)):
            await undisturbed(_take(bound, server, offer, world))
    known = await installation(bound)
    if known is None:
        raise NeedsRebind("not_installed")
    return known


async def _is_done(bound: Bound, offer: Offer, clock: Clock) -> bool:
    """Wait until another session has proved an offer; false for one that was probably killed at it."""
    for pause in PATIENCE:
        await clock.sleep(pause)
        if (await bound.memory.known(OFFER)).get(OFFER) != written(offer):
            return True
    return False


async def _take(bound: Bound, server: AuthServer, offer: Offer, world: World) -> None:
    """Prove an offer that nobody else takes, with a note ahead: its tokens work once, and an answer can be lost."""
    doubtful = offer.doubtful or bool(offer.taken)
    mine = msgspec.structs.replace(offer, taken=world.chance.key(), doubtful=doubtful)
    free = msgspec.structs.replace(offer, taken="", doubtful=doubtful)
    if not await bound.memory.swap(OFFER, written(offer), written(mine)):
        return
    known = await installation(bound)
    try:
        await _accepted(bound, server, mine, known, world.clock)
    except OutcomeUnknown as unknown:
        await bound.memory.swap(OFFER, written(mine), written(msgspec.structs.replace(free, doubtful=True)))
        raise Retryable(unknown.code, unknown.detail) from None
    except (NeedsRebind, Rejected) as refused:
        await bound.memory.swap(OFFER, written(mine), "")
        if known is None or refused.code == OTHER_PORTAL:
            raise _named(refused, doubtful=doubtful) from None
    except ChannelError:
        await bound.memory.swap(OFFER, written(mine), written(free))
        raise


def _named(refused: ChannelError, *, doubtful: bool) -> ChannelError:
    """After a lost answer a refusal says nothing about the application: its tokens are spent, and it needs others."""
    lost = doubtful and isinstance(refused, GrantRefused)
    return NeedsRebind("install_lost", refused.detail) if lost else refused


async def _accepted(bound: Bound, server: AuthServer, offer: Offer, known: Installation | None, clock: Clock) -> None:
    issued = await _proved(server, offer)
    moved = issued.client_endpoint or offer.endpoint
    same = known is not None and known.member_id == issued.member_id
    if issued.member_id != offer.member_id or not (same or urlsplit(moved).netloc == bound.account):
        raise NeedsRebind("install_forged")
    if known and not same:
        raise NeedsRebind(OTHER_PORTAL)
    found = Installation(
        member_id=issued.member_id,
        endpoint=moved,
        application_token=offer.application_token or (known.application_token if known else ""),
        owner=issued.user_id or offer.owner,
    )
    token = token_of(issued.granted, clock.now())
    await bound.memory.save({INSTALLED: written(found), name_of(bound): tokens.written(token), OFFER: ""})


async def _proved(server: AuthServer, offer: Offer) -> Issued:
    """The pair of an offer with what the authorisation server says about it. Raises NeedsRebind if it is not ours.

    The documented answer of ``app.info`` names the application, but no portal; a new pair comes with both.
    """
    if offer.code:
        return await server.redeem(offer.code)
    try:
        told = await server.about(offer.access)
    except NeedsRebind:  # it has expired since it came
        return await server.renew(offer.refresh)
    if not belongs(told, server.client_id, offer.member_id):
        raise NeedsRebind("install_forged")
    if not told.get("member_id"):
        return await server.renew(offer.refresh)
    return Issued(
        access_token=offer.access,
        refresh_token=offer.refresh,
        expires_in=offer.expires_in,
        member_id=offer.member_id,
        client_endpoint=str(told.get("client_endpoint") or ""),
        user_id=offer.owner,
    )


def belongs(told: Mapping[str, Any], client_id: str, member_id: str) -> bool:
    """Whether ``app.info`` names this application, and no other portal."""
    application = str(told.get("client_id") or told.get("CODE") or "")
    return application == client_id and (told.get("member_id") or member_id) == member_id
