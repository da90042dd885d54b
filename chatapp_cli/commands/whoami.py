"""``chatapp whoami``: the acting operator and the lines they see."""

from __future__ import annotations

import typer

from chatapp_cli.commands.base import Json, Verb, opened, single
from chatapp_cli.documents import operators as documents
from chatapp_cli.domain.access import NOBODY
from chatapp_cli.i18n import _
from chatapp_cli.services import lines

app = single()


@app.command(cls=Verb)
def whoami(ctx: typer.Context, as_json: Json = False) -> None:
    """Show who you are logged in as and which lines and dialogs you see."""
    from chatapp_cli.commands import attended, printing

    with opened(ctx) as company:
        acting = company.acting or NOBODY
        there = attended.one(company, acting.name) if acting.name else None
        seen = None if acting.lines is None else [line.name for line in company.read(lines.everything)]
    if as_json:
        printing.document(documents.acting(acting, seen, there))
        return
    printing.facts(
        {
            _("Operator"): acting.name,
            _("Account"): _("yes") if acting.account else _("no"),
            _("Lines"): _("all") if seen is None else ", ".join(seen),
            _("Dialogs"): _("only their own") if acting.only_own else _("all"),
            _("Owner of the desk"): _("yes") if acting.owner else _("no"),
            _("Now"): "" if there is None else attended.words(there),
        }
    )
