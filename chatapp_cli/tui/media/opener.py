"""Files of messages outside the window: where a person keeps them, and what shows them."""

from __future__ import annotations

import asyncio
import shutil
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.text import T
from chatapp_cli.services import files
from chatapp_cli.store import temporary
from chatapp_cli.store.media import Media
from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.tui.media.paths import named

if TYPE_CHECKING:
    from textual.app import App

OPENER = "open" if sys.platform == "darwin" else "xdg-open"


def downloads() -> Path:
    """Where downloads go, if there is such a folder."""
    usual = Path.home() / "Downloads"
    return usual if usual.is_dir() else Path.home()


def saved(media: Media, file: FileRow, typed: str) -> Path:
    """Where the file lies once it is copied into the folder that was typed."""
    return files.copy_out(media, file, named(typed))


async def show(media: Media, file: FileRow) -> None:
    """Have the system show a copy under the file's own name, removed when the window ends.

    Raises Refused where nothing opens files.
    """
    program = shutil.which(OPENER)
    if program is None:
        raise Refused(
            "no_opener",
            T("This machine has no program that opens files."),
            T("Save the file and take it to your own computer."),
        )
    folder = await asyncio.to_thread(temporary.folder)
    await _run(program, str(await asyncio.to_thread(files.copy_out, media, file, folder)))


def deliver(app: App[Any], media: Media, file: FileRow, *, shown: bool = False) -> None:
    """Give a file to the browser, which keeps or shows it. Raises Refused for one that did not come."""
    way: Literal["browser", "download"] = "browser" if shown else "download"
    app.deliver_binary(
        files.content(media, file), save_filename=files.sound_name(file), open_method=way, mime_type=file.mime
    )


def hand_over(app: App[Any], name: str, content: bytes) -> None:
    """Give what was just made to the browser, which keeps it."""
    app.deliver_binary(BytesIO(content), save_filename=name)


async def follow(url: str) -> None:
    """Open a web address in the browser of this machine. Raises Refused for any other, and where there is none."""
    program = shutil.which(OPENER)
    if program is None or urlsplit(url).scheme.lower() not in {"http", "https"}:
        raise Refused(
            "no_opener",
            T("This machine has no program that opens links."),
            T("Copy the link and open it on your own computer."),
        )
    await _run(program, url)


async def _run(program: str, target: str) -> None:
    from chatapp_cli.tui.media.browser import require_terminal

    require_terminal()
    quiet = asyncio.subprocess.DEVNULL
    await asyncio.create_subprocess_exec(program, target, stdin=quiet, stdout=quiet, stderr=quiet)
