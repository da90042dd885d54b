"""A picture in the whole window: in half cells here, and by the terminal's own protocol where a terminal knows one."""

from __future__ import annotations

import io
import os
import pty
import select
import signal
import struct
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path

import pytest
from PIL import Image

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import FileKind, IncomingFile
from chatapp_cli.services import channels
from tests.tui.conftest import GOOD, SMALL, Opener, Window
from tests.tui.stage import ANNA, Stage

PLACE = "\U0010eeee"
"""What stands in a cell that kitty draws a part of a picture over."""


def photo(
    name: str, size: tuple[int, int] = (600, 400), *, kind: FileKind = "photo", broken: bool = False
) -> IncomingFile:
    kept = io.BytesIO()
    Image.new("RGB", size, (200, 90, 20)).save(kept, "PNG")
    content = kept.getvalue()[: 40 if broken else None]
    return IncomingFile(kind=kind, name=name, mime="image/png", size=len(content), content=content)


def send(stage: Stage, *files: IncomingFile) -> None:
    bot = next(row.id for row in stage.company.read(channels.everything) if row.kind == "telegram_bot")
    for file in files:
        stage.hear(bot, ANNA, "", files=[file])


async def look(it: Window) -> None:
    await it.open("Анна")
    await it.press("escape", "tab", "G", "l")


@pytest.mark.parametrize("size", [SMALL, GOOD])
async def test_a_picture_is_looked_at_in_the_whole_window(window: Opener, stage: Stage, size: tuple[int, int]) -> None:
    send(stage, photo("диван.png"))
    async with window(size=size) as it:
        await look(it)
        await it.sees("диван.png · 2 KB · 2 of 2 · ← → · Esc back", "▀" * min(size[0] - 20, 60))
        assert type(it.app.screen).__name__ == "PictureScreen"
        drawn = [line.count("▀") for line in it.text().splitlines() if "▀" in line]
        assert drawn == [round(600 * (size[1] - 1) * 2 / 400)] * (size[1] - 1)
        await it.press("escape")
        await it.sees("Анна")
        assert type(it.app.screen).__name__ == "InboxScreen"


async def test_one_steps_through_the_pictures_of_the_conversation(window: Opener, stage: Stage) -> None:
    send(stage, photo("скан.png", kind="document"), photo("спинка.png", broken=True), photo("ножки.png"))
    async with window() as it:
        await look(it)
        await it.sees("ножки.png", "▀" * 60)
        await it.press("right")
        await it.sees("ножки.png")
        await it.press("left")
        await it.sees("спинка.png", "cannot be shown")
        await it.sees_no("▀")
        await it.press("h")
        await it.sees("скан.png", "▀" * 60)


class Terminal:
    """What a window in a process of its own writes, and keys for it; it may answer what it is asked."""

    def __init__(self, end: int, answer: bytes) -> None:
        self._end, self._answer = end, answer
        self.said = b""

    def reads(self, until: Callable[[bytes], object]) -> bytes:
        """Take what is written until it is enough."""
        while not until(self.said):
            assert select.select([self._end], [], [], 20)[0], self.said[-2000:]
            self.said += os.read(self._end, 65536)
            if self._answer and b"\x1b[c" in self.said:
                os.write(self._end, self._answer)
                self._answer = b""
        return self.said

    def press(self, keys: str) -> None:
        """Press keys, and forget what was written before."""
        self.said = b""
        os.write(self._end, keys.encode())


@contextmanager
def terminal(
    company: Company, answer: bytes, *, pixels: tuple[int, int] = (1000, 600), **env: str
) -> Iterator[Terminal]:
    """The window of ``chatapp inbox`` in a terminal of 100 by 30 cells."""
    home = Path(company.settings.home)
    told = {"CHATAPP_HOME": str(home), "CHATAPP_COMPANY": "home", "CHATAPP_LANG": "en", "CHATAPP_VIEW": "all"}
    child, end = pty.fork()
    if child == 0:
        inherited = {name: value for name, value in os.environ.items() if name not in {"TMUX", "TERM_PROGRAM"}}
        command = [sys.executable, "-m", "chatapp_cli", "inbox"]
        os.execve(sys.executable, command, {**inherited, **told, "COLORTERM": "truecolor", **env})
    ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, *pixels))
    try:
        yield Terminal(end, answer)
    finally:
        os.kill(child, signal.SIGTERM)
        os.close(end)
        os.waitpid(child, 0)


def look_there(it: Terminal) -> None:
    it.reads(lambda said: "Анна".encode() in said)
    it.press("1/Анна")
    it.reads(lambda said: "Анна".encode() in said)
    it.press("\r\r")
    it.reads(lambda said: "диван.png".encode() in said)
    it.press("\x1b")
    it.reads(bool)
    it.press("\tGl")


def test_a_terminal_that_answers_for_kitty_gets_kittys_pictures(company: Company, stage: Stage) -> None:
    send(stage, photo("диван.png"))
    with terminal(company, b"\x1b_Gi=1;OK\x1b\\\x1b[?62;c", TERM="xterm-kitty") as it:
        look_there(it)
        said = it.reads(lambda said: PLACE.encode() in said and b"U=1" in said and "диван.png · ".encode() in said)
        assert b"f=100" in said
        assert b"c=60,r=20,U=1" in said
        it.press("\x1b")
        assert b"a=d,d=I,i=" in it.reads(lambda said: b"a=d" in said and "Анна".encode() in said)


def test_a_terminal_that_answers_for_sixel_gets_sixels_and_no_question_later(company: Company, stage: Stage) -> None:
    send(stage, photo("диван.png"))
    with terminal(company, b"\x1b[?62;4;22c", pixels=(0, 0), TERM="foot") as it:
        look_there(it)
        said = it.reads(lambda said: b"\x1bP" in said and b"\x1b8" in said)
        assert b"\x1b7\x1b[5;21H\x1bP" in said
        assert not {question for question in (b"\x1b[c", b"\x1b[16t", b"a=q") if question in said}


@pytest.mark.parametrize("term", ["xterm-kitty", "xterm-256color"])
def test_a_terminal_that_answers_nothing_gets_half_cells(company: Company, stage: Stage, term: str) -> None:
    send(stage, photo("диван.png"))
    with terminal(company, b"", TERM=term) as it:
        look_there(it)
        said = it.reads(lambda said: said.count("▀".encode()) >= 60 * 29)
        assert PLACE.encode() not in said
