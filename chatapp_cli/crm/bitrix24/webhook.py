"""Calls by an incoming webhook alone: an address with a secret, which an employee makes for themselves.

It may call ``crm`` and ``user``, and nothing that needs an application: those calls are refused with WRONG_AUTH_TYPE.
Sources: b24-rest-docs ``local-integrations/local-webhooks.md``; providers' sheet §0, §1.1.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import msgspec

from chatapp_cli.crm.bitrix24 import errors
from chatapp_cli.crm.bitrix24.bind import portal_of
from chatapp_cli.crm.bitrix24.calls import AGAIN, LARGEST, PATIENCE, PROOF, Answer, MethodCalls
from chatapp_cli.crm.bitrix24.record import mark_of
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_
from chatapp_cli.kit.http import HttpResponse, network, open_session, read
from chatapp_cli.kit.pace import Urgency
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World

WAY: Final = "way"
LITE: Final = "webhook"
"""The answer to how a portal is linked, and the name of the secret address."""
_SHAPE: Final = re.compile(r"/rest/(\d+)/([\w-]+)/?(?:profile(?:\.json)?/?)?")


def is_lite(bound: Bound) -> bool:
    """Whether a link has a webhook alone."""
    return bound.settings.get(WAY) == LITE


class WebhookApi(MethodCalls):
    """Calls for one webhook."""

    def __init__(self, http: aiohttp.ClientSession, address: str, world: World) -> None:
        super().__init__(world)
        self._http, self._address = http, address
        self._secrets = (address, urlsplit(address).path.rstrip("/").rpartition("/")[2])

    @property
    def origin(self) -> str:
        """The portal's address, without a slash at its end."""
        parts = urlsplit(self._address)
        return f"{parts.scheme}://{parts.netloc}"

    async def _answer(self, method: str, params: Answer, urgency: Urgency, *, once: bool = False) -> Answer:
        self._parking.require_free(method)
        full = 0
        while True:
            await self._bucket.enter(urgency)
            response = await self._attempt(method, params, once=once)
            said = errors.said(response)
            code = errors.code_of(said or {})
            if response.ok and said is not None and not code:
                self._parking.heed(method, said.get("time"))
                return said
            if code != errors.TOO_MANY or full >= AGAIN:
                error = self._failed(method, response, said, once=once, secrets=self._secrets)
                raise await self._blamed(method, self._named(code, error))
            full += 1
            self._bucket.overflowed()
            await self._world.clock.sleep(self._world.chance.between(errors.PAUSE / 2, errors.PAUSE))

    async def _attempt(self, method: str, params: Answer, *, once: bool) -> HttpResponse:
        self.calls += 1
        headers = {"Content-Type": "application/json"}
        with network(self._secrets, once=once):
            url = f"{self._address}{method}"
            body = msgspec.json.encode(params)
            async with self._http.post(url, data=body, headers=headers, allow_redirects=False) as response:
                return await read(response, LARGEST)

    def _named(self, code: str, error: ChannelError) -> ChannelError:
        """A webhook that is gone answers as if a right were lacking."""
        gone = code in {"invalid_credentials", "no_auth_found"}
        return NeedsRebind("webhook_refused", error.detail) if gone else error


@asynccontextmanager
async def opened(bound: Bound, world: World) -> AsyncIterator[WebhookApi]:
    """The calls of a link."""
    async with open_session(total=PATIENCE) as http:
        api = WebhookApi(http, bound.secrets[LITE], world)
        try:
            yield api
        finally:
            await api.aclose()


async def bound_by(values: Mapping[str, str], world: World, previous: Bound | None, hook_key: str) -> Bound:
    """The link of a webhook, once the portal has answered it. Raises UsageError."""
    address = _address(values.get(LITE, ""))
    account = urlsplit(address).netloc
    if previous and previous.account != account:
        raise UsageError(
            T("This link belongs to {name}. Link the other portal as one of its own.", name=previous.account),
            field=LITE,
        )
    kept = previous.secrets if previous else {}
    found = Bound(
        account=account,
        title=account,
        settings={WAY: LITE},
        secrets={LITE: address, "mark": mark_of(kept, hook_key)},
        facts={N_("Portal"): account},
        hook_key=hook_key,
    )
    await _prove(found, world)
    return found


async def _prove(bound: Bound, world: World) -> None:
    """Have the portal answer, and see that the webhook may use the CRM."""
    async with opened(bound, world) as api:
        try:
            rights = await api.call(PROOF)
        except NeedsRebind as error:
            raise UsageError(T("Bitrix24 does not know this webhook."), field=LITE) from error
    if isinstance(rights, list) and "crm" not in rights:
        raise UsageError(T("The webhook lacks the right crm: tick it there."), field=LITE)


def _address(said: str) -> str:
    """The webhook's address with a slash at its end, for what the portal shows. Raises UsageError."""
    said = said.strip()
    found = _SHAPE.fullmatch(urlsplit(said).path) if "://" in said else None
    if found is None:
        raise UsageError(T("An address like https://company.bitrix24.ru/rest/1/secret/ is needed."), field=LITE)
    try:
        return f"{portal_of(said)}/rest/{found[1]}/{found[2]}/"
    except UsageError as error:
        raise UsageError(error.what, error.next_step, field=LITE) from None
