"""The deadline of runs, and of what is asked of channels' sessions for them.

It needs no session of a CRM: what waits is withdrawn in time also where nobody can be told of it yet.
"""

from __future__ import annotations

from typing import Final

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import Millis, RunId
from chatapp_cli.domain.robot import RUN_TIMER
from chatapp_cli.services import timers
from chatapp_cli.store.tx import Tx

AGAIN: Final[Millis] = 2000
"""After how long it looks again where something had been handed over."""


def passed(tx: Tx, ref: str) -> None:
    """Give up what waits of the run of this number. The handler of ``RUN_TIMER``."""
    from chatapp_cli.services import runs

    try:
        runs.give_up(tx, runs.one(tx, RunId(int(ref))))
    except NotFound:
        return
    if runs.is_awaited(tx, RunId(int(ref))):
        timers.put(tx, RUN_TIMER, ref, tx.now + AGAIN, keeps_hour=False)
