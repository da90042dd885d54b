"""Tells people that nothing can be stored, and that this is over. By the command alone: all else is in the store."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.alarm import AlarmKind
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.stored_text import stored
from chatapp_cli.domain.text import T, Text
from chatapp_cli.runtime.alarm_command import AlarmCommand
from chatapp_cli.runtime.readiness import Readiness
from chatapp_cli.runtime.worker import Chore
from chatapp_cli.services import alarm_recipients
from chatapp_cli.store.rows.alarms import AlarmRow

EVERY = 5.0
"""Seconds between looks at readiness."""
GRACE = 10.0
"""Seconds for which a daemon that ends waits for the command, which then goes on by itself."""
_MINUTE = 60.0
_MARK = "store"


class StoreAlarm:
    """Tells once that nothing can be stored and once that it is over, even if another process finds that.

    What fails is tried again after a pause that doubles.
    """

    def __init__(self, company: Company) -> None:
        self._command = AlarmCommand(company.settings)
        self._company = company.settings.company
        self._clock = company.world.clock
        self._open: bool | None = None
        """Whether people know that it broke; ``None``: an earlier process may have told them."""
        self._tries = 0
        self._next = 0.0

    async def broke(self, why: Text) -> None:
        """Tell why nothing can be stored, unless that was told."""
        if self._open or not self._is_due():
            return
        what = T("Nothing can be stored: {why}", why=why)
        self._open = await self._told(_alarm(what, self._clock.now())) or None

    async def heal(self) -> None:
        """Tell that things can be stored again, if people know that they could not."""
        self._open = self._command.was_told(_MARK) if self._open is None else self._open
        if not self._open:
            self._tries, self._next = 0, 0.0
        elif self._is_due() and await self._told(_alarm(T("Nothing could be stored"), 0, self._clock.now())):
            self._open = False

    def _is_due(self) -> bool:
        return self._command.is_set and self._clock.monotonic() >= self._next

    async def _told(self, alarm: AlarmRow) -> bool:
        told = await self._command.run(alarm, alarm_recipients.message(alarm, self._company), mark=_MARK)
        pause = 0.0 if told else _MINUTE * (1 << self._tries)
        self._tries = 0 if told else self._tries + 1
        self._next = self._clock.monotonic() + pause
        return told


def _alarm(what: Text, since: Millis, healed_at: Millis | None = None) -> AlarmRow:
    return AlarmRow(AlarmKind.STORE, "", None, json.dumps(stored(what)), since, None, healed_at, 0)


async def tell_at_end(company: Company, why: Text) -> None:
    """Tell it for a process that ends with it, which waits no longer than its grace."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GRACE):
            await StoreAlarm(company).broke(why)


def chore(company: Company, readiness: Readiness) -> Chore:
    """The worker of a daemon that tells of its store."""
    alarm = StoreAlarm(company)

    async def turn() -> None:
        if (why := readiness.lasting) is not None:
            await alarm.broke(why)
        elif readiness.proved:
            await alarm.heal()

    found = Chore("store_alarm", turn, clock=company.world.clock, every=EVERY)
    found.wake()
    return found
