"""Do the tests notice a fault? ``python -m scripts.mutants [--n 400] [--seed N] [--only PART] [--minutes 40]``.

Faults are drawn by a seed that is printed; each is put into a copy of the tree and judged by the tests that run the
function around it. The exit code is 1 if fewer than 85 of 100 are noticed. Those that change nothing that anybody
could observe are listed with their reasons in ``docs/mutants.txt`` and count for neither side.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic

from scripts.mutants.bending import Mutant, mutants
from scripts.mutants.judging import Verdict, copied, judged
from scripts.mutants.reach import SECONDS, reach

ROOT = Path(__file__).parents[2]
TARGETS = (
    "domain/**/*.py",
    "services/**/*.py",
    "store/tx.py",
    "store/writer.py",
    "store/waiting_jobs.py",
    "store/visibility.py",
    *(f"runtime/{name}.py" for name in ("sender", "governor", "carrier", "outcomes", "verdicts", "sending_permission")),
)
REASONS = "docs/mutants.txt"
GOAL = 85.0
WORKERS = 2


def candidates(root: Path, only: str) -> list[Mutant]:
    """Every fault there could be in the parts that are put to the test."""
    package = root / "chatapp_cli"
    paths = sorted({path for pattern in TARGETS for path in package.glob(pattern)})
    names = [path.relative_to(root).as_posix() for path in paths]
    return [mutant for name in names if only in name for mutant in mutants(name, (root / name).read_bytes())]


def reasons(root: Path) -> Mapping[str, str]:
    """Mutants that nobody could notice, with why: pairs of lines in the file, the name and the reason below it."""
    lines = (root / REASONS).read_text("utf-8").splitlines()
    paired = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return dict(zip(paired[::2], paired[1::2], strict=True))


def draw(tree: Path, only: str, n: int, seed: int) -> Sequence[Mutant]:
    """The number of faults asked for, drawn from those that a test could notice."""
    harmless = reasons(tree)
    everything = [made for made in candidates(tree, only) if made.name not in harmless]
    print(f"{min(n, len(everything))} of {len(everything)} mutants, --seed {seed}", flush=True)
    return random.Random(seed).sample(everything, min(n, len(everything)))


def main() -> int:
    """Draw, judge and tell; exit code 1 if too many lived."""
    parser = argparse.ArgumentParser(prog="python -m scripts.mutants", description=__doc__)
    parser.add_argument("--n", type=int, default=400, help="how many faults")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000), help="draws the same ones")
    parser.add_argument("--only", default="", metavar="PART", help="part of a path, such as services/ingest")
    parser.add_argument("--minutes", type=float, default=40, help="what is not judged by then is left out")
    parser.add_argument("--workers", type=int, default=WORKERS, help="how many are judged at the same time")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of tests, at most, by which one is judged")
    parser.add_argument("--all", action="store_true", help="show who noticed, not only what lived")
    wanted = parser.parse_args()
    until = monotonic() + 60 * wanted.minutes
    with copied(ROOT) as tree:
        drawn = draw(tree, wanted.only, wanted.n, wanted.seed)
        known = reach(tree, ROOT / "build" / "mutants", wanted.workers)
        asked = [(mutant, known.judges(mutant, wanted.seconds)) for mutant in drawn]
        verdicts = []
        for verdict in judged(tree, asked, workers=wanted.workers, until=until):
            verdicts.append(verdict)
            show(verdict, everything=wanted.all)
    return tell(verdicts, len(drawn))


def show(verdict: Verdict, *, everything: bool) -> None:
    """One that lived, with its diff; with ``everything`` the others as well."""
    mutant = verdict.mutant
    where = f"{mutant.path}:{mutant.line}"
    if verdict.fate in {"lived", "unreached"}:
        print(f"\n{verdict.fate.upper()} {where}\n  {mutant.name}\n{verdict.diff}")
    elif everything:
        print(f"{verdict.fate} {verdict.seconds:5.1f} s {where} by {verdict.by}")
    sys.stdout.flush()


def tell(verdicts: Sequence[Verdict], drawn: int) -> int:
    """The share that was noticed."""
    lived = sum(verdict.fate in {"lived", "unreached"} for verdict in verdicts)
    killed = len(verdicts) - lived
    share = 100 * killed / max(1, len(verdicts))
    late = f", {drawn - len(verdicts)} left out for want of time" if len(verdicts) < drawn else ""
    print(f"\n{killed} of {len(verdicts)} noticed: {share:.1f} % (goal {GOAL:g} %), {lived} lived{late}")
    return 0 if share >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
