"""Opening the window: what is set before its modules are imported, and what is printed after it has closed."""

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
from chatapp_cli.kit.garbage import RARELY
from chatapp_cli.runtime import login_token

if TYPE_CHECKING:
    from chatapp_cli.tui.app import InboxApp

LINES = 3
"""Frames of a traceback that are printed, the last ones."""


def run(company: Company, *, alone: bool = False) -> None:
    """Open the window until the person leaves; ``alone`` starts no daemon.

    Raises ChatappError if an error ended the window.
    """
    gc.set_threshold(*RARELY)
    gc.disable()  # until the first paint: collecting takes a tenth of the start and finds nothing
    from chatapp_cli.tui.app import InboxApp
    from chatapp_cli.tui.media.graphics import found
    from chatapp_cli.tui.session.user_files import user_files

    before = say_steps(str)
    window = InboxApp(
        company,
        alone=alone,
        user_files=user_files(os.environ),
        token=login_token.token(os.environ, company.settings.company),
    )
    window.graphics = found(company.settings.pictures, os.environ)
    try:
        window.run()
    finally:
        say_steps(before)
    report(window)


def report(window: InboxApp) -> None:
    """Print the errors that the window met, and the files with texts that the store could not take.

    Raises ChatappError if an error ended the window.
    """
    from chatapp_cli.tui.reading.cells import lines

    paths = rescue(window)
    cause = window.broken
    for error in [*window.guard.unexpected, *([cause] if cause else [])]:
        sys.stderr.write(lines("".join(traceback.format_exception(error, limit=-LINES))))
    if window.return_code:
        kept = T("What you had written is a draft in its dialog.")
        if paths:
            kept = T("Your text is in {paths}", paths=", ".join(paths))
        raise ChatappError(cause.what if isinstance(cause, ChatappError) else T("The window broke off."), kept)
    for path in paths:
        sys.stderr.write(_("The store could not save your text; it is in {path}", path=path) + "\n")


def rescue(window: InboxApp) -> list[str]:
    """Write texts that only the window has into files and return their paths; print what no file could take."""
    from chatapp_cli.tui.reading.cells import lines
    from chatapp_cli.tui.session.rescue import save_to_file
    from chatapp_cli.tui.session.user_files import folder_of

    folder, now, paths = folder_of(window.user_files, window.company.settings), window.company.world.clock.now(), []
    for to, text in window.unkept():
        try:
            paths.append(str(save_to_file(folder, to, text, now)))
        except OSError:
            sys.stderr.write(f"{lines(to)}\n\n{lines(text)}\n")
    return paths
