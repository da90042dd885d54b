"""A page of dialogs, as printed by every command that lists them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.input_checks import amount, number
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services import dialogs

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.dialog import DialogFilter
    from chatapp_cli.store.rows.dialogs import DialogRow
    from chatapp_cli.store.tx import Tx

Limit = Annotated[int, typer.Option("--limit", "-n", parser=amount, metavar="N", help=N_("At most this many"))]
After = Annotated[int, typer.Option("--after", parser=number, metavar="DIALOG", help=N_("The page after this dialog"))]


def page(company: Company, tx: Tx, wanted: DialogFilter, after: int, limit: int) -> list[DialogRow]:
    """The matching dialogs after one; 0 for the first page. Raises NotFound for an unknown dialog."""
    from chatapp_cli.store import dialog_list

    place = None
    if after:
        card = dialogs.card(tx, DialogId(after))
        place = dialog_list.PageEnd(card.pinned, card.last_at, card.id, card.waiting_since or 0)
    return dialog_list.page(tx, company.database.driver.dialect, wanted, after=place, n=limit)


def table(found: Sequence[DialogRow]) -> None:
    """For people."""
    columns = (_("No."), "", _("Name"), _("Channel"), _("Unread"), _("Last"), _("Text"), _("Answers"))
    printing.table(columns, [_columns(row) for row in found])


def _columns(row: DialogRow) -> tuple[object, ...]:
    from chatapp_cli.services import words

    marks = (("📌", row.pinned), ("⛔", row.blocked), ("⏰", row.snoozed_until))
    last = f"→ {row.preview} ({show(words.state(row.last_state))})" if row.last_direction == "out" else row.preview
    return (
        row.id,
        "".join(mark for mark, shown in marks if shown),
        row.full_name,
        row.kind,
        row.unread or "",
        printing.moment(row.last_at),
        last,
        row.assignee,
    )
