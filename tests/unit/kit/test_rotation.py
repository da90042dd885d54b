"""Tokens whose provider ends the login when a used one comes back: one process at a time asks, and never blindly."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import settings

from chatapp_cli.domain.errors import ChannelError, NeedsRebind, OutcomeUnknown, Retryable
from chatapp_cli.kit.rotation import Rotation
from chatapp_cli.kit.tokens import PATIENCE, Ask, Granted, GrantRefused, Tokens
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.memory import ShortMemory
from chatapp_cli.ports.world import World
from tests.unit.kit.renewing import Process, Provider, TwoProcesses, bound_with, lead
from tests.unit.kit.worlds import CountedChance, HeldClock, held_world


class StrictProvider(Provider):
    """Revokes everything when a used refresh token comes twice (RFC 9700)."""

    def __init__(self) -> None:
        super().__init__()
        self.presented: list[str] = []

    def renew(self, refresh: str) -> Granted | GrantRefused:
        self.presented.append(refresh)
        answer = super().renew(refresh)
        if isinstance(answer, GrantRefused) and refresh in self.issued:
            self.valid = ""
        return answer


class InTurn(TwoProcesses):
    """No process presents a used token, unless an answer did not reach the store; once that is sure, none ever does."""

    timeout = OutcomeUnknown("timeout")

    def __init__(self) -> None:
        self.chance = CountedChance()
        super().__init__()
        self.provider = StrictProvider()

    def asking(self, process: Process, bound: Bound) -> Ask:
        return Rotation(process.ask, bound, World(clock=process, chance=self.chance))

    def settle(self) -> None:
        super().settle()
        assert isinstance(self.provider, StrictProvider)
        presented = self.provider.presented
        assert self.lost or len(presented) == len(set(presented)), "a used token came again"
        if isinstance(self.newcomer().exception(), NeedsRebind):
            before = list(presented)
            assert isinstance(self.newcomer().exception(), NeedsRebind)
            assert presented == before, "a token that is lost was tried again"


InTurn.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


class TestInTurn(InTurn.TestCase):  # type: ignore[valid-type,misc]
    pass


@pytest.fixture
def machine() -> Iterator[InTurn]:
    machine = InTurn()
    yield machine
    machine.teardown()


def test_a_process_that_comes_meanwhile_asks_nothing_and_takes_the_token_of_the_first(machine: InTurn) -> None:
    machine.have_a_call_refused("daemon")
    lead(machine, "daemon", "answer")
    machine.have_a_call_refused("check")
    lead(machine, "check", "sleep")
    (waiter,) = machine.processes["check"].waiters
    lead(machine, "daemon", "written")
    while not waiter.done():
        machine.let_time_pass(1.0)
        machine.let_it_on("check")
    assert waiter.result().refresh == "refresh-2"
    assert machine.provider.issued == ["refresh-1", "refresh-2"]


PLACES = ("read", "swap", "request", "answer", "write", "written")
"""The steps of a renewal, in order."""


@pytest.mark.parametrize("place", PLACES)
def test_a_process_killed_at_any_step_costs_the_login_only_where_its_answer_was_on_the_way(
    machine: InTurn, place: str
) -> None:
    machine.have_a_call_refused("daemon")
    lead(machine, "daemon", place)
    machine.kill("daemon")
    found = machine.newcomer()
    assert machine.lost == (place in {"answer", "write"})
    assert isinstance(found.exception(), NeedsRebind if machine.lost else type(None))
    assert isinstance(machine.provider, StrictProvider)
    assert machine.provider.presented.count("refresh-1") == (2 if machine.lost else 1)


class Silent:
    """A provider whose answers are lost a few times, on the way there or on the way back."""

    def __init__(self, errors: list[ChannelError]) -> None:
        self.errors = errors
        self.asked: list[str] = []

    async def ask(self, refresh: str) -> Granted:
        self.asked.append(refresh)
        if self.errors:
            raise self.errors.pop(0)
        return Granted(access_token="fresh", refresh_token="refresh-2")


def tokens_of(provider: Silent, memory: ShortMemory) -> Tokens:
    bound = bound_with(Provider(), memory)
    return Tokens(bound, Rotation(provider.ask, bound, held_world()), HeldClock())


async def renewed(provider: Silent, memory: ShortMemory) -> str:
    tokens = tokens_of(provider, memory)
    return (await tokens.another(await tokens.present())).access


async def test_an_answer_that_was_lost_is_asked_for_once_more() -> None:
    provider, memory = Silent([OutcomeUnknown("timeout")]), ShortMemory()
    with pytest.raises(Retryable):
        await renewed(provider, memory)
    assert await renewed(provider, memory) == "fresh"
    assert provider.asked == ["refresh-1", "refresh-1"]


async def test_a_refusal_after_a_lost_answer_is_final() -> None:
    provider, memory = Silent([OutcomeUnknown("timeout"), GrantRefused("access_ended")]), ShortMemory()
    with pytest.raises(Retryable):
        await renewed(provider, memory)
    for _ in range(3):
        with pytest.raises(NeedsRebind):
            await renewed(provider, memory)
    assert len(provider.asked) == 2


async def test_a_request_that_never_left_leaves_no_doubt_and_a_refusal_without_one_may_heal() -> None:
    provider, memory = Silent([Retryable("unreachable"), GrantRefused("access_ended")]), ShortMemory()
    with pytest.raises(Retryable):
        await renewed(provider, memory)
    with pytest.raises(NeedsRebind):
        await renewed(provider, memory)
    assert await renewed(provider, memory) == "fresh"


async def test_a_token_that_its_provider_keeps_is_renewed_again_without_waiting() -> None:
    provider, memory, clock = Silent([]), ShortMemory(), HeldClock()
    bound = bound_with(Provider(), memory)
    tokens = Tokens(bound, Rotation(provider.ask, bound, World(clock=clock, chance=CountedChance())), clock)
    before = clock.now()
    for _ in range(3):
        await tokens.another(await tokens.present())
        clock.at += 1
    assert len(provider.asked) == 3
    assert clock.now() - before == 3


async def test_what_is_noted_shows_no_token() -> None:
    provider, memory = Silent([OutcomeUnknown("timeout")]), ShortMemory()
    with pytest.raises(Retryable):
        await renewed(provider, memory)
    (note,) = (await memory.known("renewal:")).values()
    assert "refresh-1" not in note
    assert "first" not in note


def test_a_lost_answer_is_waited_for_once_and_then_by_nobody(machine: InTurn) -> None:
    machine.have_a_call_refused("daemon")
    lead(machine, "daemon", "answer")
    machine.kill("daemon")
    ends = []
    for _ in range(3):
        assert isinstance(machine.newcomer().exception(), NeedsRebind)
        ends.append(machine.time)
    assert sum(PATIENCE) <= ends[0] < 1.2 * sum(PATIENCE)
    assert ends[2] - ends[0] <= len(ends), "the machine's time goes on by a second even where nobody waits"


class StillClock(HeldClock):
    """A clock by which nobody wakes up."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


async def test_a_session_that_ends_does_not_wait_for_another_process() -> None:
    provider, memory = Silent([]), ShortMemory()
    bound = bound_with(Provider(), memory)
    never: asyncio.Future[Granted] = asyncio.get_running_loop().create_future()
    killed = asyncio.ensure_future(Rotation(lambda _: never, bound, held_world())("refresh-1"))
    while not await memory.known("renewal:"):
        await asyncio.sleep(0)
    killed.cancel()
    tokens = Tokens(bound, Rotation(provider.ask, bound, held_world()), StillClock())
    waiter = asyncio.create_task(tokens.another(await tokens.present()))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not waiter.done()
    await tokens.aclose()
    with pytest.raises(Retryable, match="timeout"):
        await waiter
    assert provider.asked == []


def test_a_slow_answer_is_waited_for_as_long_as_it_may_take(machine: InTurn) -> None:
    machine.have_a_call_refused("daemon")
    lead(machine, "daemon", "answer")
    machine.have_a_call_refused("check")
    lead(machine, "check", "sleep")
    for _ in range(38):
        machine.let_time_pass(0.5)
        machine.let_it_on("check")
    lead(machine, "daemon", "written")
    assert isinstance(machine.provider, StrictProvider)
    assert machine.provider.presented == ["refresh-1"]
