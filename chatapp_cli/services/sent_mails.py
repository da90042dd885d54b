"""A mail of ours as it goes out, for reading: what the conversation shows and what stands below that."""

from __future__ import annotations

from dataclasses import replace

from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.message import Origin
from chatapp_cli.domain.outbound import AnsweredMail, Outbound
from chatapp_cli.domain.recipients import Recipients
from chatapp_cli.services import answering, dialogs, mails, outbox, sent_beside, transcript
from chatapp_cli.services.sent_beside import Beside
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx


def as_written(tx: Tx, message: MessageId) -> Outbound:
    """The text of a mail of ours with its signature and the mail that it answers. Raises NotFound."""
    found, beside = transcript.message(tx, message), sent_beside.of(tx, message)
    card, copies = dialogs.card(tx, found.dialog_id), Recipients.parse(beside.recipients)
    return Outbound(
        message_id=message,
        key=found.key or "",
        address=card.address,
        title=outbox.title(card),
        text=found.text,
        subject=found.subject,
        reply_to=found.reply_to or beside.answers,
        thread=answering.thread(tx, card, found.subject, before=found),
        automatic=Origin(found.origin).traits.automatic,
        cc=[one.address for one in copies.cc],
        names={one.address: one.name for one in copies.cc if one.name},
        bcc=[one.address for one in copies.bcc],
        signature=beside.signature,
        typed_subject=bool(beside.typed_subject),
        forwards=bool(beside.forwards),
        invitation=beside.answer,
        answered=_answered(tx, card, found, beside),
    )


def _answered(tx: Tx, card: DialogCard, message: MessageRow, beside: Beside) -> AnsweredMail | None:
    """The mail that it answers, of those that were there then, as operators see it."""
    named = message.reply_to or beside.answers
    known = named and tx.value("mails.answered", dialog=card.id, ext_id=named)
    if not known:
        named = answering.heard_until(tx, card, message.subject, message.at)
        known = named and tx.value("mails.answered", dialog=card.id, ext_id=named)
    if not known:
        return None
    chosen = message.reply_to if named == message.reply_to else ""
    found = answering.answered(
        tx, card, chosen, message.subject, unchosen=named, copies=Recipients.parse(beside.recipients).copied
    )
    return found and replace(found, text=mails.as_shown(tx, MessageId(known), found.text))
