"""The deadline of runs that no entry of the ledger tells, and of what is asked of channels' sessions for runs."""

from __future__ import annotations

from typing import Final

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import Millis, RunId
from chatapp_cli.services import timers
from chatapp_cli.store.tx import Tx

KIND: Final = "run"
"""The kind of its timers; their ``ref`` is the number of the run."""
AGAIN: Final[Millis] = 2000
"""After how long it looks again where something had been handed over."""


def put(tx: Tx, run: RunId, at: Millis) -> None:
    """Have what waits of a run given up then."""
    timers.put(tx, KIND, str(run), at, keeps_hour=False)


def go_on(tx: Tx, ref: str) -> None:
    """Give up what waits. The handler of its timers."""
    from chatapp_cli.services import runs

    try:
        runs.give_up(tx, runs.one(tx, RunId(int(ref))))
    except NotFound:
        return
    if runs.is_awaited(tx, RunId(int(ref))):
        put(tx, RunId(int(ref)), tx.now + AGAIN)
