"""Forwarding messages; it can be undone until they are sent."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.i18n import _
from chatapp_cli.services import forwarding, sending
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import Action, ActionPage
from chatapp_cli.tui.actions.message_target import MessageTarget, message_action


async def forward(page: ActionPage, target: MessageTarget) -> None:
    """Forward the chosen messages, or this one, to a dialog that the person searches for, or to an address."""
    from chatapp_cli.tui.questions.forward_pick import ForwardPick, Receiver

    shown = target.among.transcript
    messages = [entry.message.id for entry in shown.picked or [target.entry]]
    options = page.workspace.send_options()

    async def take(chosen: Receiver) -> None:
        able, undo = page.workspace.capabilities, page.workspace.company.options

        def carry_out(tx: Tx) -> tuple[Sequence[MessageId], str]:
            to, text = chosen.to, chosen.text
            made = forwarding.forward(tx, able, messages, to, options, text=text, undo_options=undo)
            return made, forwarding.recipient(tx, made[0])

        made, whom = await page.workspace.write(carry_out)
        shown.pick_none()
        page.done(_("Forwarded to {name}.", name=whom), lambda tx: _cancel(tx, made))

    await page.app.push_screen_wait(ForwardPick(page.workspace, target.entry.message.id).taken_by(take))


def _cancel(tx: Tx, made: Sequence[MessageId]) -> None:
    for message in made:
        sending.cancel(tx, message)


def _against(target: MessageTarget) -> ChatappError | None:
    return forwarding.obstacle(target.entry)


ACTIONS: dict[str, Action[MessageTarget]] = {"forward": message_action(forward, _against)}
