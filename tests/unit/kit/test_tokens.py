"""Tokens that renew themselves once each: two processes, crashes at every step, answers that are lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping

import pytest

from chatapp_cli.domain.errors import StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.kit.tokens import Granted, GrantRefused, Tokens, token_of, written
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.memory import ShortMemory
from tests.unit.kit.renewing import Provider, TwoProcesses, bound_with, lead
from tests.unit.kit.worlds import NOON, HeldClock


class TestTwoProcesses(TwoProcesses.TestCase):  # type: ignore[valid-type,misc]
    pass


@pytest.fixture
def machine() -> Iterator[TwoProcesses]:
    machine = TwoProcesses()
    yield machine
    machine.teardown()


def test_a_check_waits_for_the_slow_answer_that_the_daemon_is_about_to_get(machine: TwoProcesses) -> None:
    for name, place in (("daemon", "answer"), ("check", "sleep")):
        machine.have_a_call_refused(name)
        lead(machine, name, place)
    (waiter,) = machine.processes["check"].waiters
    for _ in range(36):
        machine.let_time_pass(0.5)
        machine.let_it_on("check")
    assert not waiter.done()
    lead(machine, "daemon", "written")
    machine.let_time_pass(40)
    assert waiter.result().refresh == "refresh-2"


def test_an_answer_is_kept_even_where_everybody_gave_up_waiting_for_it(machine: TwoProcesses) -> None:
    machine.have_a_call_refused("daemon")
    lead(machine, "daemon", "answer")
    machine.let_somebody_give_up_waiting("daemon")
    assert machine.processes["daemon"].waiters == []
    lead(machine, "daemon", "written")
    assert "refresh-2" in machine.loop.run_until_complete(machine.store.known())["token:g"]


class BusyStore(ShortMemory):
    """Cannot be written a few times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def save(self, changes: Mapping[str, str]) -> None:
        if self.times:
            self.times -= 1
            raise StoreError(T("The disk is full."))
        await super().save(changes)


def asking(provider: Provider, *, seen: list[str]) -> Callable[[str], Awaitable[Granted]]:
    async def ask(refresh: str) -> Granted:
        seen.append(refresh)
        answer = provider.renew(refresh)
        if isinstance(answer, GrantRefused):
            raise answer
        return answer

    return ask


async def test_a_store_that_is_busy_for_a_moment_does_not_cost_the_account() -> None:
    provider, memory = Provider(), BusyStore(4)
    seen: list[str] = []
    tokens = Tokens(bound_with(provider, memory), asking(provider, seen=seen), HeldClock())
    token = await tokens.another(await tokens.present())
    assert token.refresh == provider.valid
    assert seen == ["refresh-1"]
    assert provider.valid in (await memory.known())["token:g"]


async def test_a_token_is_durable_before_it_is_used() -> None:
    provider, memory = Provider(), BusyStore(99)
    seen: list[str] = []
    tokens = Tokens(bound_with(provider, memory), asking(provider, seen=seen), HeldClock())
    with pytest.raises(StoreError):
        await tokens.another(await tokens.present())
    assert (await tokens.present()).access == "first"


async def test_a_token_is_renewed_before_it_ends_and_only_then() -> None:
    provider, clock = Provider(), HeldClock()
    seen: list[str] = []
    tokens = Tokens(bound_with(provider, ShortMemory()), asking(provider, seen=seen), clock)
    await clock.sleep(86_400 - 301)
    assert (await tokens.present()).access == "first"
    await clock.sleep(2)
    assert (await tokens.present()).access == "access of refresh-2"
    assert (await tokens.present()).access == "access of refresh-2"
    assert seen == ["refresh-1"]


async def test_many_refused_calls_renew_once() -> None:
    provider = Provider()
    seen: list[str] = []
    tokens = Tokens(bound_with(provider, ShortMemory()), asking(provider, seen=seen), HeldClock())
    refused = await tokens.present()
    found = await asyncio.gather(*(tokens.another(refused) for _ in range(20)))
    assert {token.access for token in found} == {"access of refresh-2"}
    assert seen == ["refresh-1"]


async def test_a_new_binding_forgets_the_chain_of_the_old_one() -> None:
    provider, memory = Provider(), ShortMemory()
    seen: list[str] = []
    old = bound_with(provider, memory)
    before = Tokens(old, asking(provider, seen=seen), HeldClock())
    await before.another(await before.present())
    again = Bound(account="1", title="", secrets={**old.secrets, "grant": "another"}, memory=memory)
    assert (await Tokens(again, asking(provider, seen=seen), HeldClock()).present()).access == "first"


def test_a_token_is_not_shown() -> None:
    token = token_of(Granted(access_token="open sesame", refresh_token="again"), NOON)
    assert "sesame" not in repr(token)
    assert "again" not in repr(token)


async def test_a_short_life_is_used_at_least_by_half() -> None:
    provider, clock = Provider(), HeldClock()
    first = token_of(Granted(access_token="first", refresh_token=provider.valid, expires_in=300), NOON)
    bound = Bound(account="1", title="", secrets={"token": written(first), "grant": "g"}, memory=ShortMemory())
    tokens = Tokens(bound, asking(provider, seen=[]), clock)
    await clock.sleep(149)
    assert (await tokens.present()).access == "first"
    await clock.sleep(1)
    assert (await tokens.present()).access == "access of refresh-2"
