"""``make rehearse``: lists what can be rehearsed, or plays it and prints the figures."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

say = partial(print, flush=True)


def names() -> list[str]:
    """Every module beside this one is a rehearsal."""
    return [found.name for found in iter_modules([str(Path(__file__).parent)]) if not found.name.startswith("_")]


def main(wanted: list[str]) -> int:
    """Play what was named; 1 if something did not hold, 2 if nothing has that name."""
    if not wanted or set(wanted) - set(names()):
        for name in names():
            about = (import_module(f"tests.rehearsals.{name}").__doc__ or "").splitlines()[0]
            say(f"make rehearse {name:<12} {about}")
        return 2 if wanted else 0
    violations = [violation for name in wanted for violation in _played(name)]
    for violation in violations:
        say(f"DOES NOT HOLD: {violation}")
    return 1 if violations else 0


def _played(name: str) -> list[str]:
    module = import_module(f"tests.rehearsals.{name}")
    with tempfile.TemporaryDirectory(prefix="chatapp-rehearsal-") as folder:
        figures = asyncio.run(module.rehearse(Path(folder), module.FULL, say))
    say(figures)
    return list(figures.violations())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
