"""A pytest plugin: notes which functions each test runs, or runs the tests that a list names, in its sequence.

``MUTANTS_TRACE`` is the file to write; ``MUTANTS_WANTED`` the file with the ids of tests, one a line.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

_OURS = f"{Path.cwd() / 'chatapp_cli'}/"
_seen: dict[CodeType, str] = {}
"""What a piece of code is called; empty for code that is not ours."""
_running: set[str] = set()
_ran: dict[str, list[str]] = {}
_took: dict[str, float] = {}
"""Seconds of the test itself: what is set up for many is not the one's that came first."""
_failed: set[str] = set()


def _name(code: CodeType) -> str:
    """Give ``chatapp_cli/store/tx.py::Tx.run``; what is made inside a function counts as that function."""
    if not code.co_filename.startswith(_OURS):
        return ""
    path = Path(code.co_filename).relative_to(Path.cwd()).as_posix()
    return f"{path}::{code.co_qualname.partition('.<locals>')[0]}"


def _trace(frame: FrameType, _event: str, _argument: Any) -> None:
    code = frame.f_code
    name = _seen.get(code)
    if name is None:
        name = _seen[code] = _name(code)
    if name:
        _running.add(name)


def watch() -> None:
    """Note from now on which functions run, in every thread."""
    _running.clear()
    threading.settrace(_trace)
    sys.settrace(_trace)


def unwatch() -> list[str]:
    """Which ran since."""
    sys.settrace(None)
    threading.settrace(None)
    return sorted(_running)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    """Watch a test with everything that is set up for it."""
    if "MUTANTS_TRACE" not in os.environ:
        return (yield)
    watch()
    try:
        return (yield)
    finally:
        _ran[item.nodeid] = unwatch()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A test that fails or is left out in the whole code judges nothing."""
    if report.when == "call":
        _took[report.nodeid] = round(report.duration, 3)
    if report.outcome != "passed":
        _failed.add(report.nodeid)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the wanted tests only, first those that are named first."""
    if "MUTANTS_WANTED" not in os.environ:
        return
    wanted = Path(os.environ["MUTANTS_WANTED"]).read_text("utf-8").split("\n")
    place = {test: at for at, test in enumerate(wanted)}
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in place])
    items[:] = sorted((item for item in items if item.nodeid in place), key=lambda item: place[item.nodeid])


def pytest_sessionfinish() -> None:
    """Write down what was seen."""
    if target := os.environ.get("MUTANTS_TRACE"):
        kept = {test: (_took[test], ran) for test, ran in _ran.items() if test not in _failed}
        Path(target).write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
