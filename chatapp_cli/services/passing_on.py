"""Passing on a mail as mail programs do: its head in words, then its text."""

from __future__ import annotations

from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.moment import spelled
from chatapp_cli.domain.recipients import NamedAddress, Recipients
from chatapp_cli.domain.subject import without_subject
from chatapp_cli.i18n import _, language
from chatapp_cli.services import channels, dialogs, mails
from chatapp_cli.services.mails import StoredMail
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx


def passed_on(tx: Tx, message: MessageRow) -> str:
    """The whole text of a mail below the fields of its head, as it is forwarded."""
    card = dialogs.card(tx, message.dialog_id)
    mail = mails.heard(tx, card.id, message.id) if message.direction == Direction.IN else None
    if mail is None:
        own = channels.one(tx, card.channel_id).account
        mail = StoredMail("", own, message.at, message.subject, message.text, _recipients(tx, message, card))
    named = mail.named
    head = (
        _("-------- Forwarded message --------"),
        _("From: {who}", who=NamedAddress.of(mail.author, mail.sender)),
        _("Date: {moment}", moment=spelled(mail.at, language())),
        _("Subject: {subject}", subject=mail.subject),
        _("To: {who}", who=", ".join(map(str, named.to))) if named.to else "",
        _("Cc: {who}", who=", ".join(map(str, named.cc))) if named.cc else "",
    )
    return "\n".join([*filter(None, head), "", without_subject(mail.text, mail.subject)])


def _recipients(tx: Tx, message: MessageRow, card: DialogCard) -> str:
    """The recipients of a mail of ours, with the client; blind copies are for nobody's eyes."""
    kept = Recipients.parse(str(tx.value("mails.recipients", message=message.id) or ""))
    return Recipients(to=(NamedAddress(card.person, card.address),), cc=kept.cc).stored()
