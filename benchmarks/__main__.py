"""``python -m benchmarks [NN ...] [--json] [--rounds N]``: measure all cases, or those with these numbers."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.harness import LeftOut, Result, measure

ROW = "{:<58} {:>11} {:>11} {:<7} {:>7} {:>13}  {:<7} {}"


def modules(numbers: Sequence[str]) -> list[str]:
    """Names of the wanted case modules, in order."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("case_*.py"))
    return [name for name in names if not numbers or name.split("_")[1] in numbers]


def results(numbers: Sequence[str], rounds: int) -> Iterator[Result]:
    """Measure one case after the other; one that cannot run is named on stderr."""
    for name in modules(numbers):
        try:
            for case in import_module(f"benchmarks.{name}").cases():
                yield measure(case, rounds)
        except LeftOut as why:
            print(f"{name} left out: {why}", file=sys.stderr)


def row(result: Result) -> str:
    """One line of the table."""
    spread = f"{result.spread[0]:.2f}–{result.spread[1]:.2f}"
    numbers = (f"{result.ours:,.4g}", f"{result.peer:,.4g}", result.unit, f"{result.ratio:.3g}", spread)
    return ROW.format(result.case, *numbers, result.goal, "yes" if result.ok else "NO")


def main() -> int:
    """Measure and show; exit code 1 if a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("numbers", nargs="*", metavar="NN", help="numbers of cases, such as 01 15; without any: all")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of the table")
    parser.add_argument("--rounds", type=int, default=0, help="more rounds than a case asks for")
    wanted = parser.parse_args()
    if not wanted.json:
        print(ROW.format("case", "ours", "peer", "", "ratio", "spread", "goal", "ok"))
    reached = True
    for result in results(wanted.numbers, wanted.rounds):
        print(json.dumps(asdict(result), ensure_ascii=False) if wanted.json else row(result), flush=True)
        reached &= result.ok
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
