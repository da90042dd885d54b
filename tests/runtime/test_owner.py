"""A store has one owner; whoever holds it only meanwhile makes way for a daemon, and for nobody else."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from structlog.testing import capture_logs

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Busy
from chatapp_cli.i18n import show
from chatapp_cli.runtime.doctor import examine
from chatapp_cli.runtime.owner import LOOK, Owner, OwnerKind, Ownership, owner, owning, taking
from chatapp_cli.settings import LoadedSettings

TEMPORARY = [OwnerKind.WINDOW, OwnerKind.COMMAND]
SAID = {
    None: (False, "The daemon is not running: nothing is received"),
    OwnerKind.DAEMON: (True, f"The daemon runs, process {os.getpid()}"),
    OwnerKind.WINDOW: (
        True,
        f"A daemon started by a window is running, process {os.getpid()}: it stops with the window",
    ),
    OwnerKind.COMMAND: (
        False,
        f"A command is sending, process {os.getpid()}; the daemon is not running: nothing is received",
    ),
}


def rewrite(company: Company, **columns: object) -> None:
    """Write into the lease what another process would have written."""
    with closing(company.database.driver.connect()) as connection:
        for column, value in columns.items():
            mark = "?" if company.database.driver.dialect == "sqlite" else "%s"
            connection.execute(f"UPDATE lease SET {column} = {mark}", (value,))


async def work_for(owned: Ownership, seconds: float) -> None:
    """What a temporary owner does: it leaves once it is asked, after what was in flight."""
    await owned.asked_for()
    await asyncio.sleep(seconds)


async def hold(company: Company, kind: OwnerKind, held: asyncio.Event, *, seconds: float = 0.0) -> None:
    with owning(company, kind) as place:
        held.set()
        await work_for(place, seconds)


@pytest.mark.parametrize("kind", list(OwnerKind))
def test_who_owns_a_store_is_told_with_the_process(company: Company, kind: OwnerKind) -> None:
    assert owner(company) is None
    with owning(company, kind):
        assert owner(company) == Owner(os.getpid(), kind)
    assert owner(company) is None


@pytest.mark.parametrize("kind", [None, *OwnerKind])
def test_doctor_says_who_carries_the_store(company: Company, kind: OwnerKind | None) -> None:
    with ExitStack() as stack:
        if kind is not None:
            stack.enter_context(owning(company, kind))
        found = next(one for one in examine(LoadedSettings(company.settings, {}, None)) if one.name == "daemon")
    assert (found.ok, show(found.what)) == SAID[kind]


@pytest.mark.parametrize("kind", TEMPORARY)
async def test_a_daemon_waits_until_a_temporary_owner_has_finished(
    companies: Callable[..., Company], kind: OwnerKind
) -> None:
    held = asyncio.Event()
    holding = asyncio.create_task(hold(companies(), kind, held, seconds=0.6))
    await held.wait()
    company = companies()
    async with taking(company, OwnerKind.DAEMON, asyncio.Event()) as place:
        assert place is not None
        assert holding.done()
        assert owner(company) == Owner(os.getpid(), OwnerKind.DAEMON)
    await holding


async def test_of_two_daemons_that_wait_one_gets_the_place_and_the_other_is_refused(
    companies: Callable[..., Company],
) -> None:
    held = asyncio.Event()
    holding = asyncio.create_task(hold(companies(), OwnerKind.WINDOW, held, seconds=0.6))
    await held.wait()
    done = asyncio.Event()

    async def daemon(company: Company) -> None:
        async with taking(company, OwnerKind.DAEMON, asyncio.Event()):
            await done.wait()

    both = [asyncio.create_task(daemon(companies())) for _ in range(2)]
    refused, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED, timeout=10)
    done.set()
    results = await asyncio.gather(holding, *both, return_exceptions=True)
    assert len(refused) == 1
    assert sorted(type(result).__name__ for result in results) == ["Busy", "NoneType", "NoneType"]


async def test_one_that_does_not_leave_in_time_is_named(companies: Callable[..., Company]) -> None:
    with owning(companies(), OwnerKind.WINDOW), pytest.raises(Busy, match=f"started by a window .*{os.getpid()}"):
        async with taking(companies(), OwnerKind.DAEMON, asyncio.Event(), patience=0.5):
            pass


async def test_a_daemon_that_is_stopped_while_it_waits_ends_quietly(companies: Callable[..., Company]) -> None:
    stop = asyncio.Event()
    with owning(companies(), OwnerKind.WINDOW):
        asyncio.get_running_loop().call_later(0.4, stop.set)
        async with taking(companies(), OwnerKind.DAEMON, stop) as place:
            assert place is None


@pytest.mark.parametrize("kind", TEMPORARY)
async def test_who_comes_only_meanwhile_neither_asks_anybody_away_nor_overtakes_a_waiting_daemon(
    companies: Callable[..., Company], kind: OwnerKind
) -> None:
    company = companies()
    with owning(companies(), OwnerKind.WINDOW) as place:
        asked = asyncio.create_task(place.asked_for())
        with pytest.raises(Busy, match="window"):
            async with taking(company, kind, asyncio.Event()):
                pass
        assert not asked.done()
        asked.cancel()
    with owning(companies(), OwnerKind.WINDOW):
        waiting = asyncio.create_task(_stay(companies()))
        await asyncio.sleep(0.4)
    with pytest.raises(Busy, match="is waiting for"), owning(company, kind):
        pass
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    with owning(company, kind):
        assert owner(company) == Owner(os.getpid(), kind)


async def _stay(company: Company) -> None:
    async with taking(company, OwnerKind.DAEMON, asyncio.Event()):
        await asyncio.Event().wait()


async def test_work_of_a_command_ends_when_a_daemon_comes_and_says_so(companies: Callable[..., Company]) -> None:
    with owning(companies(), OwnerKind.COMMAND) as place:
        assert await place.lent_to(asyncio.sleep(0))
        waiting = asyncio.create_task(_stay(companies()))
        assert not await place.lent_to(asyncio.sleep(60))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


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
        await asyncio.sleep(3 * LOOK)
        done.set()

    with owning(company, OwnerKind.COMMAND) as owned, capture_logs() as said, nothing_to_be_seen():
        assert await owned.lent_to(work())
    assert done.is_set()
    assert [line["event"] for line in said] == ["owner.cannot_look"]


async def test_a_daemon_is_heard_once_it_can_be_seen_again(companies: Callable[..., Company]) -> None:
    company = companies()
    with owning(company, OwnerKind.WINDOW) as owned:
        asked = asyncio.create_task(owned.asked_for())
        with nothing_to_be_seen():
            await asyncio.sleep(2 * LOOK)
            assert not asked.done()
        waiting = asyncio.create_task(_stay(companies()))
        await asyncio.wait_for(asked, 5)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_what_a_command_stumbles_over_is_its_own_and_no_daemon_that_asks(company: Company) -> None:
    async def work() -> None:
        raise OSError(24, "Too many open files")

    with owning(company, OwnerKind.COMMAND) as owned, pytest.raises(OSError, match="Too many"):
        await owned.lent_to(work())


@pytest.mark.parametrize("refused", [OwnerKind.DAEMON, OwnerKind.WINDOW, OwnerKind.COMMAND])
async def test_a_daemon_is_left_alone_by_whoever_comes(companies: Callable[..., Company], refused: OwnerKind) -> None:
    with owning(companies()) as owned:
        asked = asyncio.create_task(owned.asked_for())
        with pytest.raises(Busy, match=r"daemon is already running for this store"):
            async with taking(companies(), refused, asyncio.Event()):
                pass
        assert not asked.done()
        asked.cancel()


def test_looking_who_owns_it_never_keeps_a_daemon_out(companies: Callable[..., Company]) -> None:
    company = companies()
    for _ in range(300):
        with owning(company):
            assert owner(company) is not None
        assert owner(company) is None


@pytest.mark.parametrize("holder", ["", "gardener", "٣ - - - -", "-1", "4711 1 other-boot desk2 key and more"])
def test_what_another_version_wrote_about_itself_is_a_daemons_of_another_machine(company: Company, holder: str) -> None:
    with owning(company):
        rewrite(company, holder=holder, kind="gardener")
        found = owner(company)
    if not holder:
        assert found is None
    else:
        assert found is not None
        assert found.kind is OwnerKind.DAEMON
        assert found.named in {"?", "4711@desk2"}
