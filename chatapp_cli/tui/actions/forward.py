"""Forwarding messages; it can be undone until they are sent."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.i18n import _
from chatapp_cli.services import forwarding, sending
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import Action, ActionPage
from chatapp_cli.tui.actions.message_target import MessageTarget, message_action


async def forward(page: ActionPage, target: MessageTarget) -> None:
    """Forward the chosen messages, or this one, to a dialog that the person searches for."""
    from chatapp_cli.tui.questions.dialog_pick import DialogPick

    shown = target.among.transcript
    messages = [entry.message.id for entry in shown.picked or [target.entry]]
    options = page.workspace.send_options()

    async def take(row: DialogRow) -> None:
        capabilities, company_options = page.workspace.capabilities, page.workspace.company.options
        made = await page.workspace.write(
            lambda tx: forwarding.forward(tx, capabilities, messages, row.id, options, undo_options=company_options)
        )
        shown.pick_none()
        page.done(_("Forwarded to {name}.", name=row.name), lambda tx: _cancel(tx, made))

    await page.app.push_screen_wait(DialogPick(page.workspace, _("Forward to")).taken_by(take))


def _cancel(tx: Tx, made: Sequence[MessageId]) -> None:
    for message in made:
        sending.cancel(tx, message)


def _against(target: MessageTarget) -> ChatappError | None:
    return forwarding.obstacle(target.entry)


ACTIONS: dict[str, Action[MessageTarget]] = {"forward": message_action(forward, _against)}
