"""How often Python looks for garbage that refers to itself.

With its own thresholds it looks at every object of the program now and then, which are some hundred thousand once all
is imported, and stops everything for 40 ms to find nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

RARELY = (20_000, 20, 20)
"""Thresholds for ``gc.set_threshold``."""


@contextmanager
def collected_rarely() -> Iterator[None]:
    """Look for garbage rarely; ``leave_out_what_is_here`` then makes it quick too."""
    before = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def leave_out_what_is_here() -> None:
    """Look no more at the objects of now, as those of the imported modules, which live as long as the process."""
    gc.freeze()
