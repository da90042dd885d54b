"""The lease that a process holds on a store: who may follow whom, when a holder ends by itself, and who may migrate."""

from __future__ import annotations

import asyncio
import fcntl
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.i18n import show
from chatapp_cli.runtime.doctor import examine
from chatapp_cli.runtime.held_lease import HeldLease, LeaseKeeper, elapsed
from chatapp_cli.runtime.lease import (
    CurrentHolder,
    HolderKind,
    SilentHolder,
    current_holder,
    holding,
    silent_holder,
    waiting_to_hold,
)
from chatapp_cli.services import lease
from chatapp_cli.settings import LoadedSettings, Settings
from chatapp_cli.store.database import driver_for
from chatapp_cli.store.drivers import Driver
from chatapp_cli.store.migrate import ensure_current, running, upgrade
from tests.leases import ELSEWHERE, clock_of, hold_as_daemon, hold_elsewhere, process, rewrite
from tests.stores import ON_POSTGRESQL, ON_SQLITE, OWNER, Templates


@pytest.fixture
def desks(driver: Driver, tmp_path: Path) -> Iterator[Callable[[], Company]]:
    """Open desks on one store, as several processes would."""
    opened: list[Company] = []

    def open_one() -> Company:
        opened.append(open_company(Settings(home=str(tmp_path), database_url=driver.url)).seen_by(OWNER))
        return opened[-1]

    yield open_one
    for company in opened:
        company.close()


async def ended(held: HeldLease) -> str:
    with pytest.raises(StoreError) as error:
        await asyncio.wait_for(held.lost(), 10)
    return str(error.value)


@pytest.mark.parametrize("kind", list(HolderKind))
def test_the_place_of_a_killed_process_is_free_at_once(desks: Callable[[], Company], kind: HolderKind) -> None:
    company = desks()
    with process(company, kind) as other:
        assert current_holder(company) == CurrentHolder(other.pid, kind)
        with pytest.raises(Busy, match=str(other.pid)), holding(company, kind):
            pass
        other.send_signal(signal.SIGKILL)
        began = time.monotonic()
        while current_holder(company) is not None:
            time.sleep(0.01)
        with holding(company, kind) as held:
            assert held.epoch == 2
            assert current_holder(company) == CurrentHolder(os.getpid(), kind)
        assert time.monotonic() - began < 5
    assert current_holder(company) is None


@ON_SQLITE
def test_the_lock_is_on_the_store_itself_so_no_removed_file_lets_a_second_process_in(
    desks: Callable[[], Company], tmp_path: Path
) -> None:
    company = desks()
    with process(company) as other:
        assert [file.name for file in (tmp_path / "main").glob("serve*")] == []
        rewrite(company, holder="", beat_at=0)
        with pytest.raises(Busy, match="already running"), holding(company):
            pass
        os.kill(other.pid, signal.SIGSTOP)
        rewrite(company, beat_at=0)
        with pytest.raises(Busy, match="already running"), holding(company):
            pass


@pytest.mark.parametrize("late", [1, 11, 14, 3_600])
def test_who_holds_the_store_without_a_sign_of_life_is_named_until_it_ends(
    desks: Callable[[], Company], late: int
) -> None:
    company = desks()
    with process(company) as other:
        os.kill(other.pid, signal.SIGSTOP)
        rewrite(company, beat_at=clock_of(company) - 1000 * late)
        beat_at = company.database.read(lease.read).beat_at
        expected = SilentHolder(CurrentHolder(other.pid, HolderKind.DAEMON), beat_at) if late > 10 else None
        assert silent_holder(company) == expected
        (said,) = [one for one in examine(LoadedSettings(company.settings, {}, None)) if one.name == "daemon"]
        words = f"The process that carries the store, {other.pid}, gives no sign of life since "
        assert (said.ok, show(said.what).startswith(words)) == (late < 10, late > 10)
        other.kill()
        other.wait()
        assert silent_holder(company) is None


@ON_SQLITE
def test_a_daemon_that_cannot_write_its_heartbeat_because_of_the_disk_is_not_to_be_ended(
    desks: Callable[[], Company],
) -> None:
    company = desks()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with process(company) as other:
        os.kill(other.pid, signal.SIGSTOP)
        rewrite(company, beat_at=clock_of(company) - 20_000)
        assert "If it hangs, end it" in _step_about_daemon(company)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
        try:
            step = _step_about_daemon(company)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert step == "Leave it: the disk cannot be written. Mend that, and it goes on by itself."


def _step_about_daemon(company: Company) -> str:
    (said,) = [one for one in examine(LoadedSettings(company.settings, {}, None)) if one.name == "daemon"]
    assert said.next_step is not None
    return show(said.next_step)


def test_a_silent_holder_of_another_machine_is_followed_when_its_lease_is_over(desks: Callable[[], Company]) -> None:
    company = desks()
    with holding(company):
        pass
    hold_elsewhere(company, 14)
    assert current_holder(company) == CurrentHolder(4711, HolderKind.DAEMON, "desk2")
    with pytest.raises(Busy, match="4711@desk2"), holding(company):
        pass
    rewrite(company, beat_at=clock_of(company) - 15_000)
    assert current_holder(company) is None
    with holding(company) as held:
        assert held.epoch == 2


async def test_a_daemon_waits_for_the_end_of_a_lease_and_not_for_one_that_is_renewed(
    desks: Callable[[], Company],
) -> None:
    company = desks()
    with holding(company):
        pass
    hold_elsewhere(company, 13.5)
    async with waiting_to_hold(company, HolderKind.DAEMON, asyncio.Event()) as held:
        assert held is not None
        assert held.epoch == 2
    hold_elsewhere(company, 4)
    waiting = asyncio.create_task(hold_as_daemon(company))
    await asyncio.sleep(0.6)
    assert not waiting.done()
    rewrite(company, beat_at=clock_of(company))
    with pytest.raises(Busy, match="4711@desk2"):
        await asyncio.wait_for(waiting, 5)


@pytest.mark.parametrize("kind", [HolderKind.WINDOW, HolderKind.COMMAND])
async def test_a_temporary_holder_hears_a_daemon_of_another_machine(
    desks: Callable[[], Company], kind: HolderKind
) -> None:
    company = desks()
    with holding(company, kind) as held:
        asked = asyncio.create_task(held.asked_for())
        await asyncio.sleep(0.5)
        assert not asked.done()
        rewrite(company, wanted_by=ELSEWHERE, wanted_at=clock_of(company))
        await asyncio.wait_for(asked, 3)
    with pytest.raises(Busy, match="waiting for this store"), holding(company, kind):
        pass
    rewrite(company, wanted_at=clock_of(company) - 3_000)
    with holding(company, kind):
        pass


async def test_a_holder_that_was_followed_ends_and_its_claims_are_void(desks: Callable[[], Company]) -> None:
    company = desks()
    with holding(company, beat=0.05) as held:
        assert held.holds
        rewrite(company, epoch=held.epoch + 1, holder=ELSEWHERE)
        assert "taken the store over" in await ended(held)
        assert (held.holds, held.remaining) == (False, 0)
    assert current_holder(company) == CurrentHolder(4711, HolderKind.DAEMON, "desk2"), (
        "what is another's is not given up"
    )


@ON_POSTGRESQL
async def test_a_holder_whose_database_is_silent_ends_by_its_own_clock_before_anybody_may_follow(
    desks: Callable[[], Company],
) -> None:
    company = desks()
    with holding(company, beat=60) as held:
        held.keeper.beat_at -= 11.9
        assert held.holds
        held.keeper.beat_at -= 0.2
        assert not held.holds
        assert 0 < held.remaining < 2
        assert "did not answer for 12 s" in await ended(held)
        held.keeper.beat_at -= 2
        assert held.remaining == 0


@ON_SQLITE
async def test_a_file_that_is_locked_needs_no_heartbeat_but_has_to_be_there(desks: Callable[[], Company]) -> None:
    company = desks()
    file = Path(company.settings.store_url.removeprefix("sqlite:///"))
    with holding(company, beat=0.05) as held:
        held.keeper.beat_at -= 100
        assert held.holds
        file.rename(file.with_name("old.db"))
        file.write_bytes(file.with_name("old.db").read_bytes())
        assert "replaced or removed" in await ended(held)
        assert held.remaining == 0


async def test_a_mistake_in_what_keeps_the_lease_ends_the_holder_in_words(desks: Callable[[], Company]) -> None:
    def intact() -> bool:
        raise ZeroDivisionError

    company = desks()
    with holding(company, beat=60) as held:
        keeper = LeaseKeeper(company.database, held.epoch, intact, began=elapsed(), every=0.05, temporary=False)
        broken = HeldLease(company.database, held.epoch, keeper, temporary=False)
        assert await ended(broken) == "The lease of the store is no longer renewed: ZeroDivisionError."
        assert not broken.holds
        assert broken.remaining > 0, "nobody else can have it yet: what is in flight may end"
        keeper.stop(1)


async def test_a_holder_says_restart_when_another_version_has_changed_the_store(desks: Callable[[], Company]) -> None:
    company = desks()
    with holding(company, beat=0.05) as held:
        with closing(company.database.driver.connect()) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(StoreError, match="Another version of chatapp") as error:
            await asyncio.wait_for(held.lost(), 10)
    assert error.value.next_step is not None
    assert "Restart" in show(error.value.next_step)
    assert current_holder(company) is None


def test_doctor_names_the_machine_of_the_holder(desks: Callable[[], Company]) -> None:
    company = desks()
    with holding(company):
        rewrite(company, holder=ELSEWHERE)
        found = next(one for one in examine(LoadedSettings(company.settings, {}, None)) if one.name == "daemon")
        assert (found.ok, show(found.what)) == (True, "The daemon runs, process 4711@desk2")


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_store_is_not_brought_up_to_date_under_a_daemon_of_an_older_version(
    templates: Templates, tmp_path: Path, dialect: str, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/old.db" if dialect == "sqlite" else request.getfixturevalue("postgres_url")
    driver, lock = driver_for(url), tmp_path / "serve.lock"
    upgrade(driver, "0007")
    lock.write_text("4711 daemon")
    with lock.open() as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(Busy, match=r"older version .*4711"):
            ensure_current(driver, lock)
    ensure_current(driver, lock)
    assert running(driver, "0008", lock) == ""


def test_migration_names_the_process_that_holds_the_store(desks: Callable[[], Company]) -> None:
    company = desks()
    driver = company.database.driver
    with holding(company):
        assert running(driver, "0008", None) == str(os.getpid())
        rewrite(company, holder=ELSEWHERE)
        assert running(driver, "0008", None) == "4711@desk2"
        rewrite(company, beat_at=0)
        assert running(driver, "0008", None) == ""


@ON_POSTGRESQL
def test_an_older_daemon_of_another_machine_is_seen_by_the_lock_of_its_session(driver: Driver) -> None:
    with closing(driver.connect()) as old:
        old.execute(f"SELECT pg_advisory_lock({0x63686175})")
        assert running(driver, "0007", None) == "?"
    deadline = time.monotonic() + 10  # the server ends a session a moment later
    while running(driver, "0007", None) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert running(driver, "0007", None) == ""
