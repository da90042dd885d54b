"""Textual's driver for a terminal, which goes on when the terminal has gone away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.drivers.linux_driver import LinuxDriver

from chatapp_cli.tui.session.hangup import silence_output

if TYPE_CHECKING:
    from typing import TextIO

    from textual.driver import Driver


def surviving_hangup(driver: type[Driver]) -> type[Driver]:
    """The class of driver that Textual chose; for a terminal, one that goes on without it."""
    return TerminalDriver if driver is LinuxDriver else driver


class TerminalDriver(LinuxDriver):
    """Drops what is written after the terminal's other end was closed.

    Textual's writing thread would end at the first error, and the window would wait for it for ever while it closes.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._file: TextIO = HangupProofOutput(self._file)  # type: ignore[assignment]  # all that the thread calls


class HangupProofOutput:
    """A terminal's output for as long as there is a terminal; afterwards it writes nowhere."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write a text, if there still is a terminal."""
        try:
            self._file.write(text)
        except OSError:
            silence_output()

    def flush(self) -> None:
        """Write what is kept, if there still is a terminal."""
        try:
            self._file.flush()
        except OSError:
            silence_output()

    def fileno(self) -> int:
        """The file's number."""
        return self._file.fileno()
