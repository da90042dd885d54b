"""The daemon's own parts, in the same form as other packages' parts.

Channels, scheduled messages and snoozed dialogs are workers too, but ``daemon.py`` makes them itself: the timekeeper
wakes two of them, and webhooks are passed to the third.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from chatapp_cli.domain.automation import CLOCK, FOLLOWER, SEEN
from chatapp_cli.domain.journal.automation import AutomationClock, AutomationDue, AutoRuleChanged
from chatapp_cli.domain.journal.messages import MessageStateChanged
from chatapp_cli.domain.robot import RUN_TIMER
from chatapp_cli.runtime.distributing import Distributing
from chatapp_cli.runtime.indexer import Indexer
from chatapp_cli.runtime.packing import Packing
from chatapp_cli.runtime.parts import Part
from chatapp_cli.runtime.rule_calls import RuleCalls
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.upkeep import Upkeep
from chatapp_cli.runtime.worker import Chore, Worker
from chatapp_cli.services import auto_presence, joining, run_deadline, waiting

if TYPE_CHECKING:
    from chatapp_cli.runtime.automation import AutomationRunner
    from chatapp_cli.runtime.chains import ChainRunner
    from chatapp_cli.store.tx import Tx

UPKEEP_EVERY = 3600.0
PACKING_EVERY = 60.0
AUTOMATION_EVERY = 60.0
CHAINS_EVERY = 60.0
"""Seconds between looks for failed messages that no event reported."""


class _Automation:
    """Has rules carried out, once there is one."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store

    async def turn(self) -> None:
        if await self._store.read(auto_presence.has_rules):
            await self._runner.turn()

    @cached_property
    def _runner(self) -> AutomationRunner:
        """Imported with the first rule."""
        from chatapp_cli.runtime.automation import AutomationRunner

        return AutomationRunner(self._store)


def _time_has_come(tx: Tx, ref: str) -> None:
    """The timer of an act that waits."""
    from chatapp_cli.services import auto_plan

    auto_plan.time_has_come(tx, ref)


def _look_at_clock(tx: Tx, ref: str) -> None:
    """The timer of a rule that runs by the clock."""
    from chatapp_cli.services import auto_clock

    auto_clock.woken(tx, ref)


def _automation(store: AsyncStore) -> Sequence[Worker]:
    turn, clock = _Automation(store).turn, store.company.world.clock
    chore = Chore(
        "automation",
        turn,
        clock=clock,
        every=AUTOMATION_EVERY,
        wakes=(*SEEN, AutoRuleChanged, AutomationDue, AutomationClock),
    )
    chore.wake()
    return (chore,)


class _Failures:
    """Continues failed messages that have channels left."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store

    async def turn(self) -> None:
        if failed := await self._store.read(waiting.for_elsewhere):
            await self._chains.turn(failed)

    @cached_property
    def _chains(self) -> ChainRunner:
        """Imported when the first message has another channel to go to."""
        from chatapp_cli.runtime.chains import ChainRunner

        return ChainRunner(self._store)


def _chains(store: AsyncStore) -> Sequence[Worker]:
    turn, clock = _Failures(store).turn, store.company.world.clock
    chore = Chore("relay", turn, clock=clock, every=CHAINS_EVERY, wakes=(MessageStateChanged,))
    chore.wake()
    return (chore,)


def _upkeep(store: AsyncStore) -> Sequence[Worker]:
    """Delete old data, and pack raw arrivals."""
    clock = store.company.world.clock
    return (
        Chore("upkeep", Upkeep(store).turn, clock=clock, every=UPKEEP_EVERY),
        Chore("packing", Packing(store).turn, clock=clock, every=PACKING_EVERY),
    )


def _indexer(store: AsyncStore) -> Sequence[Worker]:
    return (Indexer(store),)


def _distributing(store: AsyncStore) -> Sequence[Worker]:
    worker = Distributing(store)
    worker.wake()
    return (worker,)


def _transcriber(store: AsyncStore) -> Sequence[Worker]:
    """The transcriber, if the company has a command for it."""
    if not store.company.settings.transcribe_command:
        return ()
    from chatapp_cli.runtime.transcriber import Transcriber

    return (Transcriber(store),)


PARTS = (
    Part(workers=_automation, timers={FOLLOWER: _time_has_come, CLOCK: _look_at_clock}),
    Part(workers=lambda store: (RuleCalls(store),)),
    Part(workers=_chains),
    Part(workers=_upkeep),
    Part(workers=_indexer),
    Part(workers=_transcriber),
    Part(workers=_distributing),
    Part(timers={joining.KIND: joining.go_on, RUN_TIMER: run_deadline.passed}),
)
