"""The window behind a browser: its screen and keys go through pipes to the daemon that started it.

The process runs where the daemon runs, and whoever looks at it sits elsewhere: neither files nor programs of this
machine are theirs.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.text import T
from chatapp_cli.runtime.login import UPLOADS


class BrowserDriver(WebDriver):
    """Textual's own, which also ends the window once its input ends: the daemon, and with it the browser, is gone."""

    def run_input_thread(self) -> None:
        """Take keys until the pipe closes or the window is left."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._write = partial(_nowhere, self.fileno)
            self._app.post_message(ExitApp())


def _nowhere(fileno: int, data: bytes) -> int:
    """Nobody reads any more: what is still painted while the window closes is dropped."""
    del fileno
    return len(data)


def carried() -> bool:
    """Whether this process was started for a browser."""
    return os.environ.get("TEXTUAL_DRIVER", "") == f"{BrowserDriver.__module__}:{BrowserDriver.__qualname__}"


def require_terminal() -> None:
    """Nothing is started on this machine by somebody at another one. Raises Refused in a browser."""
    if carried():
        raise Refused(
            "in_a_browser",
            T("In a browser the window starts no other program."),
            T("Write here, or open the window in a terminal."),
        )


def uploads() -> list[str]:
    """Names of the files that were uploaded in this login, the newest first."""
    try:
        at = {file.name: file.stat().st_mtime_ns for file in Path(os.environ[UPLOADS]).iterdir()}
    except (KeyError, OSError):
        return []
    ready = [name for name in at if not name.startswith(".")]
    return sorted(ready, key=at.__getitem__, reverse=True)


def uploaded(name: str) -> Path:
    """An uploaded file by its name. Raises Refused for whatever else the name would lead to."""
    given = os.environ.get(UPLOADS)
    if not given or "\0" in name:
        raise own_files_only()
    uploads = Path(given).resolve()
    if (uploads / name).resolve().parent != uploads:
        raise own_files_only()
    return uploads / name


def own_files_only() -> Refused:
    """Why no path leads anywhere in a browser."""
    return Refused(
        "in_a_browser",
        T("In a browser files come from your own computer."),
        T("Press “Upload a file” at the top of the page, then name the file here."),
    )
