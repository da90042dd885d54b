"""The lease of the store."""

from typing import NamedTuple

from chatapp_cli.domain.ids import Millis

LASTS = 15.0
"""Seconds from a heartbeat for which the lease is its holder's."""


class LeaseRow(NamedTuple):
    """Who carries the store, and who wants to; times are the database's."""

    epoch: int
    """Incremented by each holder; a claim of an earlier one is void."""
    holder: str
    """The process, as ``store.holder.Holder`` writes it; empty: nobody."""
    kind: str
    taken_at: Millis
    beat_at: Millis
    wanted_by: str
    wanted_at: Millis

    def is_free(self, at: Millis) -> bool:
        """Whether anybody may take it."""
        return not self.holder or at - self.beat_at >= LASTS * 1000
