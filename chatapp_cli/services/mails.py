"""What mails have beside their messages, as it is stored: the whole text, the recipients, and what ours answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain.address import mailbox_of
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId, Millis
from chatapp_cli.domain.recipients import NamedAddress, Recipients
from chatapp_cli.services import dialogs, transcript
from chatapp_cli.store.rows.messages import MessageRef
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import MailDetails, Profile

_NOTHING: Mapping[str, str | int] = {
    "whole": "",
    "folded_lines": 0,
    "notes": "",
    "signature": "",
    "forwards": 0,
    "typed_subject": 0,
    "answers": "",
    "event": "",
    "invitation": "",
    "calendar": "",
}


def keep_arrived(tx: Tx, message: MessageId, details: MailDetails) -> None:
    """Store what came with a mail, if there is anything."""
    to, cc, bcc, authors = map(_mailboxes, (details.to, details.cc, details.delivered_as, details.also_from))
    recipients = Recipients(to, cc, bcc, authors, details.left_out)
    invitation = details.invitation
    if details.folded or details.notes or recipients != Recipients() or invitation:
        _keep(
            tx,
            message,
            recipients,
            whole=details.whole,
            folded_lines=details.folded,
            notes=details.notes,
            event=invitation.event if invitation else "",
            invitation=invitation.says if invitation else "",
            calendar=invitation.stored() if invitation else "",
        )


def keep_written(tx: Tx, message: MessageId, dialog: DialogId, draft: Draft) -> None:
    """Store what a mail of ours has beside its text, if there is anything."""
    answer = draft.invitation
    if draft.cc or draft.bcc or draft.signature or draft.forwards or draft.typed_subject or answer:
        _keep(
            tx,
            message,
            _copies(tx, dialog, draft),
            signature=draft.signature,
            forwards=int(draft.forwards),
            typed_subject=int(draft.typed_subject),
            answers=transcript.message(tx, draft.answers).ext_id or "" if draft.answers else "",
            event=answer.event if answer else "",
            invitation=answer.decision if answer else "",
            calendar=answer.calendar if answer else "",
        )


def whole(tx: Tx, message: MessageId) -> str:
    """All of a mail's text; empty if the message's text leaves nothing out."""
    return as_shown(tx, message, str(tx.value("mails.whole", message=message) or ""))


def as_shown(tx: Tx, message: MessageId, text: str) -> str:
    """A text of a message as operators see it: without links, if its channel hides those of clients (S-099)."""
    return transcript.shown(tx, transcript.message(tx, message)._replace(text=text)).text if text else ""


class StoredMail(NamedTuple):
    """A mail as another one repeats it: who wrote it, to whom, and what."""

    author: str
    sender: str
    """The address."""
    at: Millis
    subject: str
    text: str
    """Its whole text, as far as it is kept."""
    recipients: str

    @property
    def named(self) -> Recipients:
        """Whom it names."""
        return Recipients.parse(self.recipients)


def heard(tx: Tx, dialog: DialogId, wanted: MessageId | None = None) -> StoredMail | None:
    """A mail that came, as its author wrote it; the last one if ``wanted`` is not one."""
    found = tx.one(_heard, "mails.heard", dialog=dialog, message=wanted) if wanted else None
    return found or tx.one(_heard, "mails.heard", dialog=dialog, message=0)


def _heard(author: str, sender: str, at: Millis, subject: str, text: str, recipients: str, notes: str) -> StoredMail:
    return StoredMail(author, sender, at, subject, text.removesuffix(notes).rstrip(), recipients)


class _Named(NamedTuple):
    """The recipients of a mail, and its dialog."""

    dialog: DialogId
    recipients: str


def dialog_naming(tx: Tx, channel: ChannelId, ext_id: str, address: str) -> DialogId | None:
    """The dialog of the mail with this id, if it names the address in To or Cc."""
    for mail in tx.all(_Named, "mails.under", channel=channel, ext_id=ext_id):
        named = Recipients.parse(mail.recipients)
        if mailbox_of(address) in {mailbox_of(one.address) for one in (*named.to, *named.cc)}:
            return mail.dialog
    return None


def beside_client(tx: Tx, mail: MessageRef, addresses: Sequence[str]) -> Sequence[str] | None:
    """Those of some addresses that got a mail of ours beside the client; ``None`` if the client is among them."""
    if mailbox_of(dialogs.card(tx, mail.dialog_id).address) in map(mailbox_of, addresses):
        return None
    kept = Recipients.parse(str(tx.value("mails.recipients", message=mail.id) or ""))
    others = {mailbox_of(one.address) for one in (*kept.to, *kept.cc, *kept.bcc)}
    return [one for one in addresses if mailbox_of(one) in others]


def _keep(tx: Tx, message: MessageId, recipients: Recipients, **further: str | int) -> None:
    """Store it; what only we write, the signature and that it forwards, stays when the mail is read again."""
    tx.run("mails.keep", message=message, recipients=recipients.stored(), **{**_NOTHING, **further})


def _mailboxes(people: Sequence[Profile]) -> Sequence[NamedAddress]:
    return tuple(NamedAddress(one.name, one.email) for one in people)


def _copies(tx: Tx, dialog: DialogId, draft: Draft) -> Recipients:
    """Who gets copies of a mail of ours, under the names that were typed, else those that the answered mail gives."""
    mail = heard(tx, dialog, draft.reply_to or draft.answers) if draft.cc or draft.bcc else None
    named = (*mail.named.also_from, *mail.named.to, *mail.named.cc) if mail else ()
    people = [NamedAddress.of(mail.author, mail.sender), *named] if mail else []
    known = [NamedAddress.of(*one) for one in (*draft.called, *people)]
    called = {mailbox_of(one.address): one.name for one in reversed(known) if one.name}
    cc, bcc = (
        tuple(NamedAddress(called.get(mailbox_of(one), ""), one) for one in some) for some in (draft.cc, draft.bcc)
    )
    return Recipients(cc=cc, bcc=bcc)
