"""Forwarding messages from one dialog to another, in any channel; from mail to mail as mail programs do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.address import kinds, title_of, with_name
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.moment import spelled
from chatapp_cli.domain.subject import plain_subject
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _, language
from chatapp_cli.services import access, channels, composing, dialogs, files, transcript
from chatapp_cli.services.message_request import InDialog, MessageRequest, ToAddress
from chatapp_cli.services.options import Options
from chatapp_cli.services.passing_on import passed_on
from chatapp_cli.services.routes import Able
from chatapp_cli.services.sending import SendOptions, key_of
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.store.tx import Tx


def forward(
    tx: Tx,
    able: Able,
    messages: Sequence[MessageId],
    to: InDialog | ToAddress,
    options: SendOptions,
    *,
    text: str = "",
    undo_options: Options | None = None,
) -> list[MessageId]:
    """Accept the messages for a dialog, or for an address, in this order: all, or none with the reason.

    Files are not copied: both messages refer to the same content. ``text``: what is said above the first one.
    """
    access.require(tx, Right.ANSWER)
    accepted = []
    for n, message in enumerate(messages):
        draft = _draft(tx, able, transcript.entry(tx, message), to)
        if text.strip() and not n:
            draft = replace(draft, text=f"{text.strip()}\n\n{draft.text}")
        one = replace(options, key=key_of(f"{options.key} {n}"))
        request = MessageRequest(to=to, draft=draft, options=one, undo_options=undo_options)
        accepted.append(composing.accept(tx, able, request))
    return accepted


def through(tx: Tx, message: MessageId, channel: str) -> ChannelId:
    """The channel that is named, by kind, account or number; empty: that of the message.

    Raises NotFound and UsageError for a name that is not exactly one.
    """
    if channel:
        return channels.find(tx, channel).id
    return dialogs.card(tx, transcript.message(tx, message).dialog_id).channel_id


def recipient(tx: Tx, message: MessageId) -> str:
    """Whom a message of ours goes to, by name and address."""
    card = dialogs.card(tx, transcript.message(tx, message).dialog_id)
    return with_name(card.person or title_of(card.name, card.address), card.address)


def _draft(tx: Tx, able: Able, entry: TranscriptEntry, to: InDialog | ToAddress) -> Draft:
    refusal = obstacle(entry)
    if refusal is not None:
        raise refusal
    staged = [files.staged(file) for file in entry.files]
    mail = transcript.message(tx, entry.message.id)
    if _is_mail(tx, able, InDialog(mail.dialog_id)) and _is_mail(tx, able, to):
        subject = f"Fwd: {plain_subject(mail.subject)}"[: limits.SUBJECT.most].strip()
        return Draft(subject=subject, text=passed_on(tx, mail), files=staged, forwards=True)
    text = "\n".join(filter(None, [_byline(tx, _signed(tx, entry)), mail.text]))
    return Draft(text=text, files=staged, forwards=True)


def _is_mail(tx: Tx, able: Able, to: InDialog | ToAddress) -> bool:
    match to:
        case InDialog(dialog):
            card = dialogs.card(tx, dialog)
            channel, address = card.channel_id, card.address
        case ToAddress(channel, address):
            pass
    return kinds(address.strip())[0] == "email" and able(channels.one(tx, channel)).copies


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
    return f"{message.author or other}, {spelled(message.at, language())}:"
