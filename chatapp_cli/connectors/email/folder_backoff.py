"""Pauses before a folder that the server refused is opened again, each twice as long as the one before."""

from __future__ import annotations

_FIRST = 30.0
"""Seconds of the first pause."""
_LONGEST = 1800.0
"""Seconds."""


class FolderBackoff:
    """Until when folders are left alone, by name; times by the monotonic clock."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._seconds: dict[str, float] = {}

    def is_over(self, folder: str, now: float) -> bool:
        """Whether a folder is to be tried."""
        return now >= self._until.get(folder, now)

    def begin(self, folder: str, now: float) -> bool:
        """The folder was refused: leave it alone for a while; returns whether it was read until now."""
        before = self._seconds.get(folder)
        self._seconds[folder] = _FIRST if before is None else min(2 * before, _LONGEST)
        self._until[folder] = now + self._seconds[folder]
        return before is None

    def end(self, folder: str) -> None:
        """The folder was read."""
        self._until.pop(folder, None)
        self._seconds.pop(folder, None)

    @property
    def folders(self) -> tuple[str, ...]:
        """Those that are not read."""
        return tuple(self._seconds)
