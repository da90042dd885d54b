"""Whether anybody has committed something: asked many times a second, so asking has to cost next to nothing."""

from __future__ import annotations

import sqlite3
from typing import Any, Protocol


class Pulse(Protocol):
    """A look from outside that never waits."""

    pace: float
    """Seconds between two looks."""

    def beats(self) -> bool:
        """Tell whether anything may have been committed since the last look; the first look always says yes."""
        ...

    def close(self) -> None:
        """Look no more."""
        ...


class SqlitePulse:
    """Reads the number that changes with every commit of another connection: four microseconds, no lock."""

    pace = 0.02

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._seen = -1

    def beats(self) -> bool:
        """Compare the number; where it cannot be read, whoever reads on will hear why."""
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
    """A server would have to be asked over the network, and can as well be asked for the news themselves."""

    pace = 0.1

    def beats(self) -> bool:
        """There may always be something."""
        return True

    def close(self) -> None:
        """Nothing was opened."""
