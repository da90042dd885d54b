"""``make`` installs once, and never takes for whole what an interrupted install left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = """#!/bin/sh
# Stands for python3 and pip: its install writes half a program, and stops there while it is told to.
case "$*" in
	*venv*) mkdir -p .venv/bin && cp python .venv/bin/python ;;
	*"pip install"*)
		echo half > .venv/bin/ruff
		while test -e stop; do sleep 0.05; done
		echo whole > .venv/bin/ruff ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "python").write_text(PYTHON, "utf-8")
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def make(clone: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["make", "PYTHON=./python", ".venv/.ready"], cwd=clone, stdout=subprocess.DEVNULL, start_new_session=True
    )


def interrupt(clone: Path) -> None:
    """Kill it in the middle of the install."""
    (clone / "stop").touch()
    program = clone / ".venv" / "bin" / "ruff"
    program.unlink(missing_ok=True)
    running = make(clone)
    while not program.exists():
        assert running.poll() is None
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    (clone / "stop").unlink()


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_an_install_that_was_killed_is_made_anew(clone: Path) -> None:
    interrupt(clone)
    left = clone / ".venv" / "left over"
    left.touch()
    assert make(clone).wait() == 0
    assert not left.exists()
    assert (clone / ".venv" / "bin" / "ruff").read_text() == "whole\n"


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_a_newer_lock_installs_again_and_is_made_anew_if_that_was_killed(clone: Path) -> None:
    assert make(clone).wait() == 0
    kept = clone / ".venv" / "kept"
    kept.touch()
    later = time.time() + 5
    os.utime(clone / "requirements-dev.lock", (later, later))
    assert make(clone).wait() == 0
    assert kept.exists()
    os.utime(clone / "requirements-dev.lock", (later + 5, later + 5))
    interrupt(clone)
    assert make(clone).wait() == 0
    assert not kept.exists()
