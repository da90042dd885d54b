"""The lease of the store: the one process that may run its channels.

Each holder has an *epoch*, and a claim of an earlier epoch is void: that is what keeps two from sending, whatever the
clocks do. Times are the database's and only decide when a holder that is silent may be succeeded.
"""

from __future__ import annotations

from chatapp_cli.domain.ids import Millis
from chatapp_cli.store.rows.lease import LeaseRow
from chatapp_cli.store.tx import Tx

WISH = 3.0
"""Seconds for which a wish counts; who waits repeats it."""
NOBODY = LeaseRow(0, "", "", 0, 0, "", 0)


def now(tx: Tx) -> Millis:
    """The database's clock."""
    return Millis(tx.value("lease.now"))


def read(tx: Tx) -> LeaseRow:
    """The lease; ``NOBODY`` before the first one."""
    return tx.one(LeaseRow, "lease.read") or NOBODY


def revision(tx: Tx) -> str:
    """The revision that the store has now: a migration may have happened since it was opened."""
    return str(tx.value("lease.revision"))


def is_wanted(lease: LeaseRow, at: Millis) -> bool:
    """Whether a daemon waits for it."""
    return bool(lease.wanted_by) and abs(at - lease.wanted_at) < WISH * 1000


def take(tx: Tx, holder: str, kind: str, at: Millis, *, over: LeaseRow | None = None) -> LeaseRow:
    """Take it if it is free, and return the lease as it then is.

    ``over`` is a lease whose holder is known to be gone: it is taken as well if nothing has moved since.
    """
    tx.run("lease.begin")
    found = read(tx)
    gone = over is not None and (over.epoch, over.beat_at) == (found.epoch, found.beat_at)
    if gone or found.is_free(at):
        tx.run("lease.take", holder=holder, kind=kind, at=at)
    return read(tx)


def beat(tx: Tx, epoch: int, at: Millis) -> bool:
    """Prove that the holder lives; false if the lease is another's, or was left."""
    return bool(tx.run("lease.beat", epoch=epoch, at=at))


def leave(tx: Tx, epoch: int) -> None:
    """Give it up."""
    tx.run("lease.leave", epoch=epoch)


def ask(tx: Tx, holder: str, at: Millis) -> bool:
    """Ask a temporary holder to leave; false while another waits already. To be repeated within ``WISH``."""
    tx.run("lease.begin")
    return bool(tx.run("lease.ask", holder=holder, at=at, longest=int(WISH * 1000)))


def take_back(tx: Tx, holder: str) -> None:
    """Ask no longer."""
    tx.run("lease.take_back", holder=holder)
