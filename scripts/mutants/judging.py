"""Puts one fault after the other into a copy of the tree and asks the tests."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal

from scripts.mutants.bending import Mutant
from scripts.mutants.reach import QUIET, Judge

COPIED = ("chatapp_cli", "config", "docs", "scripts", "tests", "benchmarks", "pyproject.toml", "README.md")
PASSED, NONE_COLLECTED = 0, 5
"""Exit codes of pytest after which a fault lives."""
PATIENCE = 25.0
"""Seconds that a run may take beside four times what its tests took in the whole code."""

Fate = Literal["killed", "timeout", "lived", "unreached"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant."""

    mutant: Mutant
    fate: Fate
    by: str
    """The test that noticed."""
    seconds: float
    diff: str


@contextmanager
def copied(root: Path) -> Iterator[Path]:
    """A copy of the tree, compiled once: the working tree is never touched."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder, "tree")
        tree.mkdir()
        for name in COPIED:
            source = root / name
            if source.is_dir():
                shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.po"))
            elif source.exists():
                shutil.copy2(source, tree / name)
        yield tree


def judge(tree: Path, mutant: Mutant, tests: Sequence[Judge]) -> Verdict:
    """Break one file of the copy, ask these tests, and mend it again."""
    began = perf_counter()
    path = tree / mutant.path
    source = path.read_bytes()
    if not tests:
        return Verdict(mutant, "unreached", "", 0.0, mutant.diff(source))
    compiled = path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc"
    try:
        path.write_bytes(mutant.bend(source))
        compiled.unlink(missing_ok=True)  # one of the same size and second would be believed
        fate, by = _ask(tree, tests)
    finally:
        path.write_bytes(source)
        compiled.unlink(missing_ok=True)
    return Verdict(mutant, fate, by, perf_counter() - began, mutant.diff(source))


def _ask(tree: Path, tests: Sequence[Judge]) -> tuple[Fate, str]:
    with tempfile.TemporaryDirectory(prefix="judge-") as folder:
        wanted = Path(folder, "wanted")
        wanted.write_text("\n".join(test.id for test in tests), "utf-8")
        options = ["-qx", "-rfE", "--tb=no", "-p", "scripts.mutants.tracing", f"--basetemp={folder}/t"]
        command = [sys.executable, "-B", "-m", "pytest", *options, *dict.fromkeys(test.file for test in tests)]
        env = {**os.environ, **QUIET, "PYTHONPATH": str(tree), "MUTANTS_WANTED": str(wanted)}
        with subprocess.Popen(
            command,
            cwd=tree,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as run:
            try:
                output, _ = run.communicate(timeout=PATIENCE + 4 * sum(test.seconds for test in tests))
            except subprocess.TimeoutExpired:
                return "timeout", ""
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(run.pid, signal.SIGKILL)
        if run.returncode in {PASSED, NONE_COLLECTED}:
            return "lived", ""
        noticed = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
        return "killed", noticed[1] if noticed else output.strip().rpartition("\n")[2]
