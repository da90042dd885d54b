"""Passing messages on: which ones, to whom, and back again while they have not gone."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.i18n import _
from chatapp_cli.services import forwarding, sending
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.deeds.said import Said, deed
from chatapp_cli.tui.hands import Deed, Hands


async def forward(hands: Hands, said: Said) -> None:
    """The chosen messages, or this one, to a dialog that the person looks up."""
    from chatapp_cli.tui.questions.dialog_pick import DialogPick

    shown = said.among.transcript
    messages = [entry.message.id for entry in shown.picked or [said.entry]]
    order = hands.office.order()

    async def take(row: DialogRow) -> None:
        able, options = hands.office.capabilities, hands.office.desk.options
        made = await hands.office.write(lambda tx: forwarding.forward(tx, able, messages, row.id, order, held=options))
        shown.pick_none()
        hands.done(_("Forwarded to {name}.", name=row.name), lambda tx: _cancel(tx, made))

    await hands.app.push_screen_wait(DialogPick(hands.office, _("Forward to")).taken_by(take))


def _cancel(tx: Tx, made: Sequence[MessageId]) -> None:
    for message in made:
        sending.cancel(tx, message)


def _against(said: Said) -> ChatappError | None:
    return forwarding.obstacle(said.entry)


DEEDS: dict[str, Deed[Said]] = {"forward": deed(forward, _against)}
