"""``make bench AGAINST=FOLDER``: another checkout's figures and ours, round by round, so that both meet the same load.

Each checkout runs its own cases with its own code. A case is worse if even the lower quartile of the rounds' ratios
says so: three rounds of four were slower than before by more than a twentieth.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

HERE = Path(__file__).parents[1]
NUMBERS = ("01", "02", "04", "06", "10", "11", "12", "15", "16", "17", "18", "19")
"""The cases that a change of the code is asked for."""
ROUNDS = 15
WORSE = 1.05
ROW = "{:<58} {:>11} {:>11} {:<7} {:>22}  {}"


@dataclass(frozen=True, slots=True)
class Side:
    """A checkout that waits for its turn."""

    process: subprocess.Popen[str]

    def hear(self) -> Any:
        """Its next line; ``None`` when it has nothing more."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def say(self, word: str) -> None:
        """Tell it to run a round (``go``) or to go on with the next case (``next``)."""
        assert self.process.stdin is not None
        print(word, file=self.process.stdin, flush=True)

    def round(self) -> float:
        """Run it once."""
        self.say("go")
        return float(self.hear())


@contextmanager
def side(folder: Path, number: str) -> Iterator[Side]:
    """Start a checkout's cases with a number; with its own environment if it has one."""
    own = folder / ".venv" / "bin" / "python"
    command = [str(own) if own.exists() else sys.executable, str(HERE / "benchmarks" / "side.py"), number]
    env = {**os.environ, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}
    process = subprocess.Popen(
        command, cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    with process:
        yield Side(process)
        assert process.stdin is not None
        process.stdin.close()


@dataclass(frozen=True, slots=True)
class Compared:
    """One case in both checkouts."""

    name: str
    unit: str
    old: float
    new: float
    quartiles: tuple[float, float, float]
    """Of the rounds' costs, new by old: above 1 is worse, whatever the unit."""

    @property
    def worse(self) -> bool:
        """Whether it is slower beyond what the load of the machine explains."""
        return self.quartiles[0] > WORSE


def compare(old: Side, new: Side, rounds: int) -> Iterator[Compared]:
    """Pair the cases by their places; a round of each, the other one first each time."""
    while (here := new.hear()) and (there := old.hear()):
        name = here["name"] if here["name"] == there["name"] else f"{here['name']} (was: {there['name']})"
        pairs = [turns(old, new, number) for number in range(rounds + 1)][1:]
        costs = [before / now if here["more"] else now / before for before, now in pairs]
        first, middle, third = quantiles(costs, n=4, method="inclusive")
        before, now = (sorted(figures)[rounds // 2] for figures in zip(*pairs, strict=True))
        yield Compared(name, here["unit"], before, now, (first, middle, third))
        old.say("next")
        new.say("next")


def turns(old: Side, new: Side, number: int) -> tuple[float, float]:
    """One round of each side."""
    if number % 2:
        now = new.round()
        return old.round(), now
    return old.round(), new.round()


def row(found: Compared) -> str:
    """One line of the table."""
    spread = " / ".join(f"{quartile:.2f}" for quartile in found.quartiles)
    verdict = "WORSE" if found.worse else "no worse"
    return ROW.format(found.name, f"{found.old:,.4g}", f"{found.new:,.4g}", found.unit, spread, verdict)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and show; exit code 1 if a case got worse."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.against", description=__doc__)
    parser.add_argument("folder", type=Path, help="another checkout, such as one of the commit before")
    parser.add_argument("numbers", nargs="*", metavar="NN", default=NUMBERS, help="numbers of cases, such as 01 15")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    wanted = parser.parse_args(arguments)
    print(ROW.format("case", "old", "new", "", "cost, quartiles", ""))
    worse = False
    for number in wanted.numbers:
        with ExitStack() as stack:
            old = stack.enter_context(side(wanted.folder.resolve(), number))
            new = stack.enter_context(side(HERE, number))
            for found in compare(old, new, wanted.rounds):
                print(row(found), flush=True)
                worse |= found.worse
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
