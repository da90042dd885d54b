"""A pytest plugin: one process that has imported everything judges fault after fault, each in a fork of its own.

A fault within a function is put into the functions that are there already, which costs nothing; whoever has run
before the fork, on import, is left to a process of its own (``elsewhere``). The environment says what to do:
``MUTANTS_JOBS`` is the file with what is to be judged, ``MUTANTS_ANSWERS`` the descriptor for one line of JSON about
each, ``MUTANTS_WORKERS`` how many are judged at the same time.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import shutil
import signal
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import _lru_cache_wrapper
from pathlib import Path
from time import monotonic
from types import CodeType, FunctionType
from typing import Any

import pytest

from scripts.mutants import tracing

MEMORY = 3_000_000_000
"""Bytes that one judgement may take: a loop without an end fills them quickly."""
LIVED, NOTICED, ELSEWHERE = 0, 1, 77
"""Exit codes of a fork."""


@dataclass(frozen=True, slots=True)
class Job:
    """A fault and who is to judge it."""

    at: int
    path: str
    function: str
    source: str
    """The whole file with the fault."""
    tests: Sequence[str]
    seconds: float
    """After which it is taken for a loop without an end."""


@dataclass(frozen=True, slots=True)
class _Fork:
    job: Job
    process: int
    folder: Path
    began: float


def pytest_configure() -> None:
    """Note what runs while everything is imported."""
    tracing.watch()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Judge instead of running all tests."""
    ran = frozenset(tracing.unwatch())
    jobs = [Job(**job) for job in json.loads(Path(os.environ["MUTANTS_JOBS"]).read_text("utf-8"))]
    bench = _Bench(session, ran)
    bench.warm({test for job in jobs for test in job.tests})
    bench.serve(jobs, int(os.environ["MUTANTS_WORKERS"]), int(os.environ["MUTANTS_ANSWERS"]))
    return True


class _Bench:
    """All tests, collected, and all functions, found."""

    def __init__(self, session: pytest.Session, ran: frozenset[str]) -> None:
        self._session = session
        self._items = {item.nodeid: item for item in session.items}
        self._ran = ran
        self._failed: list[str] = []
        self._functions = _functions()
        self._caches = _caches()
        session.config.pluginmanager.register(self)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Learn that a test noticed."""
        if report.failed:
            self._failed.append(report.nodeid)

    def warm(self, wanted: set[str]) -> None:
        """Set up what is set up once for all tests, by running a test for each such fixture."""
        known: set[Any] = set()
        for item in self._session.items:
            info = getattr(item, "_fixtureinfo", None)
            if item.nodeid in wanted and info is not None:
                found = {one for each in info.name2fixturedefs.values() for one in each if one.scope == "session"}
                if found - known:
                    known |= found
                    self._run(item, self._session)

    def _run(self, item: pytest.Item, following: pytest.Item | pytest.Session | None) -> None:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)

    def serve(self, jobs: Sequence[Job], workers: int, answers: int) -> None:
        """Judge all faults, this many at a time."""
        gc.collect()
        gc.freeze()
        running: dict[int, _Fork] = {}
        waiting = iter(jobs)
        while True:
            while len(running) < workers and (job := next(waiting, None)):
                fork = self._fork(job, answers)
                running[os.pidfd_open(fork.process)] = fork
            if not running:
                return
            ended = select.select([*running], [], [], 0.5)[0]
            for watched in [w for w, fork in running.items() if w in ended or _is_late(fork)]:
                answer = _end(running.pop(watched), late=watched not in ended)
                os.close(watched)
                os.write(answers, (json.dumps(answer) + "\n").encode())

    def _fork(self, job: Job, answers: int) -> _Fork:
        folder = Path(tempfile.mkdtemp(prefix="judge-"))
        if process := os.fork():
            return _Fork(job, process, folder, monotonic())
        code = NOTICED
        try:
            os.close(answers)
            self._settle(folder)
            code = self._judge(job, folder)
        except BaseException as error:  # noqa: BLE001 - whatever broke the run, the fault was noticed
            (folder / "by").write_text(repr(error), "utf-8")
        finally:
            os._exit(code)

    def _settle(self, folder: Path) -> None:
        """Part from the process that all come from: its files, its home and what it captures."""
        os.setsid()
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        os.environ["HOME"] = str(folder / "home")
        (folder / "home").mkdir()
        config = self._session.config
        config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]
        capture = config.pluginmanager.getplugin("capturemanager")
        assert capture is not None
        capture.stop_global_capturing()
        capture.start_global_capturing()

    def _judge(self, job: Job, folder: Path) -> int:
        if f"{job.path}::{job.function}" in self._ran or not self._bend(job):
            return ELSEWHERE
        items = [self._items[test] for test in job.tests if test in self._items]
        for item, following in zip(items, [*items[1:], None], strict=True):
            (folder / "by").write_text(item.nodeid, "utf-8")
            self._run(item, following)
            if self._failed:
                return NOTICED
        return LIVED

    def _bend(self, job: Job) -> bool:
        """Give the functions the faulty code; tells whether there are any that differ."""
        path = Path.cwd() / job.path
        old = _codes(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), job.function)
        new = _codes(compile(job.source, str(path), "exec", dont_inherit=True), job.function)
        found = False
        for before, after in zip(old, new, strict=True):
            for function in self._functions[job.path, job.function] if before != after else ():
                if function.__code__ == before:
                    function.__code__ = after
                    found = True
        for cache in self._caches[job.path]:  # what was found out before the fault would hide it
            cache.cache_clear()
        return found


def _functions() -> Mapping[tuple[str, str], Sequence[FunctionType]]:
    """Ours, by file and name."""
    found: defaultdict[tuple[str, str], list[FunctionType]] = defaultdict(list)
    start = f"{Path.cwd()}/"
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename.startswith(start):
            found[one.__code__.co_filename.removeprefix(start), one.__code__.co_qualname].append(one)
    return found


def _caches() -> Mapping[str, Sequence[Any]]:
    """Those of our functions, by file."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    start = f"{Path.cwd()}/"
    for one in gc.get_objects():
        if type(one) is _lru_cache_wrapper:
            found[one.__wrapped__.__code__.co_filename.removeprefix(start)].append(one)
    return found


def _codes(code: CodeType, name: str) -> list[CodeType]:
    """What is called so, in the sequence of the text."""
    return [one for one in _all_codes(code) if one.co_qualname == name]


def _all_codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _all_codes(inner)


def _is_late(fork: _Fork) -> bool:
    return monotonic() - fork.began > fork.job.seconds


def _end(fork: _Fork, *, late: bool) -> Mapping[str, object]:
    """What became of it; nothing of it is left behind."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError):
            kill(fork.process, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(fork.process, 0)[1])
    by = fork.folder / "by"
    said = by.read_text("utf-8") if by.exists() else ""
    shutil.rmtree(fork.folder, ignore_errors=True)
    fate = "timeout" if late else {LIVED: "lived", ELSEWHERE: "elsewhere"}.get(code, "killed")
    return {"at": fork.job.at, "fate": fate, "by": said, "seconds": monotonic() - fork.began}
