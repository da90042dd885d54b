"""``chatapp support``: the support contact, and what to tell them (S-014)."""

from __future__ import annotations

import platform

import typer

from chatapp_cli import __version__
from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Verb, loaded, single
from chatapp_cli.commands.errors import note
from chatapp_cli.i18n import _

app = single()


@app.command(cls=Verb)
def support(ctx: typer.Context) -> None:
    """Show whom to ask for help and what to tell them."""
    found = loaded(ctx)
    printing.facts(
        {
            _("Support"): found.settings.support,
            _("Program"): f"chatapp {__version__}",
            _("Python"): platform.python_version(),
            _("System"): platform.platform(),
            _("Store"): found.settings.folder,
            _("Settings file"): found.file,
        }
    )
    if not found.settings.support:
        note("No support contact is set yet: chatapp config set support 'help@example.org'")
    note("Include the output of: chatapp doctor")
