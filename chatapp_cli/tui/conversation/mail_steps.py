"""What the page of a mail asks of the conversation behind it: the mails around it, answers, and marking it as read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.portions import portions
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import transcript
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.conversation.addressees import Addressees
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.part import ConversationController
from chatapp_cli.tui.conversation.read_marks import ReadMarks
from chatapp_cli.tui.reading import conversations
from chatapp_cli.tui.reading.dialog_order import DialogOrder

if TYPE_CHECKING:
    from chatapp_cli.tui.actions.message_target import MessageTarget

_AT_ONCE = 50
"""Dialogs of the list that are looked through in one read."""


class MessageActions(Protocol):
    """What runs the actions on messages; see ``ActionRunner``."""

    def target(self, entry: TranscriptEntry) -> MessageTarget:
        """A message with what decides which actions are possible on it."""
        ...

    def act_on_message(self, name: str, entry: TranscriptEntry) -> None:
        """Run an action on a message, or show why it is not possible."""
        ...

    async def reply(self, entry: TranscriptEntry) -> None:
        """Answer a message with a quote."""
        ...


class MailSteps(ConversationController):
    """Goes from mail to mail through the open dialog, then through the list as it was when the page was opened."""

    def __init__(
        self, conversation: Conversation, runner: MessageActions, addressees: Addressees, read_marks: ReadMarks
    ) -> None:
        super().__init__(conversation)
        self._runner, self._addressees, self._read_marks = runner, addressees, read_marks
        self._order: DialogOrder | None = None

    def begin(self, entry: TranscriptEntry) -> None:
        """Take the list as it is now: what is read may leave it meanwhile.

        If the dialog has left it, as one that was answered does, the way goes on through the list in which it stood.
        """
        dialog, before = entry.message.dialog_id, self._order
        now = self.conversation.dialogs.order
        if before is None or dialog not in before.ids or (now is not None and dialog in now.ids):
            self._order = now

    async def beside(self, entry: TranscriptEntry, step: int) -> MessageTarget | None:
        """The next mail, or with -1 the one before; the conversation turns to it. ``None`` if there is no other."""
        found = await self._in_dialog(entry, step) or await self._in_list(entry.message.dialog_id, step)
        if found is None:
            return None
        message, shown = found.message, self.conversation.transcript
        if any(one.message.id == message.id for one in shown.entries):
            shown.choose(message.id)
        else:
            await self.conversation.open(message.dialog_id, message.id, exact=True)
        return self._runner.target(found)

    async def _in_dialog(self, entry: TranscriptEntry, step: int) -> TranscriptEntry | None:
        message = entry.message
        job = partial(conversations.opening, dialog=message.dialog_id, message=message.id)
        mails = _mails((await self.page.workspace.read(job)).page.entries)
        at = next((n for n, one in enumerate(mails) if one.message.id == message.id), len(mails)) + step
        return mails[at] if 0 <= at < len(mails) else None

    async def _in_list(self, dialog: DialogId, step: int) -> TranscriptEntry | None:
        order = self._order
        if order is None:
            return None
        at = order.ids.index(dialog) if dialog in order.ids else -1  # one that is not listed comes before the first
        rest = order.ids[at + 1 :] if step > 0 else order.ids[: max(at, 0)][::-1]
        for numbers in portions(rest, _AT_ONCE):
            some = [DialogId(one) for one in numbers]
            found = await self.page.workspace.read(partial(_where_to_go_on, order=order, among=some, unread=step > 0))
            if found is not None:
                return found
        return None

    def saw(self, entry: TranscriptEntry) -> None:
        """Mark the dialog as read if this is its last message from the client."""
        self._read_marks.saw(entry)

    def write(self) -> None:
        """Answer without a quote."""
        self.conversation.composer.focus_pen()

    def reply(self, entry: TranscriptEntry) -> None:
        """Answer this mail."""
        self._runner.act_on_message("reply", entry)

    def reply_to_all(self, entry: TranscriptEntry) -> None:
        """Answer this mail, with copies to all whom it names."""
        self.page.do(partial(self._reply_to_all, entry))

    async def _reply_to_all(self, entry: TranscriptEntry) -> None:
        await self._runner.reply(entry)
        self._addressees.everybody()


def _mails(entries: Sequence[TranscriptEntry]) -> list[TranscriptEntry]:
    """The messages without the notes between them."""
    return [one for one in entries if one.message.direction in set(Direction)]


def _where_to_go_on(tx: Tx, order: DialogOrder, among: Sequence[DialogId], *, unread: bool) -> TranscriptEntry | None:
    """The mail to go on with: of the first of these dialogs that is one of mails and has any.

    That is its last mail; with ``unread`` its first unread one, if there is one.
    """
    rows = order.rows(tx, among)
    listed = (rows[one] for one in among if one in rows and manifest(rows[one].kind).capabilities.keeps_raw)
    return next(filter(None, (_mail_of(tx, row.id, row.unread if unread else 0) for row in listed)), None)


def _mail_of(tx: Tx, dialog: DialogId, unread: int) -> TranscriptEntry | None:
    mails = transcript.latest(tx, dialog)
    heard = [one for one in mails if one.message.direction == Direction.IN][-unread:] if unread else []
    return next(iter([*heard, *mails[-1:]]), None)
