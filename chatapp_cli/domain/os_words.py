"""Why the operating system refused something, in words that are translated; the rest is said as it says it."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Final

from chatapp_cli.domain.text import T, Text

WORDS: Final[Mapping[int, Text]] = {
    errno.EACCES: T("Permission denied"),
    errno.ECONNREFUSED: T("Connection refused"),
    errno.ECONNRESET: T("Connection reset by peer"),
    errno.EHOSTUNREACH: T("No route to host"),
    errno.EISDIR: T("Is a directory"),
    errno.ENETUNREACH: T("Network is unreachable"),
    errno.ENOENT: T("No such file or directory"),
    errno.ENOSPC: T("No space left on device"),
    errno.ENOTDIR: T("Not a directory"),
    errno.EROFS: T("Read-only file system"),
    errno.ETIMEDOUT: T("Connection timed out"),
}
"""By the number of the error."""


def why(error: OSError) -> Text:
    """The reason of an error of the operating system, without its number and the path."""
    known = WORDS.get(error.errno or 0)
    return known or Text("{words}", {"words": error.strerror or type(error).__name__})
