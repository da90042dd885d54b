"""The life of an account's OAuth tokens (RFC 6749).

A refresh token may work once; the answer contains its successor. So renewals run one at a time, survive the
cancellation of a caller, and are stored before use. `rotation` keeps apart the processes that renew the same tokens,
such as the daemon and a check from the command line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Final, TypeVar

import msgspec

from chatapp_cli.domain.errors import Busy, NeedsRebind, Retryable, StoreError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.memory import Memory
from chatapp_cli.ports.world import Clock

AHEAD: Final = 5 * 60_000
"""Milliseconds before its end at which a token is renewed; half of its life, if that is shorter."""
ANSWERED_WITHIN: Final = 20.0
"""The timeout of the token endpoint, in seconds."""
DAY: Final = 86_400.0
LONGEST: Final = 366 * DAY
"""The longest plausible lifetime in seconds; outside it, or for none, a token is renewed after a day."""
PATIENCE: Final = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between looks for another process's token; their sum exceeds the time of its request and its writes."""
_WRITE_AGAIN: Final = (0.1, 0.5, 2.0, 5.0)


P = TypeVar("P")


class GrantRefused(NeedsRebind):
    """The token endpoint refused the credentials."""


class GrantLost(GrantRefused):
    """It is known that the refresh token is spent and that the answer with its successor was lost."""


class AskedElsewhere(Exception):
    """Another process seems to ask with the same refresh token: look again in ``seconds`` what became of it."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class Granted(msgspec.Struct, frozen=True):
    """Issued tokens (RFC 6749, 5.1); ``expires_in`` is in seconds."""

    access_token: str
    expires_in: float = DAY
    refresh_token: str = ""

    def __repr__(self) -> str:
        return f"Granted(expires_in={self.expires_in})"


class AccessToken(msgspec.Struct, frozen=True):
    """The access token, and the refresh token (empty if the account renews by its own keys)."""

    access: str
    refresh: str
    at: Millis
    until: Millis

    def __repr__(self) -> str:
        return f"AccessToken(until={self.until})"


def token_of(granted: Granted, now: Millis) -> AccessToken:
    """Make a token from an answer received now."""
    lives = granted.expires_in if 0 < granted.expires_in <= LONGEST else DAY
    until = now + int(lives * 1000)
    return AccessToken(access=granted.access_token, refresh=granted.refresh_token, at=now, until=until)


def name_of(bound: Bound) -> str:
    """The name of a binding's token in the memory."""
    return f"token:{bound.secrets['grant']}"


def written(token: AccessToken) -> str:
    """The token as it is stored among the secrets and in the memory."""
    return msgspec.json.encode(token).decode()


def _read(text: str) -> AccessToken:
    return msgspec.json.decode(text, type=AccessToken)


Ask = Callable[[str], Awaitable[Granted]]
"""Asks for tokens, given the refresh token; raises GrantRefused if it was used before, and AskedElsewhere."""


class Tokens:
    """The current token of a binding, whichever process renewed it."""

    def __init__(self, bound: Bound, ask: Ask, clock: Clock) -> None:
        self._first = _read(bound.secrets["token"])
        self._name = name_of(bound)
        self._memory: Memory = bound.memory
        self._ask, self._clock = ask, clock
        self._present: AccessToken | None = None
        self._renewal: asyncio.Task[AccessToken] | None = None
        self._pauses = False
        """Whether the renewal only waits for another process, with no request under way and nothing to store."""

    async def aclose(self) -> None:
        """Wait for a running renewal: its answer must not be lost. One that only waits for others is given up."""
        if self._renewal:
            if self._pauses:
                self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)

    async def present(self) -> AccessToken:
        """The current token, renewed before it expires."""
        if self._present is None or self._ends_soon(self._present):
            self._present = await self._known()
        return await self.another(self._present) if self._ends_soon(self._present) else self._present

    async def another(self, refused: AccessToken) -> AccessToken:
        """A token to replace a rejected one. Raises NeedsRebind if there is none, and Retryable once closed."""
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew(refused))
            self._renewal.add_done_callback(_heed)
        renewal = self._renewal
        await asyncio.wait({renewal})
        if renewal.cancelled():
            raise Retryable("timeout", "tokens")
        self._present = renewal.result()
        return self._present

    async def _known(self) -> AccessToken:
        kept = await self._memory.known(self._name)
        return _read(kept[self._name]) if self._name in kept else self._first

    async def _renew(self, refused: AccessToken) -> AccessToken:
        while True:
            known = await self._known()
            if known != refused and not self._ends_soon(known):
                return known
            try:
                granted = await self._ask(known.refresh)
            except AskedElsewhere as elsewhere:
                await self._pause(elsewhere.seconds)
            except GrantRefused as refusal:
                return await self._taken_over(known, refusal)
            else:
                break
        token = token_of(granted, self._clock.now())
        await self._keep(token)
        return token

    async def _taken_over(self, spent: AccessToken, refusal: GrantRefused) -> AccessToken:
        """Find the successor that another process got for a used token; of one that is lost, none is awaited."""
        pauses = PATIENCE[:1] if isinstance(refusal, GrantLost) else PATIENCE
        for pause in pauses if spent.refresh else ():
            await self._pause(pause)
            if (known := await self._known()) != spent:
                return known
        raise refusal

    async def _pause(self, seconds: float) -> None:
        self._pauses = True
        try:
            await self._clock.sleep(seconds)
        finally:
            self._pauses = False

    async def _keep(self, token: AccessToken) -> None:
        """Store the token; retries while the store is busy, because losing it would cost the account."""
        for pause in _WRITE_AGAIN:
            try:
                await self._memory.save({self._name: written(token)})
            except (StoreError, Busy):
                await self._clock.sleep(pause)
            else:
                return
        await self._memory.save({self._name: written(token)})

    def _ends_soon(self, token: AccessToken) -> bool:
        return self._clock.now() >= token.until - min(AHEAD, (token.until - token.at) // 2)


def _heed(renewal: asyncio.Task[AccessToken]) -> None:
    """Mark a failure as retrieved even if all waiters were cancelled: the next call fails again anyway."""
    if not renewal.cancelled():
        renewal.exception()


async def undisturbed(asking: Coroutine[None, None, P]) -> P:
    """Ask for tokens to the end although the caller is cancelled: a pair that nobody stores is lost."""
    task = asyncio.create_task(asking)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
