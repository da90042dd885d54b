"""Asks the tests about faults: most in forks of one process, those that run on import each in one of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, Literal

from scripts.mutants.bending import Mutant
from scripts.mutants.reach import FOLDERS, QUIET, Judge

COPIED = ("chatapp_cli", "config", "docs", "scripts", "tests", "benchmarks", "pyproject.toml", "README.md")
PASSED, NONE_COLLECTED = 0, 5
"""Exit codes of pytest after which a fault lives."""
PATIENCE = 20.0
"""Seconds that a run may take beside three times what its tests took in the whole code."""
STARTING = 20.0
"""Seconds more for a process of its own, which imports everything."""
MOST_FILES = 12
"""Files of tests, at most, that are asked in a process of its own: each costs its imports."""

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
    """A copy of the tree: the working tree is never touched."""
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


Asked = tuple[Mutant, Sequence[Judge]]


def judged(tree: Path, asked: Sequence[Asked], *, workers: int, until: float) -> Iterator[Verdict]:
    """Judge all faults, this many at a time, until the time is over."""
    alone = []
    yield from (Verdict(mutant, "unreached", "", 0.0, _diff(tree, mutant)) for mutant, tests in asked if not tests)
    reached = [one for one in asked if one[1]]
    for answer in _served(tree, reached, workers, until) if reached else ():
        at = answer.pop("at")
        if answer["fate"] == "elsewhere":
            alone.append(at)
        else:
            yield Verdict(reached[at][0], diff=_diff(tree, reached[at][0]), **answer)
    for at in alone:
        if monotonic() < until:
            yield judge(tree, *reached[at])


def _diff(tree: Path, mutant: Mutant) -> str:
    return mutant.diff((tree / mutant.path).read_bytes())


def _served(tree: Path, asked: Sequence[Asked], workers: int, until: float) -> Iterator[dict[str, Any]]:
    """Ask the process that forks, and end it when the time is over."""
    with tempfile.TemporaryDirectory(prefix="jobs-") as folder:
        jobs = Path(folder, "jobs")
        jobs.write_text(json.dumps([_job(tree, at, *one) for at, one in enumerate(asked)]), "utf-8")
        answers, answering = os.pipe()
        folders = [f"tests/{name}" for name in FOLDERS]
        options = ("-q", "-p", "scripts.mutants.serving", f"--basetemp={folder}/t", "--timeout=40")
        more = {"MUTANTS_JOBS": str(jobs), "MUTANTS_ANSWERS": str(answering), "MUTANTS_WORKERS": str(workers)}
        with _pytest(tree, *options, *folders, more=more, pass_fds=(answering,)) as run, os.fdopen(answers) as lines:
            os.close(answering)
            try:
                for line in lines:
                    yield json.loads(line)
                    if monotonic() > until:
                        return
            finally:
                _kill(run)


def _job(tree: Path, at: int, mutant: Mutant, tests: Sequence[Judge]) -> Mapping[str, object]:
    return {
        "at": at,
        "path": mutant.path,
        "function": mutant.function,
        "source": mutant.bend((tree / mutant.path).read_bytes()).decode(),
        "tests": [test.id for test in tests],
        "seconds": PATIENCE + 3 * sum(test.seconds for test in tests),
    }


def judge(tree: Path, mutant: Mutant, tests: Sequence[Judge]) -> Verdict:
    """Break one file of the copy, ask these tests in a process of its own, and mend it again."""
    began = perf_counter()
    path = tree / mutant.path
    source = path.read_bytes()
    compiled = path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc"
    files = [*dict.fromkeys(test.file for test in tests)][:MOST_FILES]
    try:
        path.write_bytes(mutant.bend(source))
        compiled.unlink(missing_ok=True)  # one of the same size and second would be believed
        fate, by = _ask(tree, [test for test in tests if test.file in files])
    finally:
        path.write_bytes(source)
        compiled.unlink(missing_ok=True)
    return Verdict(mutant, fate, by, perf_counter() - began, mutant.diff(source))


def _ask(tree: Path, tests: Sequence[Judge]) -> tuple[Fate, str]:
    with tempfile.TemporaryDirectory(prefix="judge-") as folder:
        wanted = Path(folder, "wanted")
        wanted.write_text("\n".join(test.id for test in tests), "utf-8")
        options = ("-qx", "-rfE", "--tb=no", "-p", "scripts.mutants.tracing", f"--basetemp={folder}/t")
        files = dict.fromkeys(test.file for test in tests)
        more = {"PYTHONDONTWRITEBYTECODE": "1", "MUTANTS_WANTED": str(wanted)}
        with _pytest(tree, *options, *files, more=more) as run:
            try:
                output, _ = run.communicate(timeout=PATIENCE + STARTING + 3 * sum(test.seconds for test in tests))
            except subprocess.TimeoutExpired:
                return "timeout", ""
            finally:
                _kill(run)
        if run.returncode in {PASSED, NONE_COLLECTED}:
            return "lived", ""
        noticed = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
        return "killed", noticed[1] if noticed else output.strip().rpartition("\n")[2]


def _pytest(
    tree: Path, *arguments: str, more: Mapping[str, str], pass_fds: Sequence[int] = ()
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=tree,
        env={**os.environ, **QUIET, "PYTHONPATH": str(tree), **more},
        stdout=subprocess.DEVNULL if pass_fds else subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        pass_fds=pass_fds,
    )


def _kill(run: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)
