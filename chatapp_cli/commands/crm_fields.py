"""``chatapp crm fields``: what fills the fields of cards, and what would be written for a dialog."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Verb, opened
from chatapp_cli.commands.crm_names import OneLink
from chatapp_cli.commands.crm_own import app
from chatapp_cli.commands.errors import note
from chatapp_cli.commands.input_checks import number
from chatapp_cli.documents import crm_rules as documents
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services import links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatapp_cli.services.crm_fields import CardDraft, FilledField

OfDialog = Annotated[
    int,
    typer.Option(
        "--dialog", metavar="NUMBER", parser=number, help=N_("Show what would be written for this dialog; nothing is")
    ),
]


@app.command(cls=Verb)
def fields(ctx: typer.Context, link: OneLink = "", *, dialog: OfDialog = 0, as_json: Json = False) -> None:
    """Show the fields of cards and which rules fill them, or try it on a dialog without changing anything."""
    from chatapp_cli.commands import ruling
    from chatapp_cli.runtime import crm_rules
    from chatapp_cli.services import crm_fields

    with opened(ctx) as company:
        row = company.read(lambda tx: links.find(tx, link))
        pipelines, staff = asyncio.run(crm_rules.pipelines(company, row))
        rules, _names = ruling.known(company, row)
        found = crm_fields.filled(pipelines, rules)
        if dialog:
            names, about = {one.id: one.name for one in found}, DialogId(dialog)
            made = company.read(lambda tx: crm_fields.draft(tx, row.id, about, rules, names, staff))
            _show_draft(made, as_json=as_json)
            return
    if as_json:
        printing.document([documents.field(one) for one in found])
    else:
        _print_fields(found)


def _print_fields(found: Sequence[FilledField]) -> None:
    columns = (_("No."), _("Field"), _("Pipelines"), _("Filled by"))
    printing.table(columns, [(one.id, one.name, ", ".join(one.places), _by(one)) for one in found])
    if not any(one.by for one in found):
        note("No rule fills a field. See how: chatapp crm rules add --help")


def _by(one: FilledField) -> str:
    return "; ".join(f"{rule}: {value}" for rule, value in one.by.items())


def _show_draft(made: CardDraft, *, as_json: bool) -> None:
    from chatapp_cli.services import crm_fields

    if as_json:
        printing.document(documents.draft(made))
        return
    if made.rule is None:
        note("No rule fits: the card is made where the channel is paired.")
        return
    rows = {_("Rule"): made.rule.name, **{show(what): value for what, value in crm_fields.lines(made)}}
    printing.facts({**rows, _("Responsible"): show(made.responsible)})
    note("Nothing was written: a card is made for a client's first message, and an open one is used as it is.")
