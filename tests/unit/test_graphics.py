"""Which terminals are asked for pictures, and what their answers mean."""

from __future__ import annotations

import pytest

from chatapp_cli.tui.media.graphics import Graphics, found, may_know, understood

KNOWS_KITTY = b"\x1b_Gi=1;OK\x1b\\"


@pytest.mark.parametrize(
    ("env", "asked"),
    [
        ({"TERM": "xterm-256color"}, False),
        ({}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "foot-extra"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, True),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, True),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1", "TMUX": "/tmp/tmux"}, False),
        ({"TERM": "screen-256color", "KITTY_WINDOW_ID": "1"}, False),
    ],
)
def test_only_a_terminal_that_may_know_is_asked(env: dict[str, str], asked: bool) -> None:
    assert may_know(env) is asked


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        (b"", Graphics.HALFCELLS),
        (b"\x1b[?62;c", Graphics.HALFCELLS),
        (b"\x1b[?4;6c", Graphics.HALFCELLS),
        (b"\x1b[?62;4;22c", Graphics.SIXEL),
        (KNOWS_KITTY + b"\x1b[?62;c", Graphics.KITTY),
        (KNOWS_KITTY + b"\x1b[?65;4;6;18;22c", Graphics.SIXEL),
        (b"\x1b_Gi=1;ENOTSUPPORTED:no\x1b\\\x1b[?62;c", Graphics.HALFCELLS),
        (b"j" + KNOWS_KITTY + b"k\x1b[?62;52;c", Graphics.KITTY),
    ],
)
def test_an_answer_is_understood(answer: bytes, meant: Graphics) -> None:
    assert understood(answer) is meant


@pytest.mark.parametrize("setting", ["auto", "kitty", "sixel", "halfcells", "off"])
def test_without_a_terminal_pictures_are_half_cells(setting: str) -> None:
    assert found(setting, {"TERM": "xterm-kitty"}) is Graphics.HALFCELLS
