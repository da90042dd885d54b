"""Actions on a message, where its channel and its state allow them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.excerpt import excerpt
from chatapp_cli.domain.message import Direction, Operation
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.services import addressing, changes, deadletters, mails, sending, transcript
from chatapp_cli.tui.action_page import Action, ActionPage
from chatapp_cli.tui.actions import automation as automation_actions
from chatapp_cli.tui.actions import file as file_actions
from chatapp_cli.tui.actions import forward as forward_actions
from chatapp_cli.tui.actions import invitation as invitation_actions
from chatapp_cli.tui.actions import link as link_actions
from chatapp_cli.tui.actions import waiting as waiting_actions
from chatapp_cli.tui.actions.message_target import NO_TEXT, Against, MessageTarget, message_action, unless
from chatapp_cli.tui.pages import page_named
from chatapp_cli.tui.reading import words

EMOJI = ("👍", "❤", "🔥", "🎉", "🙏", "😁", "👌", "🤔")


async def reply(page: ActionPage, target: MessageTarget) -> None:
    """Quote the message in the composer; the author of a mail gets a copy, unless the answer goes to them anyhow."""
    composer, message = target.among.composer, target.entry.message.id
    if target.can.replies and target.there:
        state, author = composer.state, partial(addressing.author_beside, can=target.can, answered=message)
        beside = await page.workspace.read(author) if target.can.copies else ()
        if composer.state is state:  # otherwise another dialog was opened meanwhile
            composer.quote(target.entry, beside)
    composer.focus_pen()


async def edit(_page: ActionPage, target: MessageTarget) -> None:
    """Put the text into the composer; sending it replaces the message."""
    composer = target.among.composer
    composer.edit(target.entry)
    composer.focus_pen()


async def delete(page: ActionPage, target: MessageTarget) -> None:
    """Delete the message at the provider, after a question."""

    async def take(_yes: bool) -> None:
        await _change(page, target, Operation.DELETE, "")

    note = _("The provider removes it for everybody; here it stays, marked.")
    await page.confirm(_("Delete this message?"), note, yes=_("Delete"), take=take)


async def react(page: ActionPage, target: MessageTarget) -> None:
    """Set our reaction, or remove it."""
    keys = [str(n) for n in range(1, len(EMOJI) + 1)]
    options = [*((emoji, emoji) for emoji in EMOJI), ("none", _("No reaction"))]

    async def take(emoji: str) -> None:
        await _change(page, target, Operation.REACT, "" if emoji == "none" else emoji)

    await page.choose(_("Reaction"), options, keys=[*keys, "0"], take=take)


async def _change(page: ActionPage, target: MessageTarget, operation: Operation, value: str) -> None:
    options, message = page.workspace.send_options(), target.entry.message.id
    await page.workspace.write(lambda tx: sending.change(tx, target.can, message, operation, value, options=options))


async def copy(page: ActionPage, target: MessageTarget) -> None:
    """Copy the text to the clipboard of the terminal, over SSH as well."""
    page.app.copy_to_clipboard(target.entry.message.text)
    page.say(_("Copied."))


async def fold(page: ActionPage, target: MessageTarget) -> None:
    """Show the whole text of a mail in its place, or fold it again."""
    transcript, message = target.among.transcript, target.entry.message.id
    if message in transcript.folds.unfolded:
        transcript.folds.fold(message)
        transcript.choose(message)
    else:
        transcript.folds.unfold(message, await page.workspace.read(partial(mails.whole, message=message)))


async def whole(page: ActionPage, target: MessageTarget) -> None:
    """Show all of a mail, or all of a text, however long it is."""
    if target.is_mail:
        mail: Callable[[MessageTarget], ActionPage] = page_named("mail")
        await page.app.push_screen_wait(mail(target))
        return
    from chatapp_cli.tui.questions.whole_text import WholeText

    message = target.entry.message
    await page.app.push_screen_wait(WholeText(words.moment(message.at, target.now), message.text))


async def history(page: ActionPage, target: MessageTarget) -> None:
    """Show the texts that the message had before each edit."""
    from chatapp_cli.tui.questions.history import History

    earlier = await page.workspace.read(partial(transcript.revisions, wanted=target.entry.message.id))
    await page.app.push_screen_wait(History(target.entry.message, earlier, now=target.now))


async def raw(page: ActionPage, target: MessageTarget) -> None:
    """Show how the message arrived."""
    from chatapp_cli.tui.questions.raw_letter import show_raw

    await show_raw(page, await page.workspace.read(partial(deadletters.of_message, message=target.entry.message.id)))


def _change_of(operation: Operation) -> Against:
    return lambda target: changes.obstacle(target.can, target.entry.message, operation, target.now)


def _against_edit(target: MessageTarget) -> ChatappError | None:
    """A message that waits can always be edited: it is not at the provider yet."""
    return None if target.waits else _change_of(Operation.EDIT)(target)


ACTIONS: dict[str, Action[MessageTarget]] = {
    "reply": Action(reply),
    "edit": message_action(edit, _against_edit),
    "delete": message_action(delete, _change_of(Operation.DELETE)),
    "react": message_action(react, _change_of(Operation.REACT)),
    **waiting_actions.ACTIONS,
    **forward_actions.ACTIONS,
    **file_actions.ACTIONS,
    **link_actions.ACTIONS,
    **invitation_actions.ACTIONS,
    **automation_actions.ACTIONS,
    "history": message_action(
        history, unless(lambda target: target.entry.message.edited_at is not None, T("This message was never edited."))
    ),
    "raw": message_action(
        raw, unless(lambda target: target.entry.message.direction == Direction.IN, T("This message did not arrive."))
    ),
    "fold": message_action(
        fold,
        unless(lambda target: target.entry.mail and target.entry.mail.folded, T("Nothing is folded in this message.")),
    ),
    "whole": message_action(
        whole,
        unless(
            lambda target: target.is_mail or excerpt(target.entry.message.text).left_out,
            T("The conversation shows all of it."),
        ),
        notes=True,
    ),
    "copy": message_action(copy, unless(lambda target: target.entry.message.text, NO_TEXT), notes=True),
}
