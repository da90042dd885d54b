"""Which protocol this terminal draws pictures with; it is asked once, before the window reads keys.

A late answer would be read as keys. The library's own question waits only a tenth of a second, which is too short
over SSH, so `quietly` keeps it from asking.
"""

from __future__ import annotations

import os
import re
import select
import sys
import termios
import threading
import tty
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum

_QUESTION = b"\x1b_Gi=1,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"
"""Asks for Kitty's protocol, then for the device attributes: every terminal answers these, which ends the waiting."""
_KITTY = re.compile(rb"\x1b_G[^\x1b]*;OK\x1b\\")
_ATTRIBUTES = re.compile(rb"\x1b\[\?\d+([\d;]*)c")
_SIXEL = b"4"
_PATIENCE = 1.0
"""Seconds without a byte after which the terminal is taken not to answer."""
_MOST = 4096
_KNOW = ("kitty", "ghostty", "foot", "wezterm", "iterm", "mlterm", "contour", "mintty")
_KNOWING = ("KITTY_WINDOW_ID", "KONSOLE_VERSION", "WT_SESSION")
_quiet = threading.Lock()


class Graphics(StrEnum):
    """The ways to draw pictures, with their names in the setting."""

    HALFCELLS = "halfcells"
    KITTY = "kitty"
    SIXEL = "sixel"


def found(setting: str, env: Mapping[str, str]) -> Graphics:
    """The way that the setting names, or with ``auto`` the terminal's answer; half cells where none can be asked."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Graphics.HALFCELLS
    if setting in set(Graphics):
        return Graphics(setting)
    return understood(_answer()) if setting == "auto" and may_know(env) else Graphics.HALFCELLS


def may_know(env: Mapping[str, str]) -> bool:
    """Whether the environment names a terminal that may draw pictures, without tmux or screen between it and us."""
    terminal = " ".join(env.get(name, "") for name in ("TERM", "TERM_PROGRAM", "LC_TERMINAL")).lower()
    between = env.get("TMUX") or terminal.startswith(("screen", "tmux"))
    return not between and (any(name in terminal for name in _KNOW) or any(env.get(name) for name in _KNOWING))


def understood(answer: bytes) -> Graphics:
    """The best way that the answer names. Sixel comes first: terminals with both draw it in all versions."""
    attributes = _ATTRIBUTES.search(answer)
    if attributes is not None and _SIXEL in attributes[1].split(b";"):
        return Graphics.SIXEL
    return Graphics.KITTY if _KITTY.search(answer) else Graphics.HALFCELLS


def _answer() -> bytes:
    keys, screen = sys.stdin.fileno(), sys.stdout.fileno()
    before = termios.tcgetattr(keys)
    tty.setcbreak(keys, termios.TCSADRAIN)
    try:
        os.write(screen, _QUESTION)
        answer = b""
        while not _ATTRIBUTES.search(answer) and len(answer) < _MOST and select.select([keys], [], [], _PATIENCE)[0]:
            answer += os.read(keys, _MOST)
        return answer
    finally:
        termios.tcsetattr(keys, termios.TCSAFLUSH, before)


@contextmanager
def quietly() -> Iterator[None]:
    """Hide the terminal from the library while it is imported and measures a cell, so that it asks nothing."""
    with _quiet:
        keys, sys.__stdin__ = sys.__stdin__, None  # type: ignore[misc]
        try:
            yield
        finally:
            sys.__stdin__ = keys  # type: ignore[misc]
