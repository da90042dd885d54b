"""How sharply this terminal shows a picture: asked once, before the window reads the keys, and only where it may know.

An answer that comes when the window is open already would be taken for keys: the library's own question waits a tenth
of a second, less than a way over SSH takes, so it is never let ask (`quietly`).
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
"""Kitty's protocol first; what every terminal answers comes last, and ends the waiting."""
_KITTY = re.compile(rb"\x1b_G[^\x1b]*;OK\x1b\\")
_ATTRIBUTES = re.compile(rb"\x1b\[\?\d+([\d;]*)c")
_SIXEL = b"4"
_PATIENCE = 1.0
"""Seconds without a byte after which a terminal has no answer."""
_MOST = 4096
_KNOW = ("kitty", "ghostty", "foot", "wezterm", "iterm", "mlterm", "contour", "mintty")
_KNOWING = ("KITTY_WINDOW_ID", "KONSOLE_VERSION", "WT_SESSION")
_quiet = threading.Lock()


class Graphics(StrEnum):
    """What a picture is shown by, as the setting calls it."""

    HALFCELLS = "halfcells"
    KITTY = "kitty"
    SIXEL = "sixel"


def found(setting: str, env: Mapping[str, str]) -> Graphics:
    """What is wanted, or what the terminal answers; half cells in a browser, and where asking is of no use."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Graphics.HALFCELLS
    if setting in set(Graphics):
        return Graphics(setting)
    return understood(_answer()) if setting == "auto" and may_know(env) else Graphics.HALFCELLS


def may_know(env: Mapping[str, str]) -> bool:
    """Whether the environment speaks of a terminal with pictures, and of nothing between it and us."""
    told = " ".join(env.get(name, "") for name in ("TERM", "TERM_PROGRAM", "LC_TERMINAL")).lower()
    between = env.get("TMUX") or told.startswith(("screen", "tmux"))
    return not between and (any(name in told for name in _KNOW) or any(env.get(name) for name in _KNOWING))


def understood(answer: bytes) -> Graphics:
    """Sixel before Kitty's: who knows both draws the former in every version."""
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
        said = b""
        while not _ATTRIBUTES.search(said) and len(said) < _MOST and select.select([keys], [], [], _PATIENCE)[0]:
            said += os.read(keys, _MOST)
        return said
    finally:
        termios.tcsetattr(keys, termios.TCSAFLUSH, before)


@contextmanager
def quietly() -> Iterator[None]:
    """Let the library be imported, and look at the size of a cell, without a question to the terminal."""
    with _quiet:
        keys, sys.__stdin__ = sys.__stdin__, None  # type: ignore[misc]
        try:
            yield
        finally:
            sys.__stdin__ = keys  # type: ignore[misc]
