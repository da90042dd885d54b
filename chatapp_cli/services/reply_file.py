"""Export and import quick replies, with their attached files beside the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from chatapp_cli.domain import given_file, os_words, whole_file
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.services import files, reply_sheet
from chatapp_cli.services.reply_entries import ReplyFile
from chatapp_cli.services.reply_sheet import FORMATS, FileFormat
from chatapp_cli.store.media import Media
from chatapp_cli.store.rows.replies import QuickReplyRow
from chatapp_cli.store.tx import Tx

Find: TypeAlias = Callable[[str, Path], Path]
"""Resolves a path in a file of a folder."""


def form(name: str) -> FileFormat:
    """A format by name or by file extension. Raises UsageError."""
    name = name.lower().lstrip(".")
    found = FORMATS.get(name)
    if found is None:
        raise UsageError(T("{said} is not one of: {allowed}", said=name, allowed=", ".join(FORMATS)), field="form")
    return found


def text(tx: Tx, rows: Sequence[QuickReplyRow], wanted: FileFormat) -> str:
    """Replies as the text of a file, without attached files."""
    return reply_sheet.written(tx, rows, wanted)


def save(tx: Tx, media: Media, rows: Sequence[QuickReplyRow], target: Path, format_name: str = "") -> None:
    """Write replies to a file, for YAML with their attached files. Raises NotFound if that is not possible."""
    from chatapp_cli.services.reply_yaml import beside

    target = target.expanduser()
    wanted = form(format_name or target.suffix)
    try:
        whole_file.write_whole(
            target, reply_sheet.written(tx, rows, wanted, beside(media, target)).encode(), mode=0o666
        )
    except OSError as error:
        raise NotFound(
            T("{path} cannot be written: {why}.", path=target, why=os_words.why(error)), T("Name another place.")
        ) from error


def content(path: Path) -> bytes:
    """The content of a file. Raises NotFound, and UsageError if it is too long."""
    try:
        return given_file.words(path.expanduser())
    except (OSError, ValueError) as error:
        raise NotFound(T("There is no readable file {path}.", path=path), T("Check the path.")) from error


def beside(path: str, folder: Path) -> Path:
    """Resolve a path in a file of that folder."""
    return folder / Path(path).expanduser()


def read(
    media: Media,
    found: bytes,
    path: Path,
    format_name: str = "",
    *,
    find: Find = beside,
    take: Callable[[Path], StagedFile] | None = None,
) -> ReplyFile:
    """Read a file; attached files, whose paths ``find`` resolves, are copied into the store."""
    wanted = form(format_name or path.suffix or "csv")

    def stage(attached: str) -> StagedFile:
        place = find(attached, path.expanduser().parent)
        return take(place) if take else files.stage(media, place)

    return reply_sheet.read(found, wanted, stage)
