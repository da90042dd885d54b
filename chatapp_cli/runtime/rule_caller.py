"""Tells other programs what rules want them told: a signed POST each, repeated while it is not taken for sure.

Calls are signed by Standard Webhooks 1.0.0 (standardwebhooks.com), whose ``webhook-id`` is the same at each attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from chatapp_cli.domain.automation import PlannedState
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, RateLimited, Retryable
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.http import HttpResponse, network, open_session, read, verdict
from chatapp_cli.kit.outside import INSIDE, require_outside
from chatapp_cli.kit.signatures import new_secret, sign
from chatapp_cli.runtime.carrier import Carrier
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.verdicts import VerdictJob, VerdictWriter
from chatapp_cli.services import auto_addresses, auto_calls
from chatapp_cli.services.auto_calls import AutoCall
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    import aiohttp

log = structlog.get_logger()

AT_ONCE: Final = 8
DEADLINE: Final = 15.0
"""Seconds within which a program has to answer."""
_CONNECT: Final = 5.0
_IDLE: Final = 3600.0
"""Seconds between looks at an empty queue: what fills it wakes the carrier."""
_HEADERS: Final = {"Content-Type": "application/json", "Connection": "close"}


class RuleCaller:
    """The queue of calls: ``carrier.Queue``."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._company = store.company
        self._verdicts = VerdictWriter(store, log)
        self._carrier: Carrier[AutoCall] = Carrier(store, self._verdicts, log, at_once=AT_ONCE, empty_nap=_IDLE)

    def wake(self) -> None:
        """There may be something to call."""
        self._carrier.wake()

    async def run(self) -> None:
        """Call until cancelled."""
        await self._store.write(auto_calls.recover)
        async with AsyncExitStack() as stack:
            open_ = partial(open_session, connect=_CONNECT, total=DEADLINE)
            self._here = await stack.enter_async_context(open_())
            self._outside = await stack.enter_async_context(open_(outside=True))
            await self._carrier.run(self, self._ready)

    async def _ready(self) -> int:
        return AT_ONCE

    def claim(self, tx: Tx, n: int) -> Sequence[AutoCall]:
        """Take the first calls that are due."""
        return auto_calls.claim(tx, n, self._company.vault, partial(new_secret, self._company.world.chance))

    async def carry(self, item: AutoCall) -> None:
        """Make a call, and write how it fared."""
        await self._verdicts.record(await self._judged(item))

    async def _judged(self, call: AutoCall) -> VerdictJob:
        where = auto_addresses.origin(call.url)
        try:
            response = await self._post(call)
            if not response.ok:
                raise verdict(response, f"HTTP {response.status}", now=self._company.world.clock.now())
        except OutcomeUnknown as error:
            why = T("{host} may have taken it: {why}", host=where, why=error.said or error.code)
            return partial(auto_calls.again, call=call, why=why)
        except RateLimited as error:
            return partial(auto_calls.again, call=call, why=_not_taken(where, error), wait=error.retry_after)
        except Retryable as error:
            return partial(auto_calls.again, call=call, why=_not_taken(where, error))
        except ChannelError as error:
            words = _not_taken(where, error)
            return partial(auto_calls.end, act=call.act, state=PlannedState.FAILED, words=words)
        words = T("{host} has taken it", host=where)
        return partial(auto_calls.end, act=call.act, state=PlannedState.DONE, words=words)

    async def _post(self, call: AutoCall) -> HttpResponse:
        """Post it and no further: an answer that leads elsewhere is an error. Raises ChannelError."""
        headers = sign([call.secret], id=call.delivery, at=self._company.world.clock.now(), body=call.body)
        body = call.body.encode()
        with network([call.secret, call.url], once=True):
            session = await self._session(call.url)
            post = session.post(call.url, data=body, headers={**headers, **_HEADERS}, allow_redirects=False)
            async with post as response:
                return await read(response)

    async def _session(self, url: str) -> aiohttp.ClientSession:
        """The session for an address: only this machine itself and named hosts may be inside. Raises Rejected."""
        if auto_addresses.is_here(url) or await self._store.read(partial(auto_addresses.is_named, url=url)):
            return self._here
        require_outside(url)
        return self._outside

    def leave(self, item: AutoCall, error: Exception | None) -> VerdictJob:
        """Put back what was not begun; what our code fails at is a person's to look at."""
        if error is None:
            return partial(auto_calls.put_back, call=item)
        log.error("call.failed", act=item.act, error=type(error).__name__)
        words = T("It failed inside chatapp: {error}", error=type(error).__name__)
        return partial(auto_calls.end, act=item.act, state=PlannedState.FAILED, words=words)

    async def next_due(self, *, idle: bool) -> Millis | None:
        """When the next call is repeated."""
        del idle
        return await self._store.read(auto_calls.next_due)


def _not_taken(where: str, error: ChannelError) -> Text:
    """Why a call was not taken, in words."""
    if error.code == INSIDE:
        return T("{host} leads to this machine or its own network. {next}", host=where, next=auto_addresses.NAME_IT)
    why = T("the address is not understood") if error.code == "bad_url" else error.said or error.code
    return T("{host} did not take it: {why}", host=where, why=why)
