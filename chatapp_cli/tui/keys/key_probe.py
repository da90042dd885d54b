"""What a terminal sends for a pressed key, what the key is called, and what it does."""

from __future__ import annotations

import os
import select
import termios
import tty
from collections.abc import Iterator, Sequence

from textual._xterm_parser import XTermParser
from textual.events import Key

from chatapp_cli.tui.keys.keymap import Group, KeyAction, with_russian

_PIECE = 0.05
"""Seconds within which the bytes of one key arrive."""
_MOST = 64
_END = b"\x03"


def pressed(terminal: int, count: int = 0) -> Iterator[tuple[str, str]]:
    """The bytes of each key, written so that they can be read, and the key; until Ctrl+C, or for so many keys."""
    before = termios.tcgetattr(terminal)
    tty.setraw(terminal, termios.TCSADRAIN)
    output = termios.tcgetattr(terminal)
    output[1] = before[1]  # lines still begin at the left
    termios.tcsetattr(terminal, termios.TCSADRAIN, output)
    try:
        told = 0
        while (sent := _one(terminal)) and sent != _END:
            yield _readable(sent), name(sent)
            told += 1
            if told == count:
                return
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _one(terminal: int) -> bytes:
    sent = os.read(terminal, _MOST)
    while select.select([terminal], [], [], _PIECE)[0]:
        sent += os.read(terminal, _MOST)
    return sent


def _readable(sent: bytes) -> str:
    return sent.decode("utf-8", "replace").encode("unicode_escape").decode("ascii").replace("\\x1b", "ESC ")


def name(sent: bytes) -> str:
    """What the key is called; several names if several keys came at once."""
    parser = XTermParser()
    found = [*parser.feed(sent.decode("utf-8", "replace")), *parser.feed("")]
    return " ".join(_name(event) for event in found if isinstance(event, Key))


def _name(event: Key) -> str:
    by_itself = event.character if event.is_printable and "+" not in event.key else None
    return by_itself if by_itself and by_itself != " " else event.key


def meanings(groups: Sequence[Group], key: str) -> list[KeyAction]:
    """What the key does, in every place."""
    return [act for group in groups for act in group.actions if key in with_russian(dict.fromkeys(act.keys, ""))]
