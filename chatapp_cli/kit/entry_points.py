"""Entry points of other packages, for the parts, channels and CRMs that they add."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def entry_points(*, group: str) -> Sequence[EntryPoint]:
    """The entry points of this group, in the order in which Python finds their packages.

    Where no package mentions the group, and that is nearly everywhere, ``importlib.metadata`` is not even imported: it
    costs a daemon 1 MB.
    """
    if not any(_may_mention(Path(place or "."), group.encode()) for place in sys.path):
        return ()
    from importlib import metadata

    return tuple(metadata.entry_points().select(group=group))


def _may_mention(place: Path, group: bytes) -> bool:
    """Whether a package in this place of ``sys.path`` names the group; an archive may, and what cannot be read."""
    infos = (info for ending in ("dist-info", "egg-info") for info in place.glob(f"*.{ending}/entry_points.txt"))
    try:
        return place.is_file() or any(group in info.read_bytes() for info in infos)
    except OSError:
        return True
