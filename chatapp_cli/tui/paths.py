"""Completion of a path while it is typed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.suggester import Suggester


class Paths(Suggester):
    """Suggests the first file or folder that goes on like what was typed."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The whole path, spelled as it was begun."""
        return await asyncio.to_thread(completed, value)


def completed(value: str) -> str | None:
    """The shortest continuation of a path that exists."""
    folder, begun = value.rpartition("/")[0::2] if "/" in value else ("", value)
    if not value:
        return None
    place = Path(folder + "/" if value.startswith("/") else folder or ".").expanduser()
    try:
        found = sorted(one for one in place.iterdir() if one.name.startswith(begun) and _visible(one, begun))
    except OSError:
        return None
    if not found:
        return None
    prefix = value[: len(value) - len(begun)]
    return prefix + found[0].name + ("/" if found[0].is_dir() else "")


def _visible(path: Path, begun: str) -> bool:
    return begun.startswith(".") or not path.name.startswith(".")
