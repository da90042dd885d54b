"""Files of messages, kept once under the hash of their content."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from chatapp_cli.domain.errors import NotFound, StoreError
from chatapp_cli.domain.text import T


class Media:
    """The folder. What was put is durable when ``put`` returns."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Where a content lies."""
        return self.root / sha256[:2] / sha256

    def put(self, content: bytes) -> str:
        """Keep bytes; returns their hash."""
        return self._keep(lambda file: file.write(content))

    def put_file(self, source: Path) -> tuple[str, int]:
        """Keep a copy of a file; returns hash and size. Raises NotFound for a file that is not there."""
        try:
            opened = source.open("rb")
        except OSError as error:
            raise NotFound(T("There is no readable file {path}.", path=source), T("Check the path.")) from error
        with opened:
            sha256 = self._keep(lambda file: shutil.copyfileobj(opened, file))
        return sha256, self.path(sha256).stat().st_size

    def scratch(self) -> Path:
        """A new empty file on the same disk, to be filled and then adopted."""
        import tempfile

        with _telling():
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self.root, prefix="new-")
            os.close(handle)
            return Path(name)

    def adopt(self, scratch: Path) -> tuple[str, int]:
        """Move a filled scratch file to its place; returns hash and size."""
        import hashlib

        with _telling(), scratch.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
            target = self.path(sha256)
            new = not target.parent.exists()
            target.parent.mkdir(exist_ok=True, mode=0o700)
            scratch.replace(target)
            make_durable(target.parent)
            if new:
                make_durable(self.root)
            return sha256, target.stat().st_size

    def _keep(self, fill: Callable[[BinaryIO], object]) -> str:
        scratch = self.scratch()
        try:
            with _telling(), scratch.open("wb") as file:
                fill(file)
            return self.adopt(scratch)[0]
        finally:
            scratch.unlink(missing_ok=True)


def make_durable(folder: Path) -> None:
    """Let the names in a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            T("The file cannot be kept: {why}.", why=error.strerror or error), T("Check the disk.")
        ) from error
