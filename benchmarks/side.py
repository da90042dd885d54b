"""One checkout's side of a comparison: runs its own cases, one round each time it is told to.

Started by ``benchmarks.against`` in the folder of that checkout; speaks JSON lines on stdout, hears words on stdin.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path


def cases(number: str) -> Iterator[object]:
    """The cases with a number, or the word that this machine cannot run them."""
    from benchmarks.harness import LeftOut

    for path in sorted(Path("benchmarks").glob(f"case_{number}_*.py")):
        try:
            yield from import_module(f"benchmarks.{path.stem}").cases()
        except LeftOut as why:
            print(f"{path.stem} left out: {why}", file=sys.stderr)


def main() -> None:
    """Tell of a case, run it as often as asked, go on."""
    for case in cases(sys.argv[1]):
        say({"name": case.name, "unit": case.unit, "more": case.at_least is not None})  # type: ignore[attr-defined]
        for word in sys.stdin:
            if word.strip() == "next":
                break
            say(case.ours())  # type: ignore[attr-defined]
    say(None)


def say(what: object) -> None:
    """One line to whoever compares."""
    print(json.dumps(what, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
