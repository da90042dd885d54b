"""The life of an account's tokens.

A refresh token works once, and its successor comes in the answer. So a renewal is one at a time, is not torn by
whoever gives up waiting for it, and is durable before it is used. Another process, such as a check from the command
line, renews the same chain: where Avito says that our token is spent, the memory has the newer one, now or as soon as
the other process has its answer. Only an answer that was lost on its way, or a process that died between the answer
and the write, breaks the chain; then the account has to be bound again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from chatapp_cli.connectors.avito.errors import GrantRefused
from chatapp_cli.connectors.avito.wire import Granted
from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.memory import Memory
from chatapp_cli.ports.world import Clock

AHEAD: Final = 5 * 60_000
"""Milliseconds before its end at which a token is renewed."""
ANSWERED_WITHIN: Final = 20.0
"""Seconds after which an answer of the token endpoint is not waited for."""
DAY: Final = 86_400.0
LONGEST: Final = 366 * DAY
"""Seconds; what is said to work longer, or for no time at all, is tried again after a day."""
_PATIENCE: Final = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between two looks for what another process got: together longer than its request and its write may take."""
_WRITE_AGAIN: Final = (0.1, 0.5, 2.0, 5.0)

Ask = Callable[[str], Awaitable[Granted]]
"""Asks for tokens, given the refresh token; raises GrantRefused where it is spent."""


class Token(msgspec.Struct, frozen=True):
    """What calls are made with, and what the next one is asked for with (empty for an account of our own)."""

    access: str
    refresh: str
    at: Millis
    until: Millis

    def __repr__(self) -> str:
        return f"Token(until={self.until})"


def token_of(granted: Granted, now: Millis) -> Token:
    """Note down tokens that were handed out now."""
    lives = granted.expires_in if 0 < granted.expires_in <= LONGEST else DAY
    until = now + int(lives * 1000)
    return Token(access=granted.access_token, refresh=granted.refresh_token, at=now, until=until)


def written(token: Token) -> str:
    """As it is kept among secrets and in the memory."""
    return msgspec.json.encode(token).decode()


def _read(text: str) -> Token:
    return msgspec.json.decode(text, type=Token)


class Tokens:
    """The present token of a binding, whoever renewed it last."""

    def __init__(self, bound: Bound, ask: Ask, clock: Clock) -> None:
        self._first = _read(bound.secrets["token"])
        self._name = f"token:{bound.secrets['grant']}"
        self._memory: Memory = bound.memory
        self._ask, self._clock = ask, clock
        self._present: Token | None = None
        self._renewal: asyncio.Task[Token] | None = None

    async def aclose(self) -> None:
        """Let a renewal end: its answer must not be lost."""
        if self._renewal:
            await asyncio.gather(self._renewal, return_exceptions=True)

    async def present(self) -> Token:
        """A token that should work; renewed in time."""
        if self._present is None or self._ends_soon(self._present):
            self._present = await self._known()
        return await self.another(self._present) if self._ends_soon(self._present) else self._present

    async def another(self, refused: Token) -> Token:
        """A token other than one that does not work any more. Raises NeedsRebind when there can be none."""
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew(refused))
            self._renewal.add_done_callback(_heed)
        self._present = await asyncio.shield(self._renewal)
        return self._present

    async def _known(self) -> Token:
        kept = await self._memory.known(self._name)
        return _read(kept[self._name]) if self._name in kept else self._first

    async def _renew(self, refused: Token) -> Token:
        known = await self._known()
        if known != refused and not self._ends_soon(known):
            return known
        try:
            granted = await self._ask(known.refresh)
        except GrantRefused as refusal:
            return await self._taken_over(known, refusal)
        token = token_of(granted, self._clock.now())
        await self._keep(token)
        return token

    async def _taken_over(self, spent: Token, refusal: GrantRefused) -> Token:
        """Find what another process got for the token that is spent."""
        for pause in _PATIENCE if spent.refresh else ():
            await self._clock.sleep(pause)
            if (known := await self._known()) != spent:
                return known
        raise refusal

    async def _keep(self, token: Token) -> None:
        """Write it down durably; a store that is busy for a moment must not cost the account."""
        for pause in _WRITE_AGAIN:
            try:
                await self._memory.keep({self._name: written(token)})
            except (StoreError, Busy):
                await self._clock.sleep(pause)
            else:
                return
        await self._memory.keep({self._name: written(token)})

    def _ends_soon(self, token: Token) -> bool:
        return self._clock.now() >= token.until - AHEAD


def _heed(renewal: asyncio.Task[Token]) -> None:
    """A failure counts as noticed even where everybody gave up waiting for it: the next call meets it again."""
    if not renewal.cancelled():
        renewal.exception()
