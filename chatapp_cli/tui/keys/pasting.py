"""Pasted text is taken whole, whatever is in it: no part of a paste is ever a key.

A terminal that can puts brackets around what is pasted. Textual's parser goes on looking for keys between them: after
an Esc in the text up to 32 characters would be keys, an Enter among them. So what is between the brackets is taken
here and never gets that far. Where no terminal puts brackets, a paste is told by its pace; see ``typeahead.HAND``.
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

LOST = 3.0
"""Seconds without a sign after which a paste whose closing bracket got lost is taken for whole."""
_PAINT = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-Z])?")
"""What a terminal would take for colours, titles and the like."""
_DROPPED = {code: None for code in [*range(0x20), *range(0x7F, 0xA0)] if chr(code) not in "\t\n\r"}


class WholePastes(XTermParser):
    """Textual's own, except that nothing in a paste is looked at."""

    def __init__(self, debug: bool = False, now: Callable[[], float] = get_time) -> None:
        super().__init__(debug)
        self._now = now
        self._before = ""
        """The end of what was read, which may be the beginning of a bracket."""
        self._pasted: list[str] | None = None
        """What was pasted so far, as it came; nothing while there is no paste. Joined once: it may be megabytes."""
        self._since = 0.0

    def feed(self, data: str) -> Iterable[Message]:
        """Keys and pastes, in their order."""
        if not data:
            yield from self._finish()
            yield from super().feed(data)
            return
        while data:
            taken = self._paste if self._pasted is not None else self._keys
            data = yield from taken(data)

    def tick(self) -> Iterable[Message]:
        """What is due after a while."""
        if self._pasted is not None and self._now() - self._since >= LOST:
            yield from self._finish()
        yield from super().tick()

    def _keys(self, data: str) -> Generator[Message, None, str]:
        """Up to a paste; returns what follows."""
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
        """Up to the end of a paste; returns what follows."""
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
        for one in super().feed(BRACKETED_PASTE_END):  # it went into the brackets, and has to come out of them
            if not isinstance(one, events.Paste):
                yield one
        if seen := clean(text):
            yield events.Paste(seen)


def clean(text: str) -> str:
    """Pasted text without what no text area can show; lines end as they do everywhere here."""
    lines = _PAINT.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return lines.translate(_DROPPED)


def take_whole(driver: type[Driver]) -> None:
    """Let a driver read pastes so: it makes its parser by a name of its module, and takes none from outside."""
    for kind in driver.__mro__:
        module = sys.modules[kind.__module__]
        if hasattr(module, XTermParser.__name__):
            setattr(module, XTermParser.__name__, WholePastes)
