"""Forwarding messages from one dialog to another, in any channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.moment import local
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.services import access, composing, dialogs, files, transcript
from chatapp_cli.services.message_request import InDialog, MessageRequest
from chatapp_cli.services.options import Options
from chatapp_cli.services.routes import Able
from chatapp_cli.services.sending import SendOptions, key_of
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.store.tx import Tx


def forward(
    tx: Tx,
    able: Able,
    messages: Sequence[MessageId],
    dialog: DialogId,
    options: SendOptions,
    *,
    undo_options: Options | None = None,
) -> list[MessageId]:
    """Accept the messages for the other dialog in this order: all, or none with the reason.

    Files are not copied: both messages refer to the same content.
    """
    access.require(tx, Right.ANSWER)
    accepted = []
    for n, message in enumerate(messages):
        draft = _draft(tx, transcript.entry(tx, message))
        one = replace(options, key=key_of(f"{options.key} {n}"))
        accepted.append(
            composing.accept(
                tx, able, MessageRequest(to=InDialog(dialog), draft=draft, options=one, undo_options=undo_options)
            )
        )
    return accepted


def _draft(tx: Tx, entry: TranscriptEntry) -> Draft:
    refusal = obstacle(entry)
    if refusal is not None:
        raise refusal
    whole = transcript.message(tx, entry.message.id).text
    text = "\n".join(filter(None, [_byline(tx, _signed(tx, entry)), whole]))
    return Draft(text=text, files=[files.staged(file) for file in entry.files])


def _signed(tx: Tx, entry: TranscriptEntry) -> TranscriptEntry:
    """The author line of a client's message: their own name or address, never the operators' name of the dialog."""
    message = entry.message
    if message.direction != Direction.IN or message.author:
        return entry
    card = dialogs.card(tx, message.dialog_id)
    return entry._replace(message=message._replace(author=card.person or card.username or card.address))


def obstacle(entry: TranscriptEntry) -> Refused | None:
    """Why a message cannot be forwarded; ``None`` if it can."""
    message = entry.message
    if message.direction not in {Direction.IN, Direction.OUT}:
        return Refused("a_note", T("A note is for colleagues only."))
    if message.deleted_at is not None:
        return Refused("deleted", T("Message {n} was deleted.", n=message.id))
    if not message.text and not entry.files:
        return Refused("empty", T("There is nothing to send."))
    return None


def _byline(tx: Tx, entry: TranscriptEntry) -> str:
    """The author and time, as the recipient reads them."""
    message = entry.message
    other = dialogs.card(tx, message.dialog_id).name if message.direction == Direction.IN else _("We")
    moment = f"{local(message.at):%d.%m.%Y %H:%M}"
    return f"{message.author or other}, {moment}:"
