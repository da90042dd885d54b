"""The lease of the store: the one process that may run its channels.

Each holder has an *epoch*, and a claim of an earlier epoch is void: that is what keeps two from sending, whatever the
clocks do. Times are the database's and only decide when a holder that is silent may be succeeded.
"""

from __future__ import annotations

from chatapp_cli.domain.ids import Millis
from chatapp_cli.store.rows.lease import ASK_COUNTS_FOR, LeaseRow
from chatapp_cli.store.tx import Tx

NOBODY = LeaseRow()


def now(tx: Tx) -> Millis:
    """The database's clock."""
    return Millis(tx.value("lease.now"))


def read(tx: Tx) -> LeaseRow:
    """The lease; ``NOBODY`` before the first one."""
    return tx.one(LeaseRow, "lease.read") or NOBODY


def revision(tx: Tx) -> str:
    """The revision that the store has now: a migration may have happened since it was opened."""
    return str(tx.value("lease.revision"))


def take(tx: Tx, holder: str, kind: str, at: Millis, *, given_up: LeaseRow | None = None) -> LeaseRow:
    """Take it if it is free, and return the lease as it then is.

    ``given_up`` is a lease whose holder is known to be gone: it is taken as well if nothing has moved since.
    """
    tx.run("lease.begin")
    found = read(tx)
    gone = given_up is not None and (given_up.epoch, given_up.beat_at) == (found.epoch, found.beat_at)
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
    """Ask a temporary holder to leave; false while another waits already. It counts for ``ASK_COUNTS_FOR``."""
    tx.run("lease.begin")
    return bool(tx.run("lease.ask", holder=holder, at=at, longest=int(ASK_COUNTS_FOR * 1000)))


def ask_no_longer(tx: Tx, holder: str) -> None:
    """Ask no longer."""
    tx.run("lease.ask_no_longer", holder=holder)
