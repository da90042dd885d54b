"""Escape sequences for the terminal: desktop notices, its title, the clipboard."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from chatapp_cli.tui.reading.cells import line

BELL = "\a"
KEEP_TITLE, RESTORE_TITLE = "\x1b[22;2t", "\x1b[23;2t"
_SPEAK_777 = ("rxvt", "foot", "st")
_LONGEST = 200
"""The most characters of a notice."""


class Terminal:
    """Makes the sequences that a terminal understands, which is known from the environment."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.in_tmux = bool(env.get("TMUX"))
        self._speaks_777 = "VTE_VERSION" in env or env.get("TERM", "").partition("-")[0] in _SPEAK_777

    def desktop(self, title: str, body: str) -> str:
        """The sequence of a desktop notice: OSC 9 or OSC 777, whichever the terminal knows."""
        title, body = line(title).replace(";", ","), line(body)[:_LONGEST]
        command = f"777;notify;{title};{body}" if self._speaks_777 else f"9;{f'{title}: ' if title else ''}{body}"
        return self._through(f"\x1b]{command}\a")

    def title(self, words: str) -> str:
        """The sequence of the terminal's title; tmux takes it for its pane and passes it on."""
        return f"\x1b]2;{line(words)}\a"

    def copied(self, text: str) -> str:
        """The sequence that puts a text into the clipboard of the operator's machine, also through tmux."""
        return self._through(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a")

    def _through(self, sequence: str) -> str:
        """Wrap a sequence for tmux, which passes it on if ``allow-passthrough`` is on."""
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\" if self.in_tmux else sequence
