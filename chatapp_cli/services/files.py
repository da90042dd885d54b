"""Files of messages: downloads and attachments."""

from __future__ import annotations

import json
import mimetypes
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain import given_file, os_words
from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.border import LONGEST_FILE_NAME
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import Busy, NotFound, Refused
from chatapp_cli.domain.ids import ChannelId, FileId
from chatapp_cli.domain.journal.messages import FileArrived, FileMissing
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.services.transcript import message as message_of
from chatapp_cli.store.media import Media
from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import FileKind

MOST_ATTEMPTS = 8
_LONGEST_ENDING = 32
"""In bytes; what is longer after a dot is no ending."""
SAMPLE = 1000
"""Files whose contents a diagnosis looks for."""
RESTORE = T("Restore the folder from a backup; if there is none, ask the client for the file again.")
RESTRICTED_UPLOADS = "uploads"
"""The folder in the company's with a folder for each operator of a restricted window."""
UPLOADS = "trays"
"""The folder below the company's that holds uploads, one subfolder for each browser login."""
_OF_COMPANIES = ("chatapp.db", "secret.key")
"""Any of these files marks a company's folder."""
_KINDS: dict[str, FileKind] = {"image": "photo", "video": "video", "audio": "audio"}
_SENDABLE = frozenset({"photo", "video", "audio", "voice", "document"})


class Lost(NamedTuple):
    """What became of contents."""

    looked: int
    """Files whose contents were looked for."""
    missing: Sequence[FileRow]
    """Those whose content is gone."""


def look(path: Path) -> StagedFile:
    """Inspect a person's file without copying it. Raises NotFound if it cannot be read."""
    with given_file.opened(path) as file:
        size = os.fstat(file.fileno()).st_size
    mime = _mime(path)
    return StagedFile(name=path.name, mime=mime, size=size, sha256="", kind=_kind(mime))


def stage(media: Media, path: Path, *, most: int | None = None) -> StagedFile:
    """Copy a person's file of at most this many bytes into the store.

    Raises NotFound if it is unreadable or not a regular file, Refused for the desk's own files and if it is too large,
    StoreError if the disk is full.
    """
    if _is_ours(media, path):
        raise Refused(
            "own_file",
            T("{name} belongs to the desk itself: it may hold keys or other clients' words.", name=path.name),
            T("Choose a file of your own, outside the folders of chatapp."),
        )
    kept, mime = media.put_file(path, most=most), _mime(path)
    return StagedFile(name=path.name, mime=mime, size=kept.size, sha256=kept.sha256, kind=_kind(mime), inode=kept.inode)


def adopt(media: Media, scratch: Path, *, name: str, mime: str = "") -> StagedFile:
    """Take a file that was fetched from elsewhere into the store. Raises StoreError if the disk is full."""
    sha256, size = media.adopt(scratch)
    name = sound(name) or "file"
    mime = mime or _mime(Path(name))
    return StagedFile(name=name, mime=mime, size=size, sha256=sha256, kind=_kind(mime))


def _is_ours(media: Media, path: Path) -> bool:
    """Whether a file belongs to a company's folder, or is a settings file or a login; uploads do not count."""
    found, own = path.resolve(), media.root.parent.resolve()
    if found.is_relative_to(own):
        return not any(found.is_relative_to(own / folder) for folder in (UPLOADS, RESTRICTED_UPLOADS))
    company = next((folder for folder in found.parents if folder.parent == own.parent), None)
    if company is not None and any((company / name).exists() for name in _OF_COMPANIES):
        return True
    return media.private is not None and media.private(found)


def drop_unused(tx: Tx, media: Media, staged: Sequence[StagedFile]) -> None:
    """Delete the contents of these staged files if they were not used."""
    for file in staged:
        if file.inode and not tx.value("files.uses", sha256=file.sha256):
            media.drop(file.sha256, file.inode)


def _mime(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _kind(mime: str) -> FileKind:
    """The kind of a file: pictures that every messenger shows go as pictures, other image formats as documents."""
    if mime.startswith("image/") and mime not in {"image/jpeg", "image/png", "image/webp"}:
        return "document"
    return _KINDS.get(mime.split("/", maxsplit=1)[0], "document")


def one(tx: Tx, file: FileId) -> FileRow:
    """A file by number."""
    found = tx.one(FileRow, "files.one", id=file)
    if found is None:
        raise NotFound(T("There is no file {n}.", n=file))
    return found


def copy_out(media: Media, file: FileRow, folder: Path) -> Path:
    """Copy a file out under its own name without overwriting. Raises Busy, Refused and NotFound."""
    source = content(media, file)
    try:
        return _copied(source, folder, _called(file))
    except OSError as error:
        raise NotFound(
            T("The file cannot be saved in {folder}: {why}.", folder=folder, why=os_words.why(error)),
            T("Name another folder."),
        ) from error


def _copied(source: Path, folder: Path, name: str) -> Path:
    """A new file, which is complete or not there."""
    target = _created(folder, name)
    try:
        shutil.copyfile(source, target)
    except OSError:
        target.unlink(missing_ok=True)
        raise
    return target


def _created(folder: Path, name: str) -> Path:
    """An empty file under the first free one of the names."""
    for n in count():
        with suppress(FileExistsError):
            (target := folder / numbered(name, n)).touch(exist_ok=False)
            return target
    raise AssertionError("numbers do not end")


def numbered(name: str, n: int) -> str:
    """The name of the n-th file that would have the same name, such as «price (1).txt», short enough for a folder."""
    mark = f" ({n})" if n else ""
    stem, ending = Path(name).stem, Path(name).suffix
    if len(ending.encode()) > _LONGEST_ENDING:
        stem, ending = name, ""
    room = LONGEST_FILE_NAME - len(f"{mark}{ending}".encode())
    return f"{stem.encode()[:room].decode(errors='ignore')}{mark}{ending}"


def content(media: Media, file: FileRow) -> Path:
    """The path of a file's content.

    Raises Busy while it is still being downloaded, Refused if it never will be, NotFound if it is lost.
    """
    _require_present(file)
    path = media.path(file.sha256)
    if not path.is_file():
        raise NotFound(
            T("The content of {name} is not in {folder} any more.", name=sound_name(file), folder=media.root), RESTORE
        )
    return path


def lost(tx: Tx, media: Media, *, most: int = SAMPLE) -> Lost:
    """Look for the contents of files, of at most so many: of all, or of some that are spread over the whole store."""
    newest = int(tx.value("files.newest"))
    step = max(1, -(-newest // most))
    chosen = range(1 + tx.now % step, newest + 1, step)
    looked = tx.all(FileRow, "files.stored", ids=json.dumps(list(chosen)))
    return Lost(len(looked), [file for file in looked if not media.path(file.sha256).is_file()])


def staged(file: FileRow) -> StagedFile:
    """A message's file for sending with another one, sharing its content. Raises as ``content`` does."""
    _require_present(file)
    return StagedFile(name=sound_name(file), mime=file.mime, size=file.size, sha256=file.sha256, kind=_kind_of(file))


def _kind_of(file: FileRow) -> FileKind:
    """Its original kind, if that can be sent too."""
    return file.kind if file.kind in _SENDABLE else _kind(file.mime)


def _require_present(file: FileRow) -> None:
    if file.state == "missing":
        raise Refused("missing", T("The file {name} could not be downloaded: {code}.", name=file.name, code=file.code))
    if file.state != "here":
        raise Busy(
            T("The file {name} has not been downloaded yet.", name=file.name),
            T("The daemon does it: {how}", how=to_do(Next.SERVE)),
        )


def sound_name(file: FileRow) -> str:
    """A file name that is safe in a folder and on screen."""
    return numbered(_called(file), 0)


def _called(file: FileRow) -> str:
    return sound(file.name) or f"file-{file.id}"


def sound(name: str) -> str:
    """The safe part of a foreign file name; may be empty."""
    shown = "".join(letter for letter in name if letter.isprintable())
    return shown.replace("\\", "/").rsplit("/", maxsplit=1)[-1].lstrip(".").strip()


def wanted(tx: Tx, channel: ChannelId, *, n: int = 20) -> list[FileRow]:
    """Files to download now."""
    return tx.all(FileRow, "files.wanted", channel=channel, now=tx.now, n=n)


def here(tx: Tx, file: FileRow, *, sha256: str, size: int) -> None:
    """Record a file's content as downloaded."""
    tx.run("files.here", id=file.id, sha256=sha256, size=size)
    _tell(tx, FileArrived, file)


def later(tx: Tx, file: FileRow, *, code: str, seconds: float) -> None:
    """Retry after this many seconds; after too many attempts the file is missing."""
    if file.attempts + 1 >= MOST_ATTEMPTS:
        missing(tx, file, code=code)
    else:
        tx.run("files.later", id=file.id, next_at=tx.now + int(seconds * 1000), code=code)


def missing(tx: Tx, file: FileRow, *, code: str) -> None:
    """Record that the content cannot be downloaded; the message says why."""
    tx.run("files.missing", id=file.id, code=code)
    _tell(tx, FileMissing, file)


def _tell(tx: Tx, what: type[FileArrived | FileMissing], file: FileRow) -> None:
    dialog = message_of(tx, file.message_id).dialog_id
    tx.emit(what(channel=file.channel_id, dialog=dialog, message=file.message_id, file=file.id), actor=PROGRAM)
