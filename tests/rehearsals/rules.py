"""A week of messages and thirty-four rules: what a trial says of it is what a daemon does that is killed thirty times.

One store has the week as history, where no rule was on: there the rules are tried. A clean one lives through the same
week on a driven clock with a real ``serve``, which is killed with -9 at some of the stops. Both are compared by rule,
event and act: how it ended, and if it was left, why. Every note and message of a rule is there once, and the program
outside heard each message once.

The comparison leaves out, and the week avoids, what a trial cannot know, as its own note and ``docs/automation.md``
say:

- what is caused by an act of a rule, such as a message that was sent or a tag that was added by one: nothing of that
  is in the history;
- rules by the clock, which a trial leaves out, what becomes of cards in a CRM, and who is there at another time;
- acts that were cancelled because the desk stopped their rule: a trial does not plan them in the first place;
- tags and assignments by people in the lines whose rules ask for these: a trial takes them as they are now;
- who typed more than a day ago: nobody sweeps the history here, so that it is known;
- an answer that is silenced because somebody wrote between the arrival and its answer: whoever is first wins, and a
  daemon that was killed comes later, so that people and a client never act in one dialog within the same moment;
- regular expressions that take too long: that is how fast the machine is.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from chatapp_cli.domain.automation import PlannedState
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.domain.text import Text
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import auto_kinds, auto_rules
from chatapp_cli.services.auto_replay import Replay
from tests.daemons import DAY, Serving
from tests.rehearsals._rules_desk import EventName, WeekDesk
from tests.rehearsals._rules_week import BEGINS, DAYS, Stop, week
from tests.rehearsals._rules_wire import Wire

ENDED = {PlannedState.DONE, PlannedState.SKIPPED, PlannedState.FAILED}
SPREAD = 3_000
"""Milliseconds within which clients wrote who wrote at one stop, and within which their waits are over."""
PATIENCE = 120.0
"""Seconds that everything at one stop may take to settle."""


@dataclass(frozen=True, slots=True)
class RulePlan:
    """How much of it."""

    messages: int
    stops: int
    kills: int
    seed: int = 17


FULL = RulePlan(messages=20_000, stops=1_200, kills=30)
TENTH = RulePlan(messages=900, stops=50, kills=3)
"""Half as many messages as that: each stop takes a moment, however little happens."""


class ActName(NamedTuple):
    """One act by what is the same in both stores."""

    rule: str
    event: EventName
    act: int


class ActEnd(NamedTuple):
    """How it ended."""

    state: str
    why: str
    """Why it was left; nothing else is the same in both stores."""


@dataclass(slots=True)
class Figures:
    """What came of it."""

    plan: RulePlan
    tried: Mapping[ActName, ActEnd] = field(default_factory=dict)
    lived: Mapping[ActName, ActEnd] = field(default_factory=dict)
    doubles: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    kills: int = 0
    again: int = 0
    """Messages that were posted once more after a kill, under the same id."""
    took: dict[str, float] = field(default_factory=dict)
    """Seconds of each part."""

    def violations(self) -> Iterator[str]:
        """Everything that does not hold."""
        yield from (f"doubled: {one}" for one in self.doubles)
        yield from (f"not settled: {one}" for one in self.unsettled)
        for name in sorted(self.tried.keys() | self.lived.keys()):
            if (one := self.tried.get(name)) != (other := self.lived.get(name)):
                yield f"{name}: tried {one}, lived {other}"

    def __str__(self) -> str:
        ends = Counter(end.state for end in self.lived.values())
        each = Counter(name.rule for name, end in self.lived.items() if end.state == PlannedState.DONE)
        took = ", ".join(f"{part} {seconds:.0f} s" for part, seconds in self.took.items())
        return "\n".join(
            [
                f"{self.plan.messages} messages, {self.kills} kills, {took}",
                f"{len(self.lived)} acts compared: " + ", ".join(f"{n} {state}" for state, n in sorted(ends.items())),
                f"{len(list(self.violations()))} differences and doubles, {self.again} posted again after a kill",
                *(f"  {rule}: {n} done" for rule, n in sorted(each.items())),
            ]
        )


async def rehearse(home: Path, plan: RulePlan, say: Callable[[str], None]) -> Figures:
    """Play it in two stores of its own; ``say`` is told how it goes on."""
    figures, stops = Figures(plan), list(week(plan.seed, plan.messages, plan.stops))
    async with AsyncExitStack() as stack:
        wire = await stack.enter_async_context(Wire())
        before, desk = [await _opened(stack, home / name, wire) for name in ("past", "live")]
        began = time.monotonic()
        for stop in stops:
            await asyncio.to_thread(_passes, before, stop)
        figures.took["history"] = time.monotonic() - began
        began = time.monotonic()
        before.keep_rules()
        trying = asyncio.create_task(asyncio.to_thread(_tried, before))
        desk.keep_rules()
        await _Living(desk, figures, say).through(stops)
        figures.took["life"] = time.monotonic() - began
        figures.tried = await trying
        figures.lived = _lived(desk)
        figures.doubles, figures.again = list(_doubles(desk, wire)), wire.again
    return figures


async def _opened(stack: AsyncExitStack, home: Path, wire: Wire) -> WeekDesk:
    serving = Serving(home)
    begins = round(BEGINS.timestamp() * 1000) - DAY
    serving.clock.move(set_by=begins - serving.clock.now())
    company = serving.company()
    stack.callback(company.close)
    desk = WeekDesk(serving, company, wire.url)
    await desk.set_up(wire)
    return desk


def _passes(desk: WeekDesk, stop: Stop) -> None:
    """A stop as history: nobody automates, and what people write is carried at once."""
    desk.at(stop.at)
    desk.happens(stop)
    desk.carries()


def _tried(desk: WeekDesk) -> Mapping[ActName, ActEnd]:
    """What ``rule test --last`` says of the whole week."""
    company, names = desk.company, desk.names()
    rows = company.read(lambda tx: auto_rules.chosen(tx, ()))
    span = (DAYS + 2) * DAY
    replay = company.read(lambda tx: Replay(tx, desk_of(company), rows, since=tx.now - span, until=tx.now + 1))
    found: dict[ActName, ActEnd] = {}
    while not replay.over:
        for one in company.read(replay.page):
            name = ActName(one.rule.wanted.name, names[one.event], one.act)
            assert name not in found, f"tried twice: {name}"
            found[name] = _end(one.state, one.outcome)
    return found


def _end(state: str, why: Text) -> ActEnd:
    return ActEnd(str(state), str(why) if state == PlannedState.SKIPPED else "")


@dataclass(slots=True)
class _Living:
    """The week as it happens, with a daemon that is killed."""

    desk: WeekDesk
    figures: Figures
    say: Callable[[str], None]
    chance: random.Random = field(default_factory=lambda: random.Random(30))

    async def through(self, stops: list[Stop]) -> None:
        """Live through all of it, and then until nothing waits any more."""
        kills = set(
            self.chance.sample([n for n, stop in enumerate(stops) if not stop.crowded], self.figures.plan.kills)
        )
        rest = iter(enumerate(stops))
        ended = False
        while not ended:
            async with self.desk.serving.child() as child:
                ended = True
                for number, stop in rest:
                    await self._until(stop.at)
                    await asyncio.to_thread(self.desk.happens, stop)
                    if number in kills:
                        await asyncio.sleep(self.chance.uniform(0, 0.4))
                        await child.kill()
                        self.figures.kills += 1
                        self.say(f"kill {self.figures.kills}")
                        ended = False
                        break
                    await self._settles(f"stop {number}")
                else:
                    await self._settles("the end")

    async def _until(self, moment: int) -> None:
        """Let time pass, with what is due before then at its time."""
        await self._settles("what was before")
        while (due := await asyncio.to_thread(self.desk.due, moment)) is not None:
            self.desk.at(due + SPREAD)
            await self._settles(f"what is due at {due}")
        self.desk.at(moment)

    async def _settles(self, what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not await asyncio.to_thread(self.desk.is_settled):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            self.figures.unsettled.append(what)
            raise


def _lived(desk: WeekDesk) -> Mapping[ActName, ActEnd]:
    names, found = desk.names(), {}
    for row in desk.acts():
        if row.event in names and row.state in ENDED:
            name = ActName(row.name, names[row.event], row.act)
            assert name not in found, f"planned twice: {name}"
            found[name] = _end(row.state, recalled(row.outcome))
    return found


def _doubles(desk: WeekDesk, wire: Wire) -> Iterator[str]:
    """What is there more or less often than it was done."""
    done = Counter(row.kind for row in desk.acts() if row.state == PlannedState.DONE)
    sent = sum(n for kind, n in done.items() if auto_kinds.KINDS[kind].sends)
    written, heard = desk.written(), wire.texts()
    if written.total() != sent:
        yield f"{sent} automatic messages done, {written.total()} written"
    if desk.noted() != done[auto_kinds.NOTE]:
        yield f"{done[auto_kinds.NOTE]} notes done, {desk.noted()} written"
    calls = {(row.rule_id, row.version, row.event, row.act) for row in desk.acts() if row.kind == auto_kinds.WEBHOOK}
    if (told := {tuple(map(int, one.split("/"))) for one in wire.told}) != calls:
        yield f"{len(calls)} calls done, {len(told)} heard"
    for text, times in written.items():
        if heard[text] != times:
            yield f"«{text}» was written {times} times and heard {heard[text]} times"
