"""A cheap check whether anything was committed; it runs many times a second."""

from __future__ import annotations

import sqlite3
from typing import Any, Protocol


class Pulse(Protocol):
    """The interface of the check, which never waits."""

    pace: float
    """Seconds between two checks."""

    def beats(self) -> bool:
        """Whether anything may have been committed since the last call; the first call returns true."""
        ...

    def close(self) -> None:
        """Release its resources."""
        ...


class SqlitePulse:
    """Reads a number that changes with every commit of another connection, in four microseconds and without a lock."""

    pace = 0.02

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._seen = -1

    def beats(self) -> bool:
        """Compare the number; if it cannot be read, return true, and the next query reports why."""
        try:
            number: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:
            return True
        changed, self._seen = number != self._seen, number
        return changed

    def close(self) -> None:
        """Close its connection."""
        self._connection.close()


class SteadyPulse:
    """Always true: for a server, the check would cost as much as reading the journal."""

    pace = 0.1

    def beats(self) -> bool:
        """Return true."""
        return True

    def close(self) -> None:
        """Do nothing."""
