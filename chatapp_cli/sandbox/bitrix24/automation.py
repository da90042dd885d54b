"""Robots on stages: a card that enters one runs them one after another, each of ours by a call of its handler.

Sources: b24-rest-docs ``bizproc-robot-add.md``, ``bizproc-event-send.md``; providers' sheet §3.3, addendum B8.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import uuid4

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.bitrix24.courier import EventCourier
from chatapp_cli.sandbox.bitrix24.misbehaviour import Misbehaviour
from chatapp_cli.sandbox.bitrix24.objects import ADMIN, Answered, Json, PortalCard, PortalRefusal
from chatapp_cli.sandbox.bitrix24.office import PortalOffice
from chatapp_cli.sandbox.brackets import flattened, unordered
from chatapp_cli.sandbox.serving import reach

_VALUE: Final = re.compile(r"\{=(Document|A[0-9]+):(\w+)\}")
"""A value of the card, or a result of an earlier step, as the designer writes it into a field."""
_ANSWERED: Final = "Получен ответ от приложения"
"""What stands in the log of a process if an answer says nothing itself (``bizproc.event.send``)."""

_CARDS_VALUES: Final[Mapping[str, Callable[[PortalCard], str]]] = {
    "ID": lambda card: str(card.id),
    "TITLE": lambda card: card.title,
    "PHONE": lambda card: card.phone,
    "IM": lambda card: ", ".join(f"imol|{code}" for code in card.codes),
}
"""The values of a card by the names of its fields in the designer."""


class RunState(StrEnum):
    """How a step fares."""

    WAITING = "waiting"
    ANSWERED = "answered"
    NOT_AWAITED = "not_awaited"
    TIMED_OUT = "timed_out"
    MISSING = "missing"
    """The application has no such robot any more."""
    SKIPPED = "skipped"
    """The card did not fulfil its condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotTiming:
    """When a robot of a stage runs (S-171); as it is: in turn, at once, in any case."""

    independent: bool = False
    """«Независимо от других роботов»: it waits for none before it, and none after it waits for it."""
    after: float = 0.0
    """«Когда»: so many seconds after its turn; 0: «Сразу»."""
    only_if: Mapping[str, str] = field(default_factory=dict)
    """«При условии»: the values that fields of the card have to have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRobot:
    """A robot as somebody put it on a stage and filled it in."""

    code: str
    kind: str
    stage: str
    properties: Mapping[str, str]
    waits: bool
    """Whether the process waits for its answer."""
    timeout: int = 0
    """Seconds that it waits; 0: as long as it takes."""
    timing: RobotTiming = RobotTiming()


@dataclass(slots=True, kw_only=True)
class _Process:
    """What a card's entry into a stage began."""

    id: str
    card: PortalCard
    steps: Sequence[PlacedRobot]


@dataclass(slots=True, kw_only=True)
class RobotRun:
    """One step of a process."""

    process: _Process = field(repr=False)
    place: int
    token: str
    state: RunState = RunState.WAITING
    returned: Json = field(default_factory=dict)
    """The values that the process took from the answer."""
    is_timeout: int | None = None
    """The portal's own output ``IsTimeout``: 1 if the time was over, 0 if an answer came."""
    log: list[str] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    """What the handler's address answered to each call."""
    until: float | None = None
    begins: float | None = None
    """When it begins, while it waits for that."""
    ended: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def placed(self) -> PlacedRobot:
        """The robot as it is filled in."""
        return self.process.steps[self.place]

    @property
    def code(self) -> str:
        """Which robot it is."""
        return self.placed.code

    @property
    def card(self) -> PortalCard:
        """Whose stage it stands on."""
        return self.process.card


class Automation:
    """The robots of one portal and what they did."""

    def __init__(self, office: PortalOffice, courier: EventCourier, clock: Clock, misbehaviour: Misbehaviour) -> None:
        self._office, self._courier, self._clock, self._misbehaviour = office, courier, clock, misbehaviour
        self._placed: list[PlacedRobot] = []
        self.runs: list[RobotRun] = []
        """All steps that were begun, in order."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._watches: dict[str, asyncio.Task[None]] = {}
        """Who waits for the end of a step's time, by its token."""
        office.entered = self._enters

    def place(
        self, code: str, stage: str, properties: Mapping[str, str], *, kind: str = "deal", waits: bool = True,
        timeout: int = 0, timing: RobotTiming = RobotTiming(),
    ) -> PlacedRobot:  # fmt: skip
        """Put a robot below those of a stage, as the designer lets one: raises LookupError for what it does not."""
        robot = self._office.robots.get(code)
        if robot is None or not _is_shown(robot, kind):
            raise LookupError(f"{code} is not offered for {kind}")
        known: Mapping[str, Json] = robot.get("PROPERTIES") or {}
        if unknown := properties.keys() - known.keys():
            raise LookupError(f"{code} has no {', '.join(sorted(unknown))}")
        lacking = [key for key, one in known.items() if one.get("Required") == "Y" and not properties.get(key)]
        if lacking:
            raise LookupError(f"{code} is not saved without {', '.join(lacking)}")
        if odd := timing.only_if.keys() - _CARDS_VALUES.keys():
            raise LookupError(f"a card has no {', '.join(sorted(odd))}")
        filled = {key: str(properties.get(key, one.get("Default") or "")) for key, one in known.items()}
        waits = waits and robot.get("USE_SUBSCRIPTION") != "N"
        placed = PlacedRobot(
            code=code, kind=kind, stage=stage, properties=filled, waits=waits, timeout=timeout, timing=timing
        )
        self._placed.append(placed)
        return placed

    def _enters(self, card: PortalCard) -> None:
        steps = [one for one in self._placed if (one.kind, one.stage) == (card.kind, card.stage)]
        if steps:
            process = _Process(id=f"{uuid4().hex[:14]}.{uuid4().int % 10**8:08}", card=card, steps=steps)
            for place, one in enumerate(steps):
                if one.timing.independent:
                    self._comes(process, place)
            self._go_on(process, 0)

    def _go_on(self, process: _Process, place: int) -> None:
        """Begin the next step that waits for the one before, if there is one."""
        turns = [turn for turn in range(place, len(process.steps)) if not process.steps[turn].timing.independent]
        if turns:
            self._comes(process, turns[0])

    def _comes(self, process: _Process, place: int) -> None:
        """It is a step's turn: it begins now, or after its time."""
        token = f"{process.id}|A{place + 1}|{uuid4().hex}.{uuid4().hex}"
        run = RobotRun(process=process, place=place, token=token)
        self.runs.append(run)
        if run.placed.timing.after:
            run.begins = self._clock.monotonic() + run.placed.timing.after
            self._start(self._await_time(run))
        else:
            self._begin(run)

    async def _await_time(self, run: RobotRun) -> None:
        assert run.begins is not None
        await reach(self._clock, run.begins)
        run.begins = None
        self._begin(run)

    def _begin(self, run: RobotRun) -> None:
        wanted = run.placed.timing.only_if.items()
        if any(_CARDS_VALUES[name](run.card) != value for name, value in wanted):
            self._end(run, RunState.SKIPPED)
            return
        if run.code not in self._office.robots:
            self._end(run, RunState.MISSING)
            return
        self._start(self._call(run))
        if not run.placed.waits:
            self._end(run, RunState.NOT_AWAITED)
        elif run.placed.timeout:
            run.until = self._clock.monotonic() + run.placed.timeout
            self._watches[run.token] = self._start(self._watch(run))

    def _end(self, run: RobotRun, state: RunState) -> None:
        run.state = state
        run.ended.set()
        if (watch := self._watches.pop(run.token, None)) and watch is not asyncio.current_task():
            watch.cancel()
        if not run.placed.timing.independent:
            self._go_on(run.process, run.place + 1)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _call(self, run: RobotRun) -> None:
        """Call the handler, once: nobody repeats a call that failed. A doubled one comes twice at the same moment."""
        robot = self._office.robots[run.code]
        times = 1 + bool(self._misbehaviour.doubled_robots)
        self._misbehaviour.doubled_robots -= times - 1
        form = unordered(flattened(self._said(run, robot)))
        run.answered += await asyncio.gather(*(self._courier.post(str(robot["HANDLER"]), form) for _ in range(times)))

    def _said(self, run: RobotRun, robot: Json) -> Json:
        module, entity, document = _document(run.card)
        return {
            "workflow_id": run.process.id, "code": run.code, "document_id": [module, entity, document],
            "document_type": [module, entity, document.rpartition("_")[0]], "event_token": run.token,
            "properties": {name: self._filled(value, run) for name, value in run.placed.properties.items()},
            "use_subscription": "Y" if run.placed.waits else "N",
            "timeout_duration": run.placed.timeout, "ts": self._courier.seconds(),
            "auth": self._courier.auth_block(int(robot.get("AUTH_USER_ID") or ADMIN), refresh=True),
        }  # fmt: skip

    def _filled(self, value: str, run: RobotRun) -> str:
        """A property with the values of the card and the results of earlier steps in place of their names."""
        earlier = {f"A{one.place + 1}": one.returned for one in self.runs if one.process is run.process}

        def named(found: re.Match[str]) -> str:
            source, name = found.groups()
            if source == "Document":
                return _CARDS_VALUES[name](run.card) if name in _CARDS_VALUES else found[0]
            return str(earlier.get(source, {}).get(name, ""))

        return _VALUE.sub(named, value)

    async def _watch(self, run: RobotRun) -> None:
        assert run.until is not None
        await reach(self._clock, run.until)
        if run.state is RunState.WAITING:
            run.is_timeout = 1
            self._end(run, RunState.TIMED_OUT)

    def step(self, token: str) -> RobotRun:
        """The step of a token, whether it has ended or not. Raises PortalRefusal for a token of nobody."""
        for run in self.runs:
            if run.token == token:
                return run
        raise PortalRefusal(403, "ACCESS_DENIED", "Access denied!")

    def answer(self, run: RobotRun, values: Json, words: str) -> None:
        """Take an answer; one that comes when the step has ended changes nothing, and nobody is told so."""
        if run.state is not RunState.WAITING:
            return
        known = self._office.robots.get(run.code, {}).get("RETURN_PROPERTIES") or {}
        run.returned = {name: value for name, value in values.items() if name in known}
        run.is_timeout = 0
        run.log.append(words or _ANSWERED)
        self._end(run, RunState.ANSWERED)

    def begin(self) -> None:
        """Go on with what waits for its time."""
        for run in self.runs:
            if run.begins is not None:
                self._start(self._await_time(run))
            elif run.state is RunState.WAITING and run.until is not None:
                self._watches[run.token] = self._start(self._watch(run))

    async def settled(self) -> None:
        """Wait until every process has ended; for those with a timeout the clock has to move meanwhile."""
        for run in self.runs:  # it grows meanwhile
            await run.ended.wait()
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def stop(self) -> None:
        """Call nobody any more; what waits goes on waiting."""
        for task in (stopped := set(self._tasks)):
            task.cancel()
        await asyncio.gather(*stopped, return_exceptions=True)


def _document(card: PortalCard) -> tuple[str, str, str]:
    """Module, entity and document as business processes name them."""
    if card.kind.startswith("dynamic_"):
        return "crm", "Bitrix\\Crm\\Integration\\BizProc\\Document\\Dynamic", f"{card.kind.upper()}_{card.id}"
    return "crm", f"CCrmDocument{card.kind.capitalize()}", f"{card.kind.upper()}_{card.id}"


def _is_shown(robot: Json, kind: str) -> bool:
    """Whether the filter lets the designer offer a robot for a kind of cards; a rule names module and entity."""
    included = (robot.get("FILTER") or {}).get("INCLUDE")
    entity = _document(PortalCard(kind=kind, id=0, title="", responsible=ADMIN))[1]
    return not included or any(rule == "crm" or list(rule[:2]) in (["crm"], ["crm", entity]) for rule in included)
