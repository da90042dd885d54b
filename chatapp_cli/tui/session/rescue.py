"""Saves a text that the store could not keep into a file, so that nothing written is lost."""

from __future__ import annotations

import os
from pathlib import Path

from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.moment import local

FOLDER = "unsent"
_MOST = 100  # files of one second


def save_to_file(home: Path, to: str, text: str, now: Millis) -> Path:
    """Write the text into a new file that only this user can read. Returns its path; raises OSError."""
    folder = home / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for n in range(_MOST):
        path = folder / f"{local(now):%Y-%m-%d-%H%M%S}{f'-{n}' if n else ''}.txt"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(f"{to}\n\n{text}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError:  # the text is printed instead; half of it would pass for the whole
            path.unlink(missing_ok=True)
            raise
        return path
    raise FileExistsError(folder)
