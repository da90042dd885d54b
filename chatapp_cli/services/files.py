"""Files of messages: what is still to be fetched, and what a person attaches."""

from __future__ import annotations

import mimetypes
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chatapp_cli.domain import given_file
from chatapp_cli.domain.access import PROGRAM
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
    from chatapp_cli.domain.event import FileKind

MOST_ATTEMPTS = 8
TRAYS = "trays"
"""Below the company's folder, where files of people lie and not the desk's: a tray for each login in a browser."""
_OF_COMPANIES = ("chatapp.db", "secret.key")
"""One of them tells that a folder is a company's."""
_KINDS: dict[str, FileKind] = {"image": "photo", "video": "video", "audio": "audio"}
_SENDABLE = frozenset({"photo", "video", "audio", "voice", "document"})


def look(path: Path) -> StagedFile:
    """A person's file as it would be, before anything is copied. Raises NotFound if it cannot be read."""
    with given_file.opened(path) as file:
        size = os.fstat(file.fileno()).st_size
    mime = _mime(path)
    return StagedFile(name=path.name, mime=mime, size=size, sha256="", kind=_kind(mime))


def stage(media: Media, path: Path, *, most: int | None = None) -> StagedFile:
    """Take a person's file of at most so many bytes into the store.

    Raises NotFound if it cannot be read or is no regular file, Refused for the desk's own files and for one that is
    longer, StoreError where the disk has no room for it.
    """
    if _is_ours(media, path):
        raise Refused(
            "own_file",
            T("{name} belongs to the desk itself: it may hold keys or other clients' words.", name=path.name),
            T("Choose a file of your own, outside the folders of chatapp."),
        )
    kept, mime = media.put_file(path, most=most), _mime(path)
    return StagedFile(name=path.name, mime=mime, size=kept.size, sha256=kept.sha256, kind=_kind(mime), inode=kept.inode)


def _is_ours(media: Media, path: Path) -> bool:
    """Whether a file lies in a company's folder, or is a settings file or a login; what was uploaded is a person's."""
    found, own = path.resolve(), media.root.parent.resolve()
    if found.is_relative_to(own):
        return not found.is_relative_to(own / TRAYS)
    company = next((folder for folder in found.parents if folder.parent == own.parent), None)
    if company is not None and any((company / name).exists() for name in _OF_COMPANIES):
        return True
    return media.private is not None and media.private(found)


def drop_unused(tx: Tx, media: Media, staged: Sequence[StagedFile]) -> None:
    """Remove contents that came into the store with these files, if nothing came of them."""
    for file in staged:
        if file.inode and not tx.value("files.uses", sha256=file.sha256):
            media.drop(file.sha256, file.inode)


def _mime(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _kind(mime: str) -> FileKind:
    """Pictures that every messenger draws go as pictures; a drawing format goes as a document."""
    if mime.startswith("image/") and mime not in {"image/jpeg", "image/png", "image/webp"}:
        return "document"
    return _KINDS.get(mime.split("/", maxsplit=1)[0], "document")


def one(tx: Tx, file: FileId) -> FileRow:
    """A file by its number."""
    found = tx.one(FileRow, "files.one", id=file)
    if found is None:
        raise NotFound(T("There is no file {n}.", n=file))
    return found


def copy_out(media: Media, file: FileRow, folder: Path) -> Path:
    """Copy a file out under its own name, beside what is there already. Raises Busy, Refused and NotFound."""
    target = _free(folder / sound_name(file))
    try:
        shutil.copyfile(content(media, file), target)
    except OSError as error:
        raise NotFound(
            T("The file cannot be saved in {folder}: {why}.", folder=folder, why=error.strerror or error),
            T("Name another folder."),
        ) from error
    return target


def content(media: Media, file: FileRow) -> Path:
    """Where a file's content lies. Raises Busy while it is still to come, and Refused if it never will."""
    _insist_here(file)
    return media.path(file.sha256)


def staged(file: FileRow) -> StagedFile:
    """A message's file as it goes out with another one, its content where it lies. Raises as ``content`` does."""
    _insist_here(file)
    return StagedFile(name=sound_name(file), mime=file.mime, size=file.size, sha256=file.sha256, kind=_kind_of(file))


def _kind_of(file: FileRow) -> FileKind:
    """What it came as, where that can be sent as well."""
    return file.kind if file.kind in _SENDABLE else _kind(file.mime)


def _insist_here(file: FileRow) -> None:
    if file.state == "missing":
        raise Refused("missing", T("The file {name} never came: {code}.", name=file.name, code=file.code))
    if file.state != "here":
        raise Busy(
            T("The file {name} has not been fetched yet.", name=file.name),
            T("The daemon does it: {how}", how=to_do(Next.SERVE)),
        )


def sound_name(file: FileRow) -> str:
    """A name that stays in the folder it is put into and can be shown."""
    return sound(file.name) or f"file-{file.id}"


def sound(name: str) -> str:
    """What of a stranger's name for a file is safe; maybe nothing."""
    shown = "".join(letter for letter in name if letter.isprintable())
    return shown.replace("\\", "/").rsplit("/", maxsplit=1)[-1].lstrip(".").strip()


def _free(path: Path) -> Path:
    if not path.exists():
        return path
    n = 1
    while (other := path.with_stem(f"{path.stem} ({n})")).exists():
        n += 1
    return other


def wanted(tx: Tx, channel: ChannelId, *, n: int = 20) -> list[FileRow]:
    """Files that are to be fetched now."""
    return tx.all(FileRow, "files.wanted", channel=channel, now=tx.now, n=n)


def here(tx: Tx, file: FileRow, *, sha256: str, size: int) -> None:
    """A file's content has come."""
    tx.run("files.here", id=file.id, sha256=sha256, size=size)
    _tell(tx, FileArrived, file)


def later(tx: Tx, file: FileRow, *, code: str, seconds: float) -> None:
    """Try again after so many seconds; after too many attempts it is missing."""
    if file.attempts + 1 >= MOST_ATTEMPTS:
        missing(tx, file, code=code)
    else:
        tx.run("files.later", id=file.id, next_at=tx.now + int(seconds * 1000), code=code)


def missing(tx: Tx, file: FileRow, *, code: str) -> None:
    """The content will not come; the message says why."""
    tx.run("files.missing", id=file.id, code=code)
    _tell(tx, FileMissing, file)


def _tell(tx: Tx, what: type[FileArrived | FileMissing], file: FileRow) -> None:
    dialog = message_of(tx, file.message_id).dialog_id
    tx.emit(what(channel=file.channel_id, dialog=dialog, message=file.message_id, file=file.id), actor=PROGRAM)
