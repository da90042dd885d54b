"""Deletes what CRMs told long ago; apart from ``crm_intake``, which a desk without a CRM need not load."""

from __future__ import annotations

from chatapp_cli.domain.ids import Millis
from chatapp_cli.store.tx import Tx

KEPT: Millis = 90 * 86_400_000
"""How long applied events are kept: a doubled one, or one that a catch-up finds, comes within that time."""
ABANDONED: Millis = 60_000
"""How long a question is kept after the end of its wait: one whose caller still runs is deleted by that."""


def delete_applied(tx: Tx, most: int) -> int:
    """Delete applied events and runs of robots that are older than anything that may come twice.

    Returns how many, of whichever were more.
    """
    done = tx.run("runs.forget", before=tx.now - KEPT, n=most)
    return max(done, tx.run("crmevents.sweep", before=tx.now - KEPT, n=most))


def delete_abandoned(tx: Tx) -> None:
    """Delete the questions, and what was told of clients in answer, whose callers were killed."""
    tx.run("crmquestions.sweep", before=tx.now - ABANDONED)
