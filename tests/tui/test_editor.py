"""The answer can be written in one's own editor, and is never lost there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.tui.conversation.editor import command, edit_in
from chatapp_cli.tui.widgets.composer import Pen
from tests.tui.conftest import Opener


def editor(code: str) -> list[str]:
    return [sys.executable, "-c", f"import os, pathlib, stat, sys\nfile = pathlib.Path(sys.argv[1])\n{code}"]


def test_what_was_written_comes_back_and_no_file_stays(tmp_path: Path) -> None:
    changes = "assert stat.S_IMODE(file.stat().st_mode) == 0o600\nfile.write_text(file.read_text() + '!\\nДа.\\n')"
    assert edit_in("Привет", tmp_path, editor(changes)) == "Привет!\nДа."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "why"),
    [("sys.exit(3)", "it ended with 3"), ("file.write_bytes(b'\\xff')", "utf-8"), ("file.unlink()", "No such file")],
)
def test_an_editor_that_fails_says_so_and_leaves_no_file(tmp_path: Path, code: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        edit_in("Привет", tmp_path, editor(code))
    assert list(tmp_path.iterdir()) == []


def test_the_editor_is_the_one_that_the_person_named() -> None:
    assert command({"VISUAL": f"{sys.executable} -I", "EDITOR": "ed"}) == [sys.executable, "-I"]
    for wrong in ("no-such-editor", "'"):
        with pytest.raises(NotFound, match="There is no editor"):
            command({"EDITOR": wrong})


async def test_where_no_editor_can_be_shown_the_text_stays(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.type("Черновик")
        await it.press("ctrl+e")
        await it.until(lambda: any("editor" in note.message for note in it.app._notifications))
        assert it.app.screen.query_one(Pen).text == "Черновик"
