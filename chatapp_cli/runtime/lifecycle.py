"""Keeps a connection to a provider up: reconnects after a failure, and waits if only a person can help.

It does not depend on the kind of provider: a channel has a lifecycle, and so may any other connection.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from chatapp_cli.domain.errors import ChannelError, ChatappError, Misconfigured, NeedsRebind, RateLimited, Retryable
from chatapp_cli.domain.health import Health
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.tasks import raise_if_cancelled
from chatapp_cli.runtime.wakeup import WakeUp

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

LONGEST_PAUSE = 180.0
"""Seconds after a failure, at most, until the connection is tried again."""
SOUND = 60.0
"""Seconds that a connection must last (unless data arrives) before the next failure counts as the first."""
FIRST_LOOK = 300.0
"""Seconds after which a refused account is retried; doubled each time."""
LONGEST_LOOK = 3600.0
"""Seconds after which it is retried at the latest, unless the refusal says that it may end sooner."""
AGAIN = 5.0
"""Seconds after which a report that could not be stored is stored again."""


class ManagedConnection(Protocol):
    """The connection that is kept up."""

    noun: str
    """The prefix of its log events, such as ``channel``."""

    async def live(self) -> None:
        """Connect and work until it fails. Raises ChannelError, StoreError."""
        ...

    async def write_health(self, health: Health, code: str, detail: str, look: float) -> None:
        """Store its health, and in how many seconds it is tried again by itself; 0: no time is promised."""
        ...

    async def write_retry(self, look: float) -> None:
        """Store only when it is tried again."""
        ...


def retry_after(looks: int) -> float:
    """Seconds until an account is retried after this many refusals."""
    return min(FIRST_LOOK * 2.0 ** min(looks, 10), LONGEST_LOOK)


def pause_after(falls: int) -> float:
    """Seconds, at most, until a connection is tried again after this many failures in a row."""
    return min(LONGEST_PAUSE, 0.6 * 2.0 ** min(falls, 9))


def _health_of(error: NeedsRebind | Misconfigured) -> Health:
    return Health.NEEDS_REBIND if isinstance(error, NeedsRebind) else Health.MISCONFIGURED


class Lifecycle:
    """The lifecycle of one revision of a connection."""

    def __init__(
        self, link: ManagedConnection, world: World, log: FilteringBoundLogger, *, awaits_admission: bool = False
    ) -> None:
        """``awaits_admission``: nobody has let it in there yet, so a first refusal is not worth a warning."""
        self._link = link
        self._awaits_admission = awaits_admission
        self._clock, self._chance = world.clock, world.chance
        self._log = log
        self._health: tuple[Health, str, str] | None = None
        """The last stored health; ``None`` to store it again."""
        self._logged: tuple[Health, str, str] | None = None
        self._writes = True
        """Whether the last report could be stored."""
        self._falls = 0
        self._refusals = 0
        self._go_on = WakeUp()
        self._up_since = 0.0

    async def run(self) -> None:
        """Keep it up until cancelled. If the provider rejects the login, retry now and then."""
        while True:
            self._go_on.clear()
            try:
                await self._link.live()
            except (NeedsRebind, Misconfigured) as error:
                raise_if_cancelled()
                await self._stop(error)
            except ChatappError as error:
                raise_if_cancelled()
                await self._fall(error)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - a mistake in one link must not end the others
                raise_if_cancelled()
                self._log.exception(f"{self._link.noun}.failed")
                await self._fall(Retryable("stumbled", type(error).__name__))

    def resume(self) -> None:
        """Retry now. The result is reported even if unchanged."""
        self.forget()
        self._go_on.set()

    def forget(self) -> None:
        """Store the next health even if unchanged: somebody else has stored another."""
        self._health = None

    def came_up(self) -> None:
        """The connection is up."""
        self._up_since = self._clock.monotonic()

    def lives(self, *, moved: bool) -> None:
        """Record a heartbeat; a failure counts as over only after data arrived or some time passed."""
        if moved or self._clock.monotonic() - self._up_since > SOUND:
            self._falls = self._refusals = 0

    async def tell(self, health: Health, code: str = "", detail: str = "", *, look: float = 0.0) -> None:
        """Store and log its health if it changed, and in how many seconds it is tried again. Raises StoreError."""
        news = health, code, detail
        if news == self._health:
            if look:
                await self._link.write_retry(look)
            return
        self._log_once(*news)
        await self._link.write_health(*news, look)
        self._health = news

    def _log_once(self, health: Health, code: str, detail: str) -> None:
        """Log a health that may have to be stored several times."""
        if (health, code, detail) == self._logged:
            return
        expected = self._awaits_admission and self._logged is None and health is Health.NEEDS_REBIND
        say = self._log.info if expected or health is Health.OK else self._log.warning
        say(f"{self._link.noun}.health", health=health, code=code, detail=detail)
        self._logged = health, code, detail

    async def stumbled(self, why: str) -> None:
        """Report that the task of this connection ended, which only a mistake of ours can do."""
        await self._try_to_tell(Health.RETRYING, "stumbled", why)

    async def _stop(self, error: NeedsRebind | Misconfigured) -> None:
        """Report that a person must act, and retry now and then: some providers readmit accounts."""
        pause = retry_after(self._refusals) * self._chance.between(0.9, 1.1)
        if isinstance(error, Misconfigured):
            pause = min(pause, error.look_within)
        self._refusals += 1
        await self._rest(_health_of(error), error.code, error.detail, pause, looks=True)

    async def _fall(self, error: ChatappError) -> None:
        """Report a failure once, wait longer after each one, and reconnect."""
        code, detail = (error.code, error.detail) if isinstance(error, ChannelError) else ("store", str(error))
        self._falls += 1
        pause = pause_after(self._falls) * self._chance.between(0.5, 1.0)
        if isinstance(error, RateLimited):
            pause = max(error.retry_after, pause)
        await self._rest(Health.RETRYING, code, detail, pause, looks=isinstance(error, RateLimited))

    async def _rest(self, health: Health, code: str, detail: str, seconds: float, *, looks: bool = False) -> None:
        """Report why it is down, and wait this long, or until a person asks for a retry.

        A report that cannot be stored is repeated meanwhile: until it is stored, people are told of an older state.
        """
        left, until = seconds, self._clock.monotonic() + seconds
        while not await self._try_to_tell(health, code, detail, look=left if looks else 0.0):
            if await self._go_on.wait_by(self._clock, min(AGAIN, left)):
                return
            left = until - self._clock.monotonic()
            if left <= 0:
                return
        await self._go_on.wait_by(self._clock, max(0.0, until - self._clock.monotonic()))

    async def _try_to_tell(self, health: Health, code: str, detail: str, *, look: float = 0.0) -> bool:
        """Store the health, and return whether that worked."""
        try:
            await self.tell(health, code, detail, look=look)
        except Exception as worse:  # noqa: BLE001 - a report that fails for whatever reason must not end the link
            if self._writes:
                self._log.warning("health.unwritten", why=str(worse))
            self._writes = False
        else:
            if not self._writes:
                self._log.info("health.written")
            self._writes = True
        return self._writes
