"""Changing a message that has not been sent: its text or its time."""

from __future__ import annotations

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.draft import Draft, laid_out, require_deliverable
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import MessageId, Millis
from chatapp_cli.domain.journal.messages import MessageRescheduled, MessageTextChanged
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import State
from chatapp_cli.domain.preview import preview
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, answer_buttons, dialogs, files, obstacles, outbox, words
from chatapp_cli.services.transcript import entry as entry_of
from chatapp_cli.services.transcript import message as message_of
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx


def reword(tx: Tx, can: Capabilities, message: MessageId, text: str) -> None:
    """Change the text of a waiting message. Raises Refused once it may be in flight."""
    access.require(tx, Right.ANSWER)
    entry = entry_of(tx, message)
    if tx.value("messages.template", id=message):
        raise Refused("template_text", T("Message {n} is an approved template: its text is fixed.", n=message))
    card, kept = dialogs.card(tx, entry.message.dialog_id), entry.buttons
    staged = [files.staged(file) for file in entry.files]
    draft = Draft(text=text, files=staged, buttons=kept.texts, listed=kept.listed)
    draft = laid_out(can, draft, chat=card.chat_kind, address=card.address)
    require_deliverable(can, draft)
    text = draft.text
    if not tx.run("outbox.reword", message=message, text=text):
        raise _too_late(entry.message)
    answer_buttons.reword(tx, message, draft)
    tx.run("dialogs.preview", id=card.id, message=message, preview=preview(text, [file.name for file in entry.files]))
    tx.emit(MessageTextChanged(channel=card.channel_id, dialog=card.id, message=message))


def reschedule(tx: Tx, can: Capabilities, message: MessageId, at: Millis | None) -> None:
    """Change the time of a scheduled message; ``None``: now. Raises Refused if it is no longer scheduled."""
    access.require(tx, Right.ANSWER)
    found = message_of(tx, message)
    card = dialogs.card(tx, found.dialog_id)
    refusal = None if tx.value("messages.template", id=message) else obstacles.why_closed(can, card, at or tx.now)
    if refusal is not None:
        raise refusal
    if not tx.run("outbox.reschedule", message=message, at=at or tx.now):
        raise _too_late(found)
    tx.emit(MessageRescheduled(channel=card.channel_id, dialog=card.id, message=message, at=at or tx.now))
    outbox.promote(tx)


def _too_late(found: MessageRow) -> Refused:
    state = words.state(found.state)
    if found.state == State.QUEUED:
        return Refused("not_scheduled", T("Message {n} will be sent as soon as possible.", n=found.id))
    return Refused("too_late", T("Message {n} is not waiting any more: it is {state}.", n=found.id, state=state))
