"""Measures pairs: ours and a peer take turns within one run, and only their ratio is judged.

A case is a module ``benchmarks/case_NN_name.py`` with a generator ``cases() -> Iterator[Case]``. Each yielded case is
measured while the generator waits, so files, servers and children live in ``with`` blocks around the ``yield``::

    def cases():
        with serving() as port:
            yield Case("webhook to 200", "req/s", ours=lambda: rate(port), peer=lambda: noop(port), at_least=0.18)
            yield Case("worst second", "msg", ours=lambda: worst(port), limit=30, at_most=1.0)

``ours`` and ``peer`` do the work once and return the measured number; ``limit`` is a fixed peer.
``at_least`` or ``at_most`` is the goal for the median of the per-round ratios ours / peer.
A generator that cannot run here raises ``LeftOut`` with the reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from chatapp_cli.domain.access import Acting

OWNER = Acting("bench", owner=True)
"""Who acts while something is measured."""

Measure = Callable[[], float]


class LeftOut(Exception):
    """The case cannot run on this machine; the words say why."""


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison and its goal."""

    name: str
    unit: str
    ours: Measure
    peer: Measure | None = None
    limit: float = 1.0
    at_least: float | None = None
    at_most: float | None = None
    rounds: int = 5
    warm_up: bool = True

    @property
    def goal(self) -> str:
        """The goal as a person reads it."""
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"

    def reached(self, ratio: float) -> bool:
        """Tell whether this ratio is good enough."""
        high_enough = self.at_least is None or ratio >= self.at_least
        return high_enough and (self.at_most is None or ratio <= self.at_most)


@dataclass(frozen=True, slots=True)
class Result:
    """What came out: medians over the rounds."""

    case: str
    unit: str
    ours: float
    peer: float
    ratio: float
    spread: tuple[float, float]
    """Smallest and largest ratio of a round."""
    goal: str
    ok: bool


def measure(case: Case, rounds: int = 0) -> Result:
    """Run the rounds, each side going first in every other one."""
    if case.warm_up:
        _round(case, ours_first=True)
    pairs = [_round(case, ours_first=number % 2 == 0) for number in range(max(rounds, case.rounds))]
    ratios = [ours / peer for ours, peer in pairs]
    ratio = median(ratios)
    return Result(
        case=case.name,
        unit=case.unit,
        ours=median(ours for ours, _ in pairs),
        peer=median(peer for _, peer in pairs),
        ratio=ratio,
        spread=(min(ratios), max(ratios)),
        goal=case.goal,
        ok=case.reached(ratio),
    )


def _round(case: Case, *, ours_first: bool) -> tuple[float, float]:
    peer = case.peer or (lambda: case.limit)
    if ours_first:
        return case.ours(), peer()
    theirs = peer()
    return case.ours(), theirs


@contextmanager
def slow_sync(milliseconds: float) -> Iterator[Mapping[str, str]]:
    """Give the environment for a child whose every fsync takes so much longer, as on a customer's disk."""
    compiler = shutil.which("cc")
    if not compiler:
        raise LeftOut("needs a C compiler: apt-get install gcc libc6-dev")
    with tempfile.TemporaryDirectory(prefix="slowsync-") as folder:
        library = Path(folder, "slowsync.so")
        source = Path(__file__).with_name("slowsync.c")
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
        yield os.environ | {"LD_PRELOAD": str(library), "SLOWSYNC_US": str(round(milliseconds * 1000))}
