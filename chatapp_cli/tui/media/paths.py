"""Paths that a person types, and their completion.

Each goes through ``named``: in a browser or a restricted window it can name only files in that operator's folder.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.suggester import Suggester

from chatapp_cli.services import files
from chatapp_cli.store.media import Media


class Paths(Suggester):
    """Suggests the first file or folder that begins with what was typed."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The completed path; ``None`` if nothing begins like that."""
        return await asyncio.to_thread(completed, value)


def named(typed: str, folder: Path = Path()) -> Path:
    """A typed path, taken from ``folder``. Raises Refused in a confined window if it names no uploaded file."""
    from chatapp_cli.tui.media.browser import confined, uploaded

    return uploaded(typed) if confined() else folder / Path(typed).expanduser()


def offered() -> str:
    """The path to begin with: empty, but confined the newest upload. Raises Refused there without uploads."""
    from chatapp_cli.tui.media.browser import confined, nothing_uploaded, uploads

    if not confined():
        return ""
    there = uploads()
    if not there:
        raise nothing_uploaded()
    return there[0]


def lasting(media: Media, typed: str) -> str:
    """A path that stays valid after the login ends. Raises as ``named`` and ``files.stage`` do."""
    from chatapp_cli.tui.media.browser import confined

    return str(media.path(files.stage(media, named(typed)).sha256)) if confined() else typed


def completed(value: str) -> str | None:
    """The first existing path that begins with ``value``; ``None`` if there is none."""
    from chatapp_cli.tui.media.browser import confined, uploads

    if not value:
        return None
    if confined():
        return next((name for name in sorted(uploads()) if name.startswith(value)), None)
    return _on_disk(value)


def _on_disk(value: str) -> str | None:
    folder, prefix = value.rpartition("/")[0::2] if "/" in value else ("", value)
    place = Path(folder + "/" if value.startswith("/") else folder or ".").expanduser()
    try:
        found = sorted(one for one in place.iterdir() if one.name.startswith(prefix) and _visible(one, prefix))
    except OSError:
        return None
    if not found:
        return None
    parent = value[: len(value) - len(prefix)]
    return parent + found[0].name + ("/" if found[0].is_dir() else "")


def _visible(path: Path, prefix: str) -> bool:
    return prefix.startswith(".") or not path.name.startswith(".")
