"""Actions on a message of ours that waits, failed or is uncertain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Literal

from chatapp_cli.domain import when
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.message import State
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.services import later, sending
from chatapp_cli.services.sending import SendOptions
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.action_page import Action, ActionPage
from chatapp_cli.tui.actions.message_target import MessageTarget, message_action, unless
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.naming import about


async def retry(page: ActionPage, target: MessageTarget) -> None:
    """Send the message again; if it is uncertain, only after the person accepts that it may arrive twice."""
    if target.entry.message.state == State.UNCERTAIN and not await page.confirm(
        _("Send it again?"), _("It may have got through already; then the client has it twice."), yes=_("Send again")
    ):
        return
    await page.workspace.write(lambda tx: sending.retry(tx, target.entry.message.id))


async def cancel(page: ActionPage, target: MessageTarget) -> None:
    """Cancel a message that was not sent yet; its text returns to the composer if that is empty."""
    await page.workspace.write(lambda tx: sending.cancel(tx, target.entry.message.id))
    target.among.composer.take_back(target.entry)


async def resolve(page: ActionPage, target: MessageTarget) -> None:
    """Let the person say whether an uncertain message got through."""
    options = [("sent", _("It got through")), ("failed", _("It did not get through"))]

    async def take(verdict: str) -> None:
        known: Literal["sent", "failed"] = "sent" if verdict == "sent" else "failed"
        await page.workspace.write(lambda tx: sending.resolve(tx, target.entry.message.id, known))

    await page.choose(_("What became of this message?"), options, keys=["1", "2"], take=take)


async def send_later(page: ActionPage, card: DialogCard, send: Callable[[SendOptions], Awaitable[None]]) -> None:
    """Ask when to send, and whether an earlier message of the client cancels it; then call ``send`` with both.

    A time that is not understood, or a refusal of the message, is shown in the question.
    """
    options = [("always", _("In any case")), ("unless", _("Only if the client does not write first"))]

    async def timed(typed: str) -> bool:
        if not typed.strip():
            return False
        at = when.when(typed, now=page.workspace.company.world.clock.now())

        async def take(chosen: str) -> None:
            await send(replace(page.workspace.send_options(), at=at, unless_heard=chosen == "unless"))

        return await page.choose(_goes_at(page, at), options, keys=["1", "2"], take=take) is not None

    note = _("Such as: 18:30, tomorrow at 9, in 2 hours")
    await page.prompt(about(_("When should it be sent?"), [card]), note=note, take=timed)


def _goes_at(page: ActionPage, at: Millis) -> str:
    return _("It will be sent at {time}.", time=words.moment(at, page.workspace.company.world.clock.now()))


async def reschedule(page: ActionPage, target: MessageTarget) -> None:
    """Change the time of a scheduled message, or send it now."""
    message = target.entry.message.id
    note = _("Such as: 18:30, tomorrow at 9, in 2 hours. Empty: now.")

    async def take(typed: str) -> None:
        at = when.when(typed, now=page.workspace.company.world.clock.now()) if typed.strip() else None
        await page.workspace.write(lambda tx: later.reschedule(tx, target.can, message, at))
        page.say(_("It goes now.") if at is None else _goes_at(page, at))

    await page.prompt(_("When should it be sent?"), note=note, take=take)


ACTIONS: dict[str, Action[MessageTarget]] = {
    "retry": message_action(
        retry,
        unless(
            lambda target: target.ours and target.entry.message.state in {State.FAILED, State.UNCERTAIN},
            T("Only what failed or is uncertain goes again; what was taken back is written anew."),
        ),
    ),
    "cancel": message_action(
        cancel, unless(lambda target: target.waits, T("Only a message that has not been sent can be cancelled."))
    ),
    "retime": message_action(
        reschedule,
        unless(lambda target: target.entry.message.state == State.SCHEDULED, T("Only a scheduled message has a time.")),
    ),
    "resolve": message_action(
        resolve,
        unless(
            lambda target: target.entry.message.state == State.UNCERTAIN,
            T("Only an uncertain message needs a person's decision."),
        ),
    ),
}
