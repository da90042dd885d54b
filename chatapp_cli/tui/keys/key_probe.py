"""Shows what a terminal sends for a pressed key, the key's name and its actions."""

from __future__ import annotations

import os
import select
import termios
import tty
from collections.abc import Iterator, Sequence

from textual._xterm_parser import XTermParser
from textual.events import Key

from chatapp_cli.tui.keys.keymap import Group, KeyAction, with_russian

_GAP = 0.05
"""Seconds: bytes that follow one another sooner belong to one key."""
_MOST = 64  # bytes read at once
_END = b"\x03"


def pressed(terminal: int, count: int = 0) -> Iterator[tuple[str, str]]:
    """Yield each pressed key as its bytes in printable form and its name, until Ctrl+C or for ``count`` keys.

    With ``count`` 0 there is no limit. The terminal is in raw mode meanwhile.
    """
    before = termios.tcgetattr(terminal)
    tty.setraw(terminal, termios.TCSADRAIN)
    output = termios.tcgetattr(terminal)
    output[1] = before[1]  # a line feed still returns to the left
    termios.tcsetattr(terminal, termios.TCSADRAIN, output)
    try:
        shown = 0
        while (sent := _one(terminal)) and sent != _END:
            yield _readable(sent), name(sent)
            shown += 1
            if shown == count:
                return
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _one(terminal: int) -> bytes:
    sent = os.read(terminal, _MOST)
    while select.select([terminal], [], [], _GAP)[0]:
        sent += os.read(terminal, _MOST)
    return sent


def _readable(sent: bytes) -> str:
    return sent.decode("utf-8", "replace").encode("unicode_escape").decode("ascii").replace("\\x1b", "ESC ")


def name(sent: bytes) -> str:
    """The key's name; several names if the bytes are of several keys."""
    parser = XTermParser()
    found = [*parser.feed(sent.decode("utf-8", "replace")), *parser.feed("")]
    return " ".join(_name(event) for event in found if isinstance(event, Key))


def _name(event: Key) -> str:
    character = event.character if event.is_printable and "+" not in event.key else None
    return character if character and character != " " else event.key


def meanings(groups: Sequence[Group], key: str) -> list[KeyAction]:
    """The actions of a key in all scopes."""
    return [act for group in groups for act in group.actions if key in with_russian(dict.fromkeys(act.keys, ""))]
