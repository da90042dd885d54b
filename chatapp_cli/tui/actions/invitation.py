"""Answering an invitation that came by mail; it can be undone until the answer is sent."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.invitation import Decision
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _, show
from chatapp_cli.services import invitations, sending
from chatapp_cli.services.invitations import OpenInvitation
from chatapp_cli.tui.action_page import Action, ActionPage
from chatapp_cli.tui.actions.message_target import MessageTarget, message_action, unless

_KEYS = ("a", "t", "d")


async def answer(page: ActionPage, target: MessageTarget) -> None:
    """Say to whom the answer goes, and send the one that is chosen."""
    message, options = target.entry.message.id, page.workspace.send_options()
    found = await page.workspace.read(partial(invitations.find, message=message))
    if not await _goes_on(page, found):
        return

    async def take(decision: str) -> None:
        able, undo = page.workspace.capabilities, page.workspace.company.options
        made = await page.workspace.write(
            lambda tx: invitations.answer(
                tx, able, message, Decision(decision), options, elsewhere=found.elsewhere, undo_options=undo
            )
        )
        words = _("The answer goes to {address}.", address=found.invitation.organizer)
        page.done(words, partial(sending.cancel, message=made))

    title = _("{what}: answer {address}", what=found.what, address=found.invitation.organizer)
    choices = (_("Accept"), _("Maybe"), _("Decline"))
    await page.choose(title, [*zip(Decision, choices, strict=True)], keys=_KEYS, take=take)


async def _goes_on(page: ActionPage, found: OpenInvitation) -> bool:
    """Ask about what is unusual: another recipient, or an event that is over."""
    address = found.invitation.organizer
    warnings = [
        *([_("The answer goes to {address}, who is not the sender.", address=address)] * found.elsewhere),
        *([show(invitations.OVER)] * found.is_over),
    ]
    return not warnings or await page.confirm(_("Answer all the same?"), "\n".join(warnings), yes=_("Answer"))


ACTIONS: dict[str, Action[MessageTarget]] = {
    "invitation": message_action(
        answer,
        unless(
            lambda target: target.entry.mail and target.entry.mail.invitation,
            T("This message is no invitation that can be answered."),
        ),
    )
}
