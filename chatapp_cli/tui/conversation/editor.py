"""Edits a text in the person's own editor; if the editor fails, the text stays as it was."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from textual.app import App, SuspendNotSupported

from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.text import T
from chatapp_cli.tui.media.browser import require_terminal

_USUAL = ("nano", "vi")


def command(env: Mapping[str, str]) -> list[str]:
    """The command of VISUAL or EDITOR, or a usual editor. Raises NotFound if it is not installed."""
    wanted = env.get("VISUAL") or env.get("EDITOR") or next(filter(shutil.which, _USUAL), "")
    try:
        words = shlex.split(wanted)
    except ValueError:
        words = []
    if not words or shutil.which(words[0]) is None:
        raise NotFound(T("There is no editor {name}.", name=wanted or "nano"), T("Name one in the variable EDITOR."))
    return words


def edit_in(text: str, folder: Path, editor: Sequence[str]) -> str:
    """The text after it was edited in a temporary file, which only this user can read. Raises Refused if it fails."""
    handle, name = tempfile.mkstemp(".txt", "answer-", folder)
    file = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as draft:
            draft.write(text)
        code = subprocess.run([*editor, name], check=False).returncode  # noqa: S603 - the person's own choice
        if code:
            raise _failed(editor, T("it ended with {code}", code=code))
        return file.read_text("utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise _failed(editor, str(error)) from error
    finally:
        file.unlink(missing_ok=True)


def _failed(editor: Sequence[str], why: object) -> Refused:
    return Refused(
        "editor_failed", T("The editor {name} failed: {why}.", name=editor[0], why=why), T("Your text is as it was.")
    )


def edit_in_own_editor(app: App[None], text: str, folder: Path, env: Mapping[str, str]) -> str:
    """Edit a text while the window is suspended. Raises NotFound without an editor, else Refused if it fails."""
    require_terminal()
    editor = command(env)
    try:
        with app.suspend():
            return edit_in(text, folder, editor)
    except SuspendNotSupported as error:
        raise Refused(
            "no_terminal",
            T("An editor needs a terminal of its own."),
            T("Write here, or open the window in a terminal."),
        ) from error
