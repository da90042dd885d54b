"""The window behind a browser: its screen and keys go through pipes to the daemon that started it."""

from __future__ import annotations

import os
from functools import partial

from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp


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
