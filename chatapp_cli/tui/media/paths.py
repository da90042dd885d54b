"""Paths that a person types: where they lead, and how they go on.

Every one goes through ``named``: in a browser it leads to what was uploaded in that login, and nowhere else.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.suggester import Suggester

from chatapp_cli.services import files
from chatapp_cli.store.media import Media


class Paths(Suggester):
    """Suggests the first file or folder that goes on like what was typed."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The whole path, spelled as it was begun."""
        return await asyncio.to_thread(completed, value)


def named(typed: str, folder: Path = Path()) -> Path:
    """Where a typed path leads from a folder. Raises Refused in a browser for all that was not uploaded."""
    from chatapp_cli.tui.media.browser import carried, uploaded

    return uploaded(typed) if carried() else folder / Path(typed).expanduser()


def offered() -> str:
    """What to offer before anything is typed: the newest upload. Raises Refused in a browser without one."""
    from chatapp_cli.tui.media.browser import carried, own_files_only, uploads

    if not carried():
        return ""
    there = uploads()
    if not there:
        raise own_files_only()
    return there[0]


def lasting(media: Media, typed: str) -> str:
    """A path that still leads there when the login is over. Raises as ``named`` and ``files.stage`` do."""
    from chatapp_cli.tui.media.browser import carried

    return str(media.path(files.stage(media, named(typed)).sha256)) if carried() else typed


def completed(value: str) -> str | None:
    """The first continuation of a path that exists."""
    from chatapp_cli.tui.media.browser import carried, uploads

    if not value:
        return None
    if carried():
        return next((name for name in sorted(uploads()) if name.startswith(value)), None)
    return _on_disk(value)


def _on_disk(value: str) -> str | None:
    folder, begun = value.rpartition("/")[0::2] if "/" in value else ("", value)
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
