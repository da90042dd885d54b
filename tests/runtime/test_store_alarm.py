"""A store that cannot be written is told by the alarm command, at once and once; neither it nor its disk is needed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Busy, ChatappError, StoreAway, StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.kit import volatile
from chatapp_cli.runtime.readiness import LASTS, Readiness
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.store_alarm import StoreAlarm, tell_at_end
from chatapp_cli.services import alarms
from chatapp_cli.store.tx import Tx
from tests.daemons import Serving
from tests.runtime.alarming import steps, told, with_command
from tests.runtime.desk import eventually
from tests.stores import NOON, HeldClock

FULL = T("The disk is full.")


@pytest.fixture(autouse=True)
def _memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "memory"))


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock(NOON)


@pytest.fixture
def desk(companies: Callable[..., Company], clock: HeldClock, tmp_path: Path) -> Company:
    return with_command(companies, clock, tmp_path)


async def test_it_is_told_once_that_nothing_can_be_stored_and_once_that_it_can_whichever_process_finds_it(
    desk: Company,
) -> None:
    for _ in range(3):
        process = StoreAlarm(desk)
        for _ in range(2):
            await process.broke(FULL)
    assert [line.partition(" (since ")[0] for line in told(desk)] == [
        "store raised",
        "main: Nothing can be stored: The disk is full.",
    ]
    step = "See what is wrong: chatapp doctor"
    assert steps(desk) == [f"ENV {step}", step]
    for _ in range(2):
        process = StoreAlarm(desk)
        for _ in range(2):
            await process.heal()
    assert steps(desk)[2:] == ["ENV "]
    assert told(desk)[2] == "store healed"
    assert told(desk)[3].startswith("main: over since ")
    assert told(desk)[3].endswith(": Nothing could be stored")
    await process.broke(FULL)
    assert told(desk)[4:5] == ["store raised"], "the next time is news"
    assert len(told(desk)) == 6


async def test_a_process_that_ends_while_people_are_told_that_it_is_over_tells_them_afterwards_why_it_ends(
    desk: Company, tmp_path: Path
) -> None:
    await StoreAlarm(desk).broke(FULL)
    begun, go = tmp_path / "begun", tmp_path / "go"
    script = f"#!/bin/sh\ntouch {begun}\nwhile [ ! -e {go} ]; do sleep 0.02; done\ncat >> {tmp_path}/told\n"
    (tmp_path / "tell").write_text(script)
    healing = asyncio.create_task(StoreAlarm(desk).heal())
    await eventually(begun.exists)
    healing.cancel()
    ending = asyncio.create_task(tell_at_end(desk, T("The file is damaged.")))
    await asyncio.sleep(0.1)
    go.touch()
    await ending
    over, damaged = told(desk)[2:]
    assert over.startswith("main: over since ")
    assert damaged.startswith("main: Nothing can be stored: The file is damaged.")
    await StoreAlarm(desk).broke(FULL)
    assert len(told(desk)) == 4, "the next process knows that people know"


async def test_a_command_that_fails_is_tried_again_after_a_pause_that_doubles_and_silence_needs_no_end(
    desk: Company, clock: HeldClock, tmp_path: Path
) -> None:
    process, tried = StoreAlarm(desk), []
    runs = tmp_path / "runs"
    (tmp_path / "tell").write_text(f"#!/bin/sh\necho run >> {runs}\nexit 1\n")
    for minute in range(16):
        before = runs.read_text() if runs.exists() else ""
        await process.broke(FULL)
        if runs.read_text() != before:
            tried.append(minute)
        clock.at += 60_000
    assert tried == [0, 1, 3, 7, 15]
    (tmp_path / "tell").write_text(f"#!/bin/sh\ncat >> {tmp_path}/told\n")
    await process.heal()
    assert told(desk) == [], "nobody was told that it broke"


@pytest.mark.parametrize(
    ("error", "at_once"),
    [(StoreError(FULL), True), (StoreAway(T("The database does not answer.")), False), (Busy(T("Locked.")), False)],
)
async def test_what_may_pass_by_itself_is_told_only_if_it_lasts(
    company: Company, error: ChatappError, *, at_once: bool
) -> None:
    store = Failing(company)
    readiness = Readiness(store, every=0.01)
    proving = asyncio.create_task(readiness.run())
    try:
        await eventually(lambda: readiness.proved)
        store.error = error
        await eventually(lambda: readiness.why_not)
        assert (readiness.lasting is not None) == at_once
        assert readiness.age < LASTS
    finally:
        proving.cancel()
        await asyncio.gather(proving, return_exceptions=True)
        await store.aclose()


class Failing(AsyncStore):
    """Every write fails with ``error``, if there is one."""

    error: ChatappError | None = None

    async def write(self, job: Callable[[Tx], object], *, patient: bool = False) -> object:  # type: ignore[override]
        if self.error is not None:
            raise self.error
        return await super().write(job, patient=patient)


async def test_where_no_mark_can_be_made_people_are_told_all_the_same(
    desk: Company, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "memory"))
    (tmp_path / "memory").mkdir(mode=0o700)
    process = StoreAlarm(desk)
    (tmp_path / "memory").rmdir()
    (tmp_path / "memory").write_text("no folder")
    for _ in range(2):
        await process.broke(FULL)
    await process.heal()
    assert [line for line in told(desk) if line.startswith("store")] == ["store raised", "store healed"]


def test_marks_are_kept_in_a_folder_that_only_we_can_write_to(tmp_path: Path) -> None:
    for name, mode in (("ours", 0o700), ("theirs", 0o777)):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(mode)
    (tmp_path / "link").symlink_to(tmp_path / "ours")
    found = [volatile.folder({"RUNTIME_DIRECTORY": str(tmp_path / name)}) for name in ("ours", "new", "theirs", "link")]
    assert found[:2] == [tmp_path / "ours", tmp_path / "new"]
    assert not {tmp_path / "theirs", tmp_path / "link"} & set(found)


@pytest.mark.parametrize("command", ["false", "/nowhere/at-all", "'unfinished"])
async def test_a_command_that_cannot_be_run_raises_nothing(desk: Company, command: str) -> None:
    broken = replace(desk, settings=replace(desk.settings, alarm_command=command))
    await StoreAlarm(broken).broke(FULL)
    await StoreAlarm(broken).heal()
    assert told(desk) == []


async def test_a_command_that_hangs_does_not_keep_the_daemon_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "tell"
    script.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/begun\nexec sleep 25\n")
    script.chmod(0o755)
    monkeypatch.setenv("CHATAPP_ALARM_COMMAND", str(script))
    desk = Serving(tmp_path / "home")
    company = desk.company()
    begun = tmp_path / "begun"
    try:
        company.write(lambda tx: alarms.raise_(tx, "store", "", T("The store is slow")))
        async with desk.child() as daemon:
            desk.clock.move(passed=61_000)
            await eventually(begun.exists)
            assert await daemon.terminate() < 15
    finally:
        company.close()
        os.kill(int(begun.read_text()), signal.SIGKILL)
