"""Opening the window: what has to be settled before its modules are imported; and what is told once it has closed."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from typing import TYPE_CHECKING

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _, say_steps
from chatapp_cli.runtime import login

if TYPE_CHECKING:
    from chatapp_cli.tui.app import InboxApp

LINES = 3
"""How many lines of code an error of our own names, the last ones."""
RARELY = (20_000, 20, 20)
"""When Python looks for garbage that refers to itself: its own thresholds stop keys for 50 ms now and then."""


def run(company: Company, *, alone: bool = False) -> None:
    """Open the window and stay until it is left; ``alone`` without a daemon of its own.

    Raises ChatappError if it broke off.
    """
    gc.set_threshold(*RARELY)
    gc.disable()  # until the first paint: what is made before it stays, and to look through it is a tenth of the start
    from chatapp_cli.tui.app import InboxApp
    from chatapp_cli.tui.media.graphics import found
    from chatapp_cli.tui.session.user_files import user_files

    said_so = say_steps(str)
    window = InboxApp(
        company, alone=alone, user_files=user_files(os.environ), token=login.token(os.environ, company.settings.company)
    )
    window.graphics = found(company.settings.pictures, os.environ)
    try:
        window.run()
    finally:
        say_steps(said_so)
    part(window)


def part(window: InboxApp) -> None:
    """Say what the window stumbled over, and where lies what was written and could not be kept.

    Raises ChatappError if it broke off.
    """
    from chatapp_cli.tui.reading.cells import lines

    where = rescue(window)
    cause = window.broken
    for stumbled in [*window.guard.unexpected, *([cause] if cause else [])]:
        sys.stderr.write(lines("".join(traceback.format_exception(stumbled, limit=-LINES))))
    if window.return_code:
        kept = T("What you had written is a draft in its dialog.")
        if where:
            kept = T("Your text is in {paths}", paths=", ".join(where))
        raise ChatappError(cause.what if isinstance(cause, ChatappError) else T("The window broke off."), kept)
    for path in where:
        sys.stderr.write(_("The store could not save your text; it is in {path}", path=path) + "\n")


def rescue(window: InboxApp) -> list[str]:
    """Files with what is nowhere else; where none can be written it is said in the terminal."""
    from chatapp_cli.tui.reading.cells import lines
    from chatapp_cli.tui.session.rescue import rescued
    from chatapp_cli.tui.session.user_files import folder_of

    folder, now, found = folder_of(window.user_files, window.company.settings), window.company.world.clock.now(), []
    for to, text in window.unkept():
        try:
            found.append(str(rescued(folder, to, text, now)))
        except OSError:
            sys.stderr.write(f"{lines(to)}\n\n{lines(text)}\n")
    return found
