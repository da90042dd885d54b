"""Saves files of messages and opens them in other programs."""

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
    """The folder of downloads, or the home folder if there is none."""
    usual = Path.home() / "Downloads"
    return usual if usual.is_dir() else Path.home()


def saved(media: Media, file: FileRow, typed: str) -> Path:
    """Copy a file into a folder that a person typed. Returns its path; raises as `files.copy_out` and `named` do."""
    return files.copy_out(media, file, named(typed))


async def show(media: Media, file: FileRow) -> None:
    """Open a copy with the system's program for its type; it is removed when the window ends.

    Raises Refused where there is no program that opens files.
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
    """Send a file to the browser, which saves or, with ``shown``, shows it. Raises Refused if the file is missing."""
    way: Literal["browser", "download"] = "browser" if shown else "download"
    app.deliver_binary(
        files.content(media, file), save_filename=files.sound_name(file), open_method=way, mime_type=file.mime
    )


def hand_over(app: App[Any], name: str, content: bytes) -> None:
    """Send new content to the browser, which saves it under ``name``."""
    app.deliver_binary(BytesIO(content), save_filename=name)


async def follow(url: str) -> None:
    """Open an http or https address in this machine's browser. Raises Refused for others, or without a browser."""
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
