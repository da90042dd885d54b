"""Reads files named by a person: checked before they are opened, and never read beyond a limit.

A typo may name a device, which is endless, or a pipe, which may block for ever.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.text import T, Text

_MOST_MB: Final = 16
MOST_WORDS: Final = _MOST_MB * 1_048_576
"""Largest size in bytes of answers, settings, lists and texts."""


def opened(path: Path) -> BinaryIO:
    """Open a regular file for reading. Raises NotFound for anything else or if it cannot be read."""
    try:
        return _open(path, pipes=False)
    except (OSError, ValueError) as error:
        raise NotFound(T("There is no readable file {path}.", path=path), T("Check the path.")) from error


def words(path: Path) -> bytes:
    """The content of a text file, or of a process substitution such as ``<(pass show x)``.

    Raises OSError if it is neither or cannot be read, and UsageError if it is larger than ``MOST_WORDS``.
    """
    with _open(path, pipes=True) as file:
        return at_most(file, T("The file {path}", path=path))


def at_most(file: BinaryIO, what: Text) -> bytes:
    """Read everything. Raises UsageError, which names the source, if it is larger than ``MOST_WORDS``."""
    content = file.read(MOST_WORDS + 1)
    if len(content) > MOST_WORDS:
        raise UsageError(
            T("{what} is too long: at most {n} MB are read.", what=what, n=_MOST_MB),
            T("Check what you named; a file is sent with --file."),
        )
    return content


def _open(path: Path, *, pipes: bool) -> BinaryIO:
    """Checked before and after opening: opening a device may have an effect, and the path may change in between."""
    _require_readable(path.stat(), pipes=pipes)
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _require_readable(os.fstat(handle), pipes=pipes)
        os.set_blocking(handle, True)
        return os.fdopen(handle, "rb")
    except BaseException:  # Ctrl+C too: nobody else knows the handle
        os.close(handle)
        raise


def _require_readable(found: os.stat_result, *, pipes: bool) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise OSError("this is a folder")
    if not (stat.S_ISREG(found.st_mode) or (pipes and stat.S_ISFIFO(found.st_mode))):
        raise OSError("this is no regular file")
