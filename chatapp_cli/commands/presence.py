"""``chatapp dialog``: who else has a dialog open, and its draft."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands.base import Dialog, Json, Verb, noun, opened, typed
from chatapp_cli.commands.input_checks import number
from chatapp_cli.documents import dialogs as documents
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import N_, _
from chatapp_cli.services import dialogs, drafts, presence

if TYPE_CHECKING:
    from chatapp_cli.store.rows.dialogs import PresenceRow
    from chatapp_cli.store.tx import Tx

app = noun()


@app.command(cls=Verb)
def viewers(
    ctx: typer.Context,
    dialog: Annotated[
        int, typer.Argument(metavar="[DIALOG]", parser=number, help=N_("Number of the dialog; all without one"))
    ] = 0,
    as_json: Json = False,
) -> None:
    """Show who has dialogs open, and who is typing."""
    from chatapp_cli.commands import printing

    with opened(ctx) as company:
        found = company.read(lambda tx: _there(tx, DialogId(dialog)))
        now = company.world.clock.now()
    if as_json:
        printing.document([documents.viewer(row, now) for row in found])
        return
    rows = [(row.dialog_id, row.operator, _("is writing") if row.typing_until > now else _("looks")) for row in found]
    printing.table((_("Dialog"), _("Name"), _("Does")), rows)


def _there(tx: Tx, dialog: DialogId) -> list[PresenceRow]:
    return list(presence.others(tx, dialogs.card(tx, dialog).id) if dialog else presence.everyone(tx))


@app.command(cls=Verb)
def draft(
    ctx: typer.Context,
    dialog: Dialog,
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help=N_("The text; - reads it from standard input; '' clears it"))
    ] = None,
    as_json: Json = False,
) -> None:
    """Show your draft in a dialog, or replace it; nothing is sent."""
    from chatapp_cli.commands import printing

    new_text = None if text is None else typed(text)
    with opened(ctx) as company:
        number_ = DialogId(dialog)
        if new_text is not None:
            company.write(lambda tx: _put(tx, number_, new_text))
        known = company.read(lambda tx: drafts.of(tx, dialogs.card(tx, number_).id))
    if as_json:
        printing.document(None if known is None else documents.unsent(known))
    elif new_text is None and known is not None:
        typer.echo(printing.plain(known.draft.text))


def _put(tx: Tx, dialog: DialogId, text: str) -> None:
    """Replace the draft's text; files and subject stay, unless nothing is left at all."""
    known = drafts.of(tx, dialogs.card(tx, dialog).id)
    if not text.strip():
        drafts.delete(tx, dialog)
        return
    unsent = known or drafts.Unsent(Draft())
    drafts.save(tx, dialog, unsent._replace(draft=replace(unsent.draft, text=text)))
