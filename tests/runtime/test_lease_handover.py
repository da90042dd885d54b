"""One process holds the lease of a store; who holds it temporarily leaves for a daemon, and for nobody else."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from structlog.testing import capture_logs

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Busy
from chatapp_cli.i18n import show
from chatapp_cli.runtime.doctor import examine
from chatapp_cli.runtime.held_lease import CHECK_ASKED, HeldLease
from chatapp_cli.runtime.lease import CurrentHolder, HolderKind, current_holder, holding, waiting_to_hold
from chatapp_cli.settings import LoadedSettings
from tests.leases import hold_as_daemon, hold_elsewhere, rewrite, waiting_daemon

TEMPORARY = [HolderKind.WINDOW, HolderKind.COMMAND]
SAID = {
    None: (False, "The daemon is not running: nothing is received"),
    HolderKind.DAEMON: (True, f"The daemon runs, process {os.getpid()}"),
    HolderKind.WINDOW: (
        True,
        f"A daemon started by a window is running, process {os.getpid()}: it stops with the window",
    ),
    HolderKind.COMMAND: (
        False,
        f"A command holds the store, process {os.getpid()}; the daemon is not running: nothing is received",
    ),
}


async def work_for(held: HeldLease, seconds: float) -> None:
    """What a temporary holder does: it leaves once it is asked, after what was in flight."""
    await held.asked_for()
    await asyncio.sleep(seconds)


async def hold(company: Company, kind: HolderKind, holds: asyncio.Event, *, seconds: float = 0.0) -> None:
    with holding(company, kind) as held:
        holds.set()
        await work_for(held, seconds)


@pytest.mark.parametrize("kind", list(HolderKind))
def test_the_holder_is_known_with_its_process(company: Company, kind: HolderKind) -> None:
    assert current_holder(company) is None
    with holding(company, kind):
        assert current_holder(company) == CurrentHolder(os.getpid(), kind)
    assert current_holder(company) is None


@pytest.mark.parametrize("kind", [None, *HolderKind])
def test_doctor_says_who_holds_the_lease(company: Company, kind: HolderKind | None) -> None:
    with ExitStack() as stack:
        if kind is not None:
            stack.enter_context(holding(company, kind))
        found = next(one for one in examine(LoadedSettings(company.settings, {}, None)) if one.name == "daemon")
    assert (found.ok, show(found.what)) == SAID[kind]


@pytest.mark.parametrize("kind", TEMPORARY)
async def test_a_daemon_waits_until_a_temporary_holder_has_finished(
    companies: Callable[..., Company], kind: HolderKind
) -> None:
    holds = asyncio.Event()
    holder = asyncio.create_task(hold(companies(), kind, holds, seconds=0.6))
    await holds.wait()
    company = companies()
    async with waiting_to_hold(company, HolderKind.DAEMON, asyncio.Event()) as held:
        assert held is not None
        assert holder.done()
        assert current_holder(company) == CurrentHolder(os.getpid(), HolderKind.DAEMON)
    await holder


async def test_of_two_daemons_that_wait_one_gets_the_place_and_the_other_is_refused(
    companies: Callable[..., Company],
) -> None:
    holds = asyncio.Event()
    holder = asyncio.create_task(hold(companies(), HolderKind.WINDOW, holds, seconds=0.6))
    await holds.wait()
    done = asyncio.Event()
    both = [asyncio.create_task(hold_as_daemon(companies(), done)) for _ in range(2)]
    refused, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED, timeout=10)
    done.set()
    results = await asyncio.gather(holder, *both, return_exceptions=True)
    assert len(refused) == 1
    assert sorted(type(result).__name__ for result in results) == ["Busy", "NoneType", "NoneType"]


async def test_one_that_does_not_leave_in_time_is_named(companies: Callable[..., Company]) -> None:
    with holding(companies(), HolderKind.WINDOW), pytest.raises(Busy, match=f"started by a window .*{os.getpid()}"):
        async with waiting_to_hold(companies(), HolderKind.DAEMON, asyncio.Event(), patience=0.5):
            pass


async def test_a_daemon_that_is_stopped_while_it_waits_ends_quietly(companies: Callable[..., Company]) -> None:
    stop = asyncio.Event()
    with holding(companies(), HolderKind.WINDOW):
        asyncio.get_running_loop().call_later(0.4, stop.set)
        async with waiting_to_hold(companies(), HolderKind.DAEMON, stop) as held:
            assert held is None


@pytest.mark.parametrize("kind", TEMPORARY)
async def test_a_temporary_holder_does_not_ask_another_to_leave(
    companies: Callable[..., Company], kind: HolderKind
) -> None:
    with holding(companies(), HolderKind.WINDOW) as held:
        asked = asyncio.create_task(held.asked_for())
        with pytest.raises(Busy, match="window"):
            async with waiting_to_hold(companies(), kind, asyncio.Event()):
                pass
        assert not asked.done()
        asked.cancel()


@pytest.mark.parametrize("kind", TEMPORARY)
async def test_a_temporary_holder_waits_behind_a_waiting_daemon(
    companies: Callable[..., Company], kind: HolderKind
) -> None:
    company = companies()
    with ExitStack() as window:
        window.enter_context(holding(companies(), HolderKind.WINDOW))
        async with waiting_daemon(companies()):
            await asyncio.sleep(0.4)
            window.close()
            with pytest.raises(Busy, match="is waiting for"), holding(company, kind):
                pass
    with holding(company, kind):
        assert current_holder(company) == CurrentHolder(os.getpid(), kind)


async def test_work_of_a_command_ends_when_a_daemon_asks(companies: Callable[..., Company]) -> None:
    with holding(companies(), HolderKind.COMMAND) as held:
        assert await held.lent_to(asyncio.sleep(0))
        async with waiting_daemon(companies()):
            assert not await held.lent_to(asyncio.sleep(60))


async def test_work_of_a_command_ends_when_its_lease_is_lost(company: Company) -> None:
    with holding(company, HolderKind.COMMAND, beat=0.05) as held:
        hold_elsewhere(company)
        rewrite(company, epoch=held.epoch + 1)
        assert not await held.lent_to(asyncio.sleep(60))


@contextmanager
def nothing_to_be_seen() -> Iterator[None]:
    """For a while nobody can look whether a daemon asks: there is no descriptor left."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_command_works_on_while_it_cannot_be_seen_whether_a_daemon_asks(company: Company) -> None:
    done = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(3 * CHECK_ASKED)
        done.set()

    with holding(company, HolderKind.COMMAND) as held, capture_logs() as said, nothing_to_be_seen():
        assert await held.lent_to(work())
    assert done.is_set()
    assert [line["event"] for line in said] == ["owner.cannot_look"]


async def test_a_daemon_is_heard_once_it_can_be_seen_again(companies: Callable[..., Company]) -> None:
    company = companies()
    with holding(company, HolderKind.WINDOW) as held:
        asked = asyncio.create_task(held.asked_for())
        with nothing_to_be_seen():
            await asyncio.sleep(2 * CHECK_ASKED)
            assert not asked.done()
        async with waiting_daemon(companies()):
            await asyncio.wait_for(asked, 5)


async def test_an_error_of_the_work_is_raised_as_it_is(company: Company) -> None:
    async def work() -> None:
        raise OSError(24, "Too many open files")

    with holding(company, HolderKind.COMMAND) as held, pytest.raises(OSError, match="Too many"):
        await held.lent_to(work())


@pytest.mark.parametrize("refused", [HolderKind.DAEMON, HolderKind.WINDOW, HolderKind.COMMAND])
async def test_nobody_takes_the_store_from_a_daemon(companies: Callable[..., Company], refused: HolderKind) -> None:
    with holding(companies()) as held:
        asked = asyncio.create_task(held.asked_for())
        with pytest.raises(Busy, match=r"daemon is already running for this store"):
            async with waiting_to_hold(companies(), refused, asyncio.Event()):
                pass
        assert not asked.done()
        asked.cancel()


def test_looking_who_holds_it_never_keeps_a_daemon_out(companies: Callable[..., Company]) -> None:
    company = companies()
    for _ in range(300):
        with holding(company):
            assert current_holder(company) is not None
        assert current_holder(company) is None


@pytest.mark.parametrize("holder", ["", "gardener", "٣ - - - -", "-1", "4711 1 other-boot desk2 key and more"])
def test_what_another_version_wrote_about_itself_is_a_daemons_of_another_machine(company: Company, holder: str) -> None:
    with holding(company):
        rewrite(company, holder=holder, kind="gardener")
        found = current_holder(company)
    if not holder:
        assert found is None
    else:
        assert found is not None
        assert found.kind is HolderKind.DAEMON
        assert found.named in {"?", "4711@desk2"}
