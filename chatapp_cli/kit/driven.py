"""A clock for tests of child processes: the child reads from a file how far time was moved.

``CHATAPP_TEST_CLOCK`` names the file. It works only if the program runs from its sources, beside its tests; an
installed program refuses to start with it, so that no real messages depend on a leftover test clock.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

from chatapp_cli.domain import given_file
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T
from chatapp_cli.domain.whole_file import write_whole
from chatapp_cli.kit.system import TEST_CLOCK, SystemClock

LOOK = 0.05
"""Seconds between two checks of a sleeper whether time was moved."""
_SOURCES = Path(__file__).parents[2]


class Moved(NamedTuple):
    """How far time was moved, in milliseconds."""

    passed: int = 0
    """Elapsed time, on the wall clock and the monotonic one."""
    set_by: int = 0
    """An adjustment of the wall clock, forward or back."""


class DrivenClock(SystemClock):
    """The machine's clocks, moved by two numbers of milliseconds in a file, see :class:`Moved`."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def _moved(self) -> Moved:
        try:
            passed, set_by = given_file.words(self._file).decode("ascii").split()
            return Moved(int(passed), int(set_by))
        except (OSError, ValueError) as error:
            raise UsageError(
                T("{name} names {file}, which does not say how far time was moved.", name=TEST_CLOCK, file=self._file),
                T("Unset it, or write two numbers of milliseconds there: the time passed, and the clock change."),
                field=TEST_CLOCK,
            ) from error

    def move(self, *, passed: int = 0, set_by: int = 0) -> None:
        """Move it further, for every process that reads the file."""
        before = self._moved() if self._file.exists() else Moved()
        write_whole(self._file, f"{before.passed + passed} {before.set_by + set_by}".encode())

    def now(self) -> Millis:
        """Wall clock."""
        return super().now() + sum(self._moved())

    def monotonic(self) -> float:
        """Monotonic clock."""
        return super().monotonic() + self._moved().passed / 1000

    async def sleep(self, seconds: float) -> None:
        """Wait until that much time has passed on this clock."""
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:  # noqa: ASYNC110 - another process moves the file
            await asyncio.sleep(min(left, LOOK))


def driven(file: Path) -> DrivenClock:
    """The clock driven by a file. Raises UsageError unless the program runs from its sources, beside its tests."""
    if not (_SOURCES / "tests" / "stores.py").is_file():
        raise UsageError(
            T("{name} is for tests and cannot be used here.", name=TEST_CLOCK), T("Unset it."), field=TEST_CLOCK
        )
    return DrivenClock(file)
