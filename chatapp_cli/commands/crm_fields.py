"""``chatapp crm fields``: what fills cards and chats of a CRM, and what would be written for a dialog."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Verb, opened
from chatapp_cli.commands.crm_names import OneLink
from chatapp_cli.commands.crm_own import app
from chatapp_cli.commands.errors import note, say
from chatapp_cli.commands.input_checks import number
from chatapp_cli.documents import crm_rules as documents
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.kit.crms import manifest
from chatapp_cli.services import crm_cards as cards_of
from chatapp_cli.services import links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.crm.link import Employee
    from chatapp_cli.services.crm_fields import CardDraft, FilledField
    from chatapp_cli.services.crm_maps import MappedOption
    from chatapp_cli.services.crm_rules import PipelineRule
    from chatapp_cli.store.rows.crm import LinkRow

OfDialog = Annotated[
    int,
    typer.Option(
        "--dialog", metavar="NUMBER", parser=number, help=N_("Show what would be written for this dialog; nothing is")
    ),
]


@app.command(cls=Verb)
def fields(ctx: typer.Context, link: OneLink = "", *, dialog: OfDialog = 0, as_json: Json = False) -> None:
    """Show what fills cards and chats of a CRM: rules, and options of pairings. Or try it without changing anything."""
    with opened(ctx) as company:
        row = company.read(lambda tx: links.find(tx, link))
        if dialog:
            _try(company, row, DialogId(dialog), as_json=as_json)
        else:
            _show(company, row, as_json=as_json)


def _show(company: Company, row: LinkRow, *, as_json: bool) -> None:
    from chatapp_cli.services import crm_maps, pairings

    found = _asked(company, row).fields
    options = crm_maps.mapped(manifest(row.kind), company.read(lambda tx: pairings.of_link(tx, row.id)))
    if as_json:
        shown = {"fields": map(documents.field, found), "options": map(documents.option, options)}
        printing.document({name: list(some) for name, some in shown.items()})
        return
    if found:
        columns = (_("No."), _("Field"), _("Pipelines"), _("Filled by"))
        printing.table(columns, [(one.id, one.name, ", ".join(one.places), _by(one)) for one in found])
    headings = (_("Channel"), _("Place"), _("Option"), _("What it fills"), _("Value"))
    printing.table(headings, [_option(one) for one in options])
    _note_missing(row, found, options)


def _option(one: MappedOption) -> Sequence[str]:
    return one.channel, one.place, one.field.name, show(one.field.label), show(one.shown) if one.value else "–"


def _note_missing(row: LinkRow, found: Sequence[FilledField], options: Sequence[MappedOption]) -> None:
    """Say what fills nothing, and what to do."""
    if (where := manifest(row.kind).own_cards_of(row.settings)) is not None:
        say(where)
    if not any(one.by for one in found):
        note("No rule fills a field. See how: chatapp crm rules add --help")
    if not options:
        note("No channel is paired with {title}: no option fills anything.", title=row.title)


def _by(one: FilledField) -> str:
    return "; ".join(f"{rule}: {value}" for rule, value in one.by.items())


class _FieldsAsked(NamedTuple):
    """What rules can fill in a CRM; nothing of one that makes its cards by itself, while there are none."""

    fields: Sequence[FilledField] = ()
    rules: Sequence[PipelineRule] = ()
    staff: Sequence[Employee] = ()


def _asked(company: Company, row: LinkRow) -> _FieldsAsked:
    from chatapp_cli.commands import ruling
    from chatapp_cli.runtime import crm_rules
    from chatapp_cli.services import crm_fields

    rules, _names = ruling.known(company, row)
    if not rules and manifest(row.kind).own_cards_of(row.settings) is not None:
        return _FieldsAsked()
    pipelines, staff = asyncio.run(crm_rules.pipelines(company, row))
    return _FieldsAsked(crm_fields.filled(pipelines, rules), rules, staff)


def _try(company: Company, row: LinkRow, dialog: DialogId, *, as_json: bool) -> None:
    from chatapp_cli.runtime import crm_cards
    from chatapp_cli.services import crm_fields, crm_maps

    there, about = _asked(company, row), manifest(row.kind)
    names = {one.id: one.name for one in there.fields}
    made = company.read(lambda tx: crm_fields.draft(tx, row.id, dialog, there.rules, names, there.staff))
    cards = [one for one in asyncio.run(crm_cards.of_dialog(company, dialog)) if one.dialog.link.id == row.id]
    values = company.read(lambda tx: crm_maps.tried(tx, about, row, dialog, [c for one in cards for c in one.cards]))
    if as_json:
        printing.document({**documents.draft(made), "options": [documents.value(one) for one in values]})
        return
    _show_draft(made)
    printing.facts({show(one.what): show(one.value) for one in values})
    if not values:
        note("No option of its pairing would write anything.")
    for one in cards:
        if one.error is not None:
            say(*cards_of.why_none(about, one.dialog))


def _show_draft(made: CardDraft) -> None:
    from chatapp_cli.services import crm_fields

    if made.rule is None:
        note("No rule fits: the card is made where the channel is paired.")
        return
    rows = {_("Rule"): made.rule.name, **{show(what): value for what, value in crm_fields.lines(made)}}
    printing.facts({**rows, _("Responsible"): show(made.responsible)})
    note("Nothing was written: a card is made for a client's first message, and an open one is used as it is.")
