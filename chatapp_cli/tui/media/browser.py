"""The window in a browser: its screen and keys go through pipes to the daemon that started it.

The process runs on the daemon's machine and the operator sits at another one, so they get neither files nor programs
of this machine. The same holds for a window that was opened with ``--restricted``, as over SSH.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.text import T
from chatapp_cli.runtime.restricted import RESTRICTED_VARIABLE, UPLOADS_VARIABLE


class BrowserDriver(WebDriver):
    """Textual's driver, which also closes the window when its input ends, as it does when the daemon stops."""

    def run_input_thread(self) -> None:
        """Read keys until the pipe or the window closes."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._write = partial(_nowhere, self.fileno)
            self._app.post_message(ExitApp())


def _nowhere(fileno: int, data: bytes) -> int:
    """Drop what is painted while the window closes: nobody reads the pipe any more."""
    del fileno
    return len(data)


def carried() -> bool:
    """Whether this process shows a window in a browser."""
    return os.environ.get("TEXTUAL_DRIVER", "") == f"{BrowserDriver.__module__}:{BrowserDriver.__qualname__}"


def confined() -> bool:
    """Whether the operator gets neither files nor programs of this machine, in a browser or by ``--restricted``."""
    return carried() or bool(os.environ.get(RESTRICTED_VARIABLE))


def require_terminal() -> None:
    """Allow starting a program of this machine. Raises Refused in a browser and in a restricted window."""
    if carried():
        raise Refused(
            "in_a_browser",
            T("In a browser the window starts no other program."),
            T("Write here, or open the window in a terminal."),
        )
    if confined():
        raise Refused("restricted", T("This window is restricted and starts no other program."), T("Write here."))


def uploads() -> list[str]:
    """The names of the files in the operator's upload folder, the newest first."""
    try:
        at = {file.name: file.stat().st_mtime_ns for file in Path(os.environ[UPLOADS_VARIABLE]).iterdir()}
    except (KeyError, OSError):
        return []
    ready = [name for name in at if not name.startswith(".")]
    return sorted(ready, key=at.__getitem__, reverse=True)


def uploaded(name: str) -> Path:
    """The path of a file in the upload folder. Raises Refused if the name leads to any other file."""
    given = os.environ.get(UPLOADS_VARIABLE)
    if not given or "\0" in name:
        raise own_files_only()
    uploads = Path(given).resolve()
    if (uploads / name).resolve().parent != uploads:
        raise own_files_only()
    return uploads / name


def own_files_only() -> Refused:
    """The refusal of a path outside the upload folder."""
    if not carried():
        return Refused(
            "restricted",
            T("In this restricted window files come only from your own folder on this machine."),
            T("Have the file copied into {folder}, then name it here.", folder=os.environ.get(UPLOADS_VARIABLE, "")),
        )
    return Refused(
        "in_a_browser",
        T("In a browser files come from your own computer."),
        T("Press “Upload a file” at the top of the page, then name the file here."),
    )


def nothing_uploaded() -> Refused:
    """The refusal of a question for a file while the upload folder is empty: no box is open in which to name one."""
    refusal = own_files_only()
    step = (
        T("Press “Upload a file” at the top of the page, then try again.")
        if carried()
        else T("Have the file copied into {folder}, then try again.", folder=os.environ.get(UPLOADS_VARIABLE, ""))
    )
    return Refused(refusal.code, refusal.what, step)
