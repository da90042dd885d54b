"""The lease of the store."""

from typing import NamedTuple

from chatapp_cli.domain.ids import Millis

STOP_AT = 12.0
"""Seconds from a heartbeat after which its holder hands nothing over any more."""
ABANDON_AT = 14.0
"""Seconds from a heartbeat until which the holder may finish what is in flight."""
LASTS = 15.0
"""Seconds from a heartbeat for which the lease is its holder's."""
ASK_COUNTS_FOR = 3.0
"""Seconds for which a daemon that asked counts as waiting; it asks again while it waits."""


class LeaseRow(NamedTuple):
    """Who holds the lease of the store, and who asks for it; times are the database's."""

    epoch: int = 0
    """Incremented by each holder; a claim of an earlier one is void."""
    holder: str = ""
    """The process, as ``store.process_identity.ProcessIdentity`` writes it; empty: nobody."""
    kind: str = ""
    taken_at: Millis = Millis(0)
    beat_at: Millis = Millis(0)
    wanted_by: str = ""
    """The daemon that asks the holder to leave."""
    wanted_at: Millis = Millis(0)
    """When it last asked."""

    def is_free(self, at: Millis) -> bool:
        """Whether anybody may take it."""
        return not self.holder or at - self.beat_at >= LASTS * 1000

    def is_asked_for(self, at: Millis) -> bool:
        """Whether a daemon waits for it."""
        return bool(self.wanted_by) and abs(at - self.wanted_at) < ASK_COUNTS_FOR * 1000
