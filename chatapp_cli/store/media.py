"""Files of messages, stored once under the hash of their content."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from chatapp_cli.domain import given_file
from chatapp_cli.domain.draft import MEGABYTE, too_big
from chatapp_cli.domain.errors import StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.domain.whole_file import make_durable

SPARE = 64 * MEGABYTE
"""Free bytes on the disk that a person's file must leave."""
_PIECE = MEGABYTE
_NEW = "new-"
_HASH = 64
_ABANDONED = 86_400.0
"""Seconds without a write after which an unfinished file is abandoned."""


class Kept(NamedTuple):
    """A stored file."""

    sha256: str
    size: int
    inode: int
    """Of the file, if its content is new to the store; otherwise 0."""


class Media:
    """The media folder. A file is durable when ``put`` returns."""

    def __init__(self, root: Path, private: Callable[[Path], bool] | None = None) -> None:
        """``private`` says whether a resolved path is a settings file or a login, which must not be sent."""
        self.root = root
        self.private = private

    def path(self, sha256: str) -> Path:
        """The path of a content."""
        return self.root / sha256[:2] / sha256

    def put(self, content: bytes) -> str:
        """Store bytes; returns their hash."""
        return self._keep(lambda file: file.write(content))

    def put_file(self, source: Path, *, most: int | None = None) -> Kept:
        """Store a copy of a regular file up to a maximum size in bytes.

        Raises NotFound if there is no such file, Refused if it is larger, StoreError if the disk is too full; all
        before copying, unless the file grows meanwhile.
        """
        with given_file.opened(source) as file:
            size = os.fstat(file.fileno()).st_size
            limit = self._room() if most is None else min(most, self._room())
            _require_space(source, size, most, limit)
            scratch = self._filled(lambda copy: _copy(file, copy, lambda n: _require_space(source, n, most, limit)))
        try:
            return self._take_in(scratch)
        finally:
            scratch.unlink(missing_ok=True)

    def drop(self, sha256: str, inode: int) -> bool:
        """Remove an unused content, unless the same content was stored again meanwhile; returns whether it went."""
        with suppress(OSError):
            if self.path(sha256).stat().st_ino == inode:
                self.path(sha256).unlink()
                return True
        return False

    def vacate(self) -> None:
        """Remove empty folders up to that of all companies, because no store was created."""
        for folder in (*self.root.glob("??"), self.root, self.root.parent, self.root.parent.parent):
            with suppress(OSError):
                folder.rmdir()

    def abandoned(self) -> dict[Path, int]:
        """Unfinished files that were not written to for a day, with their bytes."""
        found, before = {}, time.time() - _ABANDONED
        for left in self.root.glob(f"{_NEW}*"):
            with suppress(OSError):
                seen = left.stat()
                if seen.st_mtime < before:
                    found[left] = seen.st_size
        return found

    def sweep(self) -> int:
        """Remove them; returns how many."""
        swept = 0
        for left in self.abandoned():
            with suppress(OSError):
                left.unlink()
                swept += 1
        return swept

    def contents(self, prefix: str) -> dict[str, int]:
        """The contents whose hash begins so and that were stored more than a day ago, with their inodes."""
        found, before = {}, time.time() - _ABANDONED
        for file in self.root.glob(f"{prefix}?/{'?' * _HASH}"):
            with suppress(OSError):
                seen = file.stat()
                if seen.st_mtime < before:
                    found[file.name] = seen.st_ino
        return found

    def size(self, sha256: str) -> int:
        """Bytes of a content; 0 if it is not there."""
        with suppress(OSError):
            return self.path(sha256).stat().st_size
        return 0

    def _room(self) -> int:
        with _telling():
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            return max(0, shutil.disk_usage(self.root).free - SPARE)

    def scratch(self) -> Path:
        """Create an empty file on the same disk, to be filled and adopted."""
        import tempfile

        with _telling():
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self.root, prefix=_NEW)
            os.close(handle)
            return Path(name)

    def adopt(self, scratch: Path) -> tuple[str, int]:
        """Move a filled scratch file to its place; returns hash and size."""
        return self._take_in(scratch)[:2]

    def _take_in(self, scratch: Path) -> Kept:
        import hashlib

        with _telling(), scratch.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
            target = self.path(sha256)
            new, fresh = not target.parent.exists(), not target.exists()
            target.parent.mkdir(exist_ok=True, mode=0o700)
            scratch.replace(target)
            make_durable(target.parent)
            if new:
                make_durable(self.root)
            found = target.stat()
            return Kept(sha256, found.st_size, found.st_ino if fresh else 0)

    def _keep(self, fill: Callable[[BinaryIO], object]) -> str:
        scratch = self._filled(fill)
        try:
            return self.adopt(scratch)[0]
        finally:
            scratch.unlink(missing_ok=True)

    def _filled(self, fill: Callable[[BinaryIO], object]) -> Path:
        scratch = self.scratch()
        try:
            with _telling(), scratch.open("wb") as file:
                fill(file)
        except BaseException:  # Ctrl+C too: half a file is nobody's
            scratch.unlink(missing_ok=True)
            raise
        return scratch


def _copy(source: BinaryIO, target: BinaryIO, check: Callable[[int], None]) -> None:
    """Copy in pieces, so that the check stops a file that is larger than its stated size."""
    copied = 0
    while piece := source.read(_PIECE):
        copied += len(piece)
        check(copied)
        target.write(piece)


def _require_space(path: Path, size: int, most: int | None, limit: int) -> None:
    if size <= limit:
        return
    if most is not None and size > most:
        raise too_big(path.name, size, most)
    raise StoreError(
        T("{name} does not fit on the disk beside the store.", name=path.name),
        T("Free some space, or send a smaller file."),
    )


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            T("The file cannot be saved: {why}.", why=error.strerror or error), T("Check the disk.")
        ) from error
