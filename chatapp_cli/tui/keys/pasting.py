"""Takes pasted text whole, so that no part of a paste is read as a key.

Most terminals put brackets around a paste. Textual's parser still looks for keys between them: after an Esc in the
text, up to 32 characters would be keys, Enter among them. This parser takes the text between the brackets before
Textual's does. Without brackets a paste is recognized by its speed; see ``typeahead.HAND``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator, Iterable, Iterator

from textual import events
from textual._time import get_time
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.driver import Driver
from textual.message import Message

PASTE_TIMEOUT = 3.0
"""Seconds without input after which a paste without a closing bracket counts as complete."""
_PAINT = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-Z])?")
"""Escape sequences: colours, titles and the like."""
_DROPPED = {code: None for code in [*range(0x20), *range(0x7F, 0xA0)] if chr(code) not in "\t\n\r"}


class WholePastes(XTermParser):
    """Textual's parser, except that it finds no keys in a paste."""

    def __init__(self, debug: bool = False, now: Callable[[], float] = get_time) -> None:
        super().__init__(debug)
        self._now = now
        self._before = ""
        """The end of the input so far, which may be the beginning of a bracket."""
        self._pasted: list[str] | None = None
        """The pieces of the paste under way, joined at its end; ``None`` outside a paste."""
        self._since = 0.0

    def feed(self, data: str) -> Iterable[Message]:
        """Yield keys and pastes in the order in which they arrive."""
        if not data:
            yield from self._finish()
            yield from super().feed(data)
            return
        while data:
            taken = self._paste if self._pasted is not None else self._keys
            data = yield from taken(data)

    def tick(self) -> Iterable[Message]:
        """Yield what counts as complete by now: an unfinished key, or a paste without a closing bracket."""
        if self._pasted is not None and self._now() - self._since >= PASTE_TIMEOUT:
            yield from self._finish()
        yield from super().tick()

    def _keys(self, data: str) -> Generator[Message, None, str]:
        """Read up to the beginning of a paste; returns the rest."""
        known = self._before + data
        at = known.find(BRACKETED_PASTE_START)
        if at < 0:
            self._before = known[1 - len(BRACKETED_PASTE_START) :]
            yield from super().feed(data)
            return ""
        after = at + len(BRACKETED_PASTE_START) - len(self._before)
        self._before, self._pasted, self._since = "", [], self._now()
        yield from super().feed(data[:after])
        return data[after:]

    def _paste(self, data: str) -> Generator[Message, None, str]:
        """Read up to the end of a paste; returns the rest."""
        known = self._before + data
        at = known.find(BRACKETED_PASTE_END)
        self._pasted, self._since = self._pasted or [], self._now()
        if at < 0:
            kept = max(0, len(known) + 1 - len(BRACKETED_PASTE_END))
            self._pasted.append(known[:kept])
            self._before = known[kept:]
            return ""
        self._pasted.append(known[:at])
        self._before = ""
        yield from self._finish()
        return known[at + len(BRACKETED_PASTE_END) :]

    def _finish(self) -> Iterator[Message]:
        if self._pasted is None:
            return
        text = "".join([*self._pasted, self._before])
        self._pasted, self._before = None, ""
        for one in super().feed(BRACKETED_PASTE_END):  # Textual's parser saw the opening bracket
            if not isinstance(one, events.Paste):
                yield one
        if seen := clean(text):
            yield events.Paste(seen)


def clean(text: str) -> str:
    """Pasted text without escape sequences and control characters; lines end with a line feed."""
    lines = _PAINT.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return lines.translate(_DROPPED)


def with_whole_pastes(driver: type[Driver]) -> type[Driver]:
    """The driver with `WholePastes`, by replacing the name of the parser's class in its module."""
    for kind in driver.__mro__:
        module = sys.modules[kind.__module__]
        if hasattr(module, XTermParser.__name__):
            setattr(module, XTermParser.__name__, WholePastes)
    return driver
