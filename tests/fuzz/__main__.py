"""``make fuzz``: bends arrivals of every channel and tells what escaped, with the seed that shows it again.

``python -m tests.fuzz [--each N] [--seed N] [--kind KIND]… [--only N]``
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from tests.fuzz.rounds import HOOKED, KINDS, Round, play

SHARE = 5_000
"""Mutations of a round: rounds are spread over the cores."""
SHOWN = 3
say = partial(print, flush=True)


def _round(kind: str, seed: int, numbers: range) -> Round:
    with tempfile.TemporaryDirectory(prefix="chatapp-fuzz-") as home:
        return play(Path(home), kind.removesuffix(".hook"), seed, numbers, hook=kind.endswith(".hook"))


def main() -> int:
    """Run what was asked for; 1 if anything escaped."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--each", type=int, default=50_000, help="mutations of each channel")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--kind", action="append", help="a channel, or its door such as api.hook")
    parser.add_argument("--only", type=int, help="this one mutation")
    wanted = parser.parse_args()
    kinds = wanted.kind or [*KINDS, *(f"{kind}.hook" for kind in HOOKED)]
    say(f"seed {wanted.seed}")
    found = _all(kinds, wanted.seed, wanted.each, wanted.only)
    return 1 if any(one.escapes for one in found.values()) else 0


def _all(kinds: list[str], seed: int, each: int, only: int | None) -> dict[str, Round]:
    began = time.monotonic()
    total = {kind: Round(kind, seed) for kind in kinds}
    parts = [range(only, only + 1)] if only is not None else _shares(each)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        tasks = [pool.submit(_round, kind, seed, part) for kind in kinds for part in parts]
        left = dict.fromkeys(kinds, len(parts))
        for task in as_completed(tasks):
            found = task.result()
            total[found.kind].words += found.words
            total[found.kind].escapes += found.escapes
            left[found.kind] -= 1
            if not left[found.kind]:
                _tell(total[found.kind])
    escapes = sum(len(one.escapes) for one in total.values())
    say(f"{escapes} escapes in {(time.monotonic() - began) / 60:.1f} minutes")
    return total


def _shares(each: int) -> list[range]:
    return [range(at, min(at + SHARE, each)) for at in range(0, each, SHARE)]


def _tell(found: Round) -> None:
    say(found)
    for escape in found.escapes[:SHOWN]:
        say(f"  {escape}")


if __name__ == "__main__":
    sys.exit(main())
