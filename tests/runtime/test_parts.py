"""Parts of other packages that do not work are named and end nothing; their workers cannot hold the stop."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.journal.lines import LineAdded
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.runtime import parts
from chatapp_cli.runtime.daemon import running
from chatapp_cli.runtime.parts import Part, load_installed
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.worker import Worker, WorkerRunner
from chatapp_cli.services import lines
from tests.daemons import Serving
from tests.runtime.desk import eventually

EMPTY = """\
from chatapp_cli.runtime.parts import Part
def workers(store):
    raise KeyError('secret')
PART = Part(workers=workers)
"""
BROKEN = {
    "absent": ("", "ModuleNotFoundError"),
    "strange": ("PART = 5\n", "TypeError"),
    "leaving": ("import sys\nsys.exit(3)\n", "SystemExit"),
    "empty": (EMPTY, "KeyError"),
}
HANGING = "import time\ntime.sleep(600)\n"


def install(site: Path, modules: dict[str, str]) -> None:
    for module, text in modules.items():
        if text:
            (site / f"{module}.py").write_text(text)


async def test_parts_that_cannot_be_loaded_are_named_by_health_doctor_and_log_and_serve_goes_on(
    tmp_path: Path,
) -> None:
    serving = Serving(tmp_path / "home", parts={name: f"{name}_part:PART" for name in BROKEN})
    install(serving.site, {f"{name}_part": text for name, (text, _why) in BROKEN.items()})
    async with serving.child() as child, httpx.AsyncClient() as http:
        told = (await http.get(f"{child.address}/healthz")).json()
        failing = {name: why for name, why in told["workers"].items() if why != "ok"}
        assert (told["status"], failing) == ("degraded", {f"part {name}": why for name, (_text, why) in BROKEN.items()})
        _code, said = await serving.chatapp("doctor", "--json")
    found = [one for one in json.loads(said) if one["name"] == "part"]
    assert [one["ok"] for one in found] == [False] * len(BROKEN)
    assert "part leaving fails and is skipped: SystemExit" in {one["what"] for one in found}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    """Install parts beside this process, one module each."""

    def add(modules: dict[str, str]) -> None:
        serving = Serving(tmp_path / "home", parts={name: f"{name}:PART" for name in modules})
        install(serving.site, modules)
        monkeypatch.syspath_prepend(str(serving.site))
        for module in modules:
            monkeypatch.delitem(sys.modules, module, raising=False)

    return add


async def test_a_part_that_hangs_at_import_is_named_after_its_time_and_the_next_is_loaded(
    site: Callable[[dict[str, str]], None],
) -> None:
    site({"a_hanging": HANGING, "b_well": "from chatapp_cli.runtime.parts import Part\nPART = Part()\n"})
    found = await load_installed(longest=0.2)
    assert [(one.name, one.why) for one in found.failing] == [("part a_hanging", "TimeoutError")]
    assert [part.name for part in found.parts] == ["b_well"]


async def test_a_stop_is_heard_while_a_part_hangs_at_import(site: Callable[[dict[str, str]], None]) -> None:
    site({"c_hanging": HANGING})
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.1, stop.set)
    began = time.monotonic()
    found = await load_installed(stop)
    assert time.monotonic() - began < parts.LONGEST_IMPORT / 2
    assert (found.parts, found.failing) == ([], [])


class Named(Worker):
    """A worker with a name that another may have."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def run(self) -> None:
        await asyncio.Event().wait()


def making(*names: str) -> Callable[[AsyncStore], Sequence[Worker]]:
    return lambda _store: [Named(name) for name in names]


async def test_a_worker_with_the_name_of_another_is_refused_and_its_part_named(company: Company) -> None:
    foreign = [
        Part(name="thief", workers=making("channels")),
        Part(name="first", workers=making("robot")),
        Part(name="second", workers=making("robot")),
    ]
    async with running(company, parts=foreign) as daemon:
        names = [one.name for one in daemon.conditions]
        failing = {one.name: one.why for one in daemon.conditions if not one.works}
    assert failing == {"part thief": "NameTaken", "part second": "NameTaken"}
    assert (names.count("channels"), names.count("robot")) == (1, 1)


class Leaving(Named):
    """Calls sys.exit, where and as often as it is told."""

    wakes = (LineAdded,)

    def __init__(self, where: str) -> None:
        super().__init__("leaving")
        self.where, self.lives = where, 0

    def hear(self, entries: Sequence[JournalEntry]) -> None:
        if self.where == "hear":
            sys.exit(4)

    async def run(self) -> None:
        self.lives += 1
        if self.where == "run":
            sys.exit(4)
        await super().run()


@pytest.mark.parametrize("where", ["run", "hear"])
async def test_a_worker_that_calls_exit_has_failed_and_the_daemon_goes_on(company: Company, where: str) -> None:
    worker = Leaving(where)
    async with running(company, parts=[Part(workers=lambda _store: [worker])]) as daemon:
        await eventually(lambda: worker.lives)
        company.write(lambda tx: lines.add(tx, "Опт"))
        await eventually(lambda: {c.name: c.why for c in daemon.conditions if not c.works} == {"leaving": "Exited"})
        worker.where = ""
        await eventually(lambda: worker.lives > 1, seconds=10)


class Deaf(Named):
    """Ignores that it is cancelled."""

    def __init__(self) -> None:
        super().__init__("deaf")
        self.works = asyncio.Event()

    async def run(self) -> None:
        while True:
            self.works.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)


async def test_a_worker_that_ignores_its_cancellation_is_named_in_the_log_and_given_up(company: Company) -> None:
    deaf = Deaf()
    with capture_logs() as logs:
        task = asyncio.create_task(WorkerRunner(deaf, company.world.clock, longest_stop=0.2).run())
        await deaf.works.wait()
        task.cancel()
        await asyncio.wait({task}, timeout=5)
    assert task.cancelled()
    assert [(one["event"], one["worker"]) for one in logs] == [("worker.does_not_stop", "deaf")]
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not [one for one in others if one.get_name() == "deaf"], "the process would wait for it"


DEAF = """\
import asyncio
from chatapp_cli.runtime.parts import Part
from chatapp_cli.runtime.worker import Worker
class Deaf(Worker):
    name = "deaf"
    async def run(self):
        while True:
            try:
                await asyncio.sleep(3600)
            except BaseException:
                pass
PART = Part(workers=lambda store: [Deaf()])
"""


async def test_a_daemon_with_a_deaf_worker_ends_within_the_promised_time(tmp_path: Path) -> None:
    serving = Serving(tmp_path / "home", parts={"deaf": "deaf_part:PART"})
    install(serving.site, {"deaf_part": DEAF})
    async with serving.child():
        began = time.monotonic()
    assert time.monotonic() - began < 20
