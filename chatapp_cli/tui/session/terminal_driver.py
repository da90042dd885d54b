"""Textual's driver for a terminal, which goes on when the terminal has gone away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.drivers.linux_driver import LinuxDriver

from chatapp_cli.tui.session.hangup import write_nowhere

if TYPE_CHECKING:
    from typing import TextIO

    from textual.driver import Driver


def outlasting(chosen: type[Driver]) -> type[Driver]:
    """Textual's choice of a driver; for a terminal, the one that goes on without it."""
    return TerminalDriver if chosen is LinuxDriver else chosen


class TerminalDriver(LinuxDriver):
    """Drops what is written after the terminal's other end was closed.

    Textual's writing thread would end at the first error, and the window would wait for it for ever while it closes.
    """

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._file: TextIO = LastingOutput(self._file)  # type: ignore[assignment]  # all that the thread calls


class LastingOutput:
    """A terminal's output for as long as there is a terminal; afterwards it writes nowhere."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write a text, if there still is a terminal."""
        try:
            self._file.write(text)
        except OSError:
            write_nowhere()

    def flush(self) -> None:
        """Write what is kept, if there still is a terminal."""
        try:
            self._file.flush()
        except OSError:
            write_nowhere()

    def fileno(self) -> int:
        """The file's number."""
        return self._file.fileno()
