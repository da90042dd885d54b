"""Two processes that renew one token."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chatapp_cli.domain.errors import ChannelError, NeedsRebind, Retryable
from chatapp_cli.kit.tokens import ANSWERED_WITHIN, AccessToken, Ask, Granted, GrantRefused, Tokens, token_of, written
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.memory import ShortMemory
from tests.unit.kit.worlds import NOON

WRITES_WITHIN = 5.0


class Provider:
    """The provider's end of the chain: one refresh token works, once."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.valid = ""
        self.issued: list[str] = []
        self.grant()

    def grant(self) -> Granted:
        self.valid = f"refresh-{next(self._numbers)}"
        self.issued.append(self.valid)
        return Granted(access_token=f"access of {self.valid}", refresh_token=self.valid)

    def renew(self, refresh: str) -> Granted | GrantRefused:
        return self.grant() if refresh == self.valid else GrantRefused("grant_refused")


@dataclass(slots=True)
class Gate:
    """Where a process stands until it is let on, or until its time is over."""

    what: str
    until: float
    opened: asyncio.Future[None]


class Process:
    """A daemon or a check; time and interleaving are the machine's. It is its own memory and clock."""

    def __init__(self, machine: TwoProcesses) -> None:
        self.machine = machine
        self.gates: list[Gate] = []
        self.holds = ""
        """A refresh token that the provider has given us and that is not in the store yet."""
        self.waiters: list[asyncio.Task[AccessToken]] = []
        bound = Bound(account="1", title="", secrets={"token": machine.first, "grant": "g"}, memory=self)
        self.tokens = Tokens(bound, machine.asking(self, bound), self)

    async def stand(self, what: str, seconds: float) -> None:
        gate = Gate(what, self.machine.time + seconds, self.machine.loop.create_future())
        self.gates.append(gate)
        try:
            await gate.opened
        finally:
            self.gates.remove(gate)

    def next_gate(self) -> Gate | None:
        return next((gate for gate in self.gates if gate.what != "sleep"), None)

    async def ask(self, refresh: str) -> Granted:
        sent = self.machine.time
        await self.stand("request", ANSWERED_WITHIN)
        answer = self.machine.provider.renew(refresh)
        self.holds = "" if isinstance(answer, GrantRefused) else answer.refresh_token
        await self.stand("answer", sent + ANSWERED_WITHIN - self.machine.time)
        if isinstance(answer, GrantRefused):
            raise answer
        return answer

    async def known(self, prefix: str = "") -> Mapping[str, str]:
        await self.stand("read", WRITES_WITHIN)
        return await self.machine.store.known(prefix)

    async def save(self, changes: Mapping[str, str]) -> None:
        await self.stand("write", WRITES_WITHIN)
        await self.machine.store.save(changes)
        self.holds = ""
        await self.stand("written", WRITES_WITHIN)

    async def swap(self, name: str, before: str, after: str) -> bool:
        await self.stand("swap", WRITES_WITHIN)
        return await self.machine.store.swap(name, before, after)

    def now(self) -> int:
        return NOON + int(self.machine.time * 1000)

    def monotonic(self) -> float:
        return self.machine.time

    async def sleep(self, seconds: float) -> None:
        await self.stand("sleep", seconds)


PROCESSES = st.sampled_from(["daemon", "check"])


class TwoProcesses(RuleBasedStateMachine):
    """The chain breaks only where an answer did not reach the store: ``lost`` says that it happened."""

    timeout: ClassVar[ChannelError] = Retryable("timeout")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.time = 0.0
        self.provider = Provider()
        granted = Granted(access_token="first", refresh_token=self.provider.valid)
        self.first = written(token_of(granted, NOON))
        self.store = ShortMemory()
        self.lost = False
        self.processes = {"daemon": Process(self), "check": Process(self)}
        self.dead: list[Process] = []

    def asking(self, process: Process, _bound: Bound) -> Ask:
        """How a process asks for tokens."""
        return process.ask

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            everybody = [*self.processes.values(), *self.dead]
            for process in everybody:
                for waiter in process.waiters:
                    waiter.cancel()
            left = asyncio.all_tasks(self.loop)
            for task in left:
                task.cancel()
            if left:
                self.loop.run_until_complete(asyncio.wait(left, timeout=10))
            self.loop.close()

    @rule(name=PROCESSES)
    def have_a_call_refused(self, name: str) -> None:
        process = self.processes[name]
        if len(process.waiters) < 2:
            process.waiters.append(self.loop.create_task(self.renew(process)))
            self.run_on()

    async def renew(self, process: Process) -> AccessToken:
        return await process.tokens.another(await process.tokens.present())

    @rule(name=PROCESSES)
    def let_it_on(self, name: str) -> None:
        if gate := self.processes[name].next_gate():
            self.open(gate)

    @rule(name=PROCESSES)
    def let_somebody_give_up_waiting(self, name: str) -> None:
        for waiter in self.processes[name].waiters[:1]:
            waiter.cancel()
            self.run_on()

    @rule(name=PROCESSES)
    def kill(self, name: str) -> None:
        process = self.processes[name]
        self.lost |= bool(process.holds)
        self.dead.append(process)
        self.processes[name] = Process(self)

    @rule(seconds=st.sampled_from([0.5, 3.0, 12.0, 40.0]))
    def let_time_pass(self, seconds: float) -> None:
        end = self.time + seconds
        while due := self.next_due(end):
            process, gate = due
            self.time = max(self.time, gate.until)
            if gate.what in {"request", "answer"}:
                self.lost |= bool(process.holds)
                process.holds = ""
                gate.opened.set_exception(self.timeout)
                self.run_on()
            else:
                self.open(gate)
        self.time = end

    def next_due(self, end: float) -> tuple[Process, Gate] | None:
        standing = [(p, gate) for p in self.processes.values() for gate in p.gates if gate.until <= end]
        return min(standing, key=lambda one: one[1].until, default=None)

    def open(self, gate: Gate) -> None:
        gate.opened.set_result(None)
        self.run_on()

    def run_on(self) -> None:
        """Until everybody stands at a gate again."""
        for _ in range(12):
            self.loop.run_until_complete(asyncio.sleep(0))
        for process in self.processes.values():
            for waiter in [one for one in process.waiters if one.done()]:
                process.waiters.remove(waiter)
                self.judge(waiter)

    def judge(self, waiter: asyncio.Task[AccessToken]) -> None:
        error = None if waiter.cancelled() else waiter.exception()
        assert not isinstance(error, NeedsRebind) or self.lost, "bound again although no answer was lost"
        assert error is None or isinstance(error, ChannelError)

    @invariant()
    @precondition(lambda self: not self.lost)
    def the_token_that_works_is_in_the_store_or_in_a_living_hand(self) -> None:
        stored = self.loop.run_until_complete(self.store.known())
        hands = [process.holds for process in self.processes.values()]
        assert any(self.provider.valid in text for text in chain(stored.values(), hands, [self.first]))

    def settle(self) -> None:
        """Let everybody finish; whoever comes then gets a token that works."""
        for _ in range(60):
            self.let_time_pass(1.0)
            for process in self.processes.values():
                while gate := process.next_gate():
                    self.open(gate)
        if not self.lost:
            assert self.newcomer().result().refresh == self.provider.valid

    def newcomer(self) -> asyncio.Task[AccessToken]:
        """The call of a process that starts now, ended."""
        process = self.processes["check"] = Process(self)
        task = self.loop.create_task(self.renew(process))
        self.run_on()
        while not task.done():
            if gate := process.next_gate():
                self.open(gate)
            else:
                self.let_time_pass(1.0)
        return task


TwoProcesses.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


def lead(machine: TwoProcesses, name: str, place: str) -> None:
    """Let a process on until it stands there."""
    process = machine.processes[name]
    while all(gate.what != place for gate in process.gates):
        assert process.next_gate(), f"the {name} does not get there"
        machine.let_it_on(name)


def bound_with(provider: Provider, memory: ShortMemory) -> Bound:
    first = written(token_of(Granted(access_token="first", refresh_token=provider.valid), NOON))
    return Bound(account="1", title="", secrets={"token": first, "grant": "g"}, memory=memory)
