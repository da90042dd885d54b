"""Keeps a connection to a provider up: it comes up again after a fall, and rests where only a person can help.

Nothing here knows what kind of provider it is: a channel has a lifecycle, and so may any other link that falls.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from chatapp_cli.domain.errors import ChannelError, ChatappError, Misconfigured, NeedsRebind, RateLimited, Retryable
from chatapp_cli.domain.health import Health
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.bell import Bell
from chatapp_cli.runtime.together import end_if_told

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

LONGEST_PAUSE = 300.0
SOUND = 60.0
"""Seconds that a life has to last, or something has to come of it, before the next fall counts as the first."""
FIRST_LOOK = 300.0
"""Seconds after which an account that was refused is tried again; each time twice as many."""
LONGEST_LOOK = 3600.0
_NEEDS_A_PERSON: Mapping[type[ChannelError], Health] = {
    NeedsRebind: Health.NEEDS_REBIND,
    Misconfigured: Health.MISCONFIGURED,
}


class Link(Protocol):
    """What is kept up."""

    noun: str
    """The first word of what the log says of it, such as ``channel``."""

    async def live(self) -> None:
        """Come up and work until it falls, which an error tells. Raises ChannelError, StoreError."""
        ...

    async def write_health(self, health: Health, code: str, detail: str) -> None:
        """Keep its health for whoever asks."""
        ...


def next_look(looks: int) -> float:
    """Seconds until an account is tried again that was refused so many times already."""
    return min(FIRST_LOOK * 2.0 ** min(looks, 10), LONGEST_LOOK)


class Lifecycle:
    """Of one revision of a link."""

    def __init__(self, link: Link, world: World, log: FilteringBoundLogger) -> None:
        self._link = link
        self._clock, self._chance = world.clock, world.chance
        self._log = log
        self._health: tuple[Health, str, str] | None = None
        """What was told last; nothing if it is to be told once more."""
        self._falls = 0
        self._refusals = 0
        self._go_on = Bell()
        self._up_since = 0.0

    async def run(self) -> None:
        """Keep it up until cancelled. Where the provider lets us in no longer, it is tried again now and then."""
        while True:
            self._go_on.hush()
            try:
                await self._link.live()
            except (NeedsRebind, Misconfigured) as error:
                end_if_told()
                await self._stop(error)
            except ChatappError as error:
                end_if_told()
                await self._fall(error)
            except Exception as error:  # noqa: BLE001 - a mistake in one link must not end the others
                end_if_told()
                self._log.exception(f"{self._link.noun}.failed")
                await self._fall(Retryable("stumbled", type(error).__name__))

    def resume(self) -> None:
        """Try again now. What comes of it is told also if it is what was told before."""
        self._health = None
        self._go_on.ring()

    def came_up(self) -> None:
        """A life begins."""
        self._up_since = self._clock.monotonic()

    def lives(self, *, moved: bool) -> None:
        """It gave a sign of life; only what came of it, or a while without a fall, says that the trouble is over."""
        if moved or self._clock.monotonic() - self._up_since > SOUND:
            self._falls = self._refusals = 0

    async def tell(self, health: Health, code: str = "", detail: str = "") -> None:
        """Write and log its health if it changed. Raises StoreError."""
        if (health, code, detail) == self._health:
            return
        say = self._log.info if health is Health.OK else self._log.warning
        say(f"{self._link.noun}.health", health=health, code=code, detail=detail)
        await self._link.write_health(health, code, detail)
        self._health = health, code, detail

    async def _stop(self, error: NeedsRebind | Misconfigured) -> None:
        """Say that a person has to act, and look again now and then: some providers let accounts in again."""
        await self._try_to_tell(_NEEDS_A_PERSON[type(error)], error.code, error.detail)
        pause = next_look(self._refusals) * self._chance.between(0.9, 1.1)
        self._refusals += 1
        await self._rest(pause)

    async def _fall(self, error: ChatappError) -> None:
        """Say it once, wait longer after each fall, and come up again."""
        code, detail = (error.code, error.detail) if isinstance(error, ChannelError) else ("store", str(error))
        await self._try_to_tell(Health.RETRYING, code, detail)
        self._falls += 1
        pause = min(LONGEST_PAUSE, 2.0 ** min(self._falls, 9)) * self._chance.between(0.3, 0.6)
        await self._rest(max(error.retry_after, pause) if isinstance(error, RateLimited) else pause)

    async def _try_to_tell(self, health: Health, code: str, detail: str) -> None:
        """Health that the store cannot take now is written the next time."""
        try:
            await self.tell(health, code, detail)
        except ChatappError as worse:
            self._log.warning("health.unwritten", why=str(worse))

    async def _rest(self, seconds: float) -> None:
        """Wait so long, or until a person says to go on."""
        await self._go_on.rest_by(self._clock, seconds)
