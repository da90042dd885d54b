"""Answering a mail: whom an answer to all reaches, and what the answer repeats of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from chatapp_cli.domain.address import kinds, mailbox_of
from chatapp_cli.domain.draft import Draft, too_many_copies
from chatapp_cli.domain.ids import DialogId, MessageId, Millis
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.outbound import AnsweredMail
from chatapp_cli.domain.recipients import Recipients, typed_addresses, unique
from chatapp_cli.domain.subject import plain_subject, without_subject
from chatapp_cli.services import channels, dialogs, mails, transcript
from chatapp_cli.services.notes import EVER
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx

_LONGEST_THREAD: Final = 20


class ToAll(NamedTuple):
    """An answer to all whom a mail names."""

    mail: MessageId | None
    """The mail, which the answer then continues and quotes; ``None``: it begins a thread of its own."""
    others: Sequence[str]
    """Who gets it beside the client."""


def to_all(tx: Tx, can: Capabilities, dialog: DialogId, subject: str = "", chosen: MessageId | None = None) -> ToAll:
    """An answer to all whom the last mail names that the client knows; with a subject of its own, one under that.

    If there is none under it, the people are those of the last one under any. ``chosen``: the mail, if a person chose.
    Raises Refused for a mail that names more than are kept of it.
    """
    card = dialogs.card(tx, dialog)
    mail = chosen or _last_known(tx, card, subject)
    named_in = mail or _last_known(tx, card, "")
    others, known = everybody_else(tx, can, dialog, named_in), mails.heard(tx, dialog, named_in)
    if can.copies and known is not None and known.named.left_out:
        raise too_many_copies(len(others) + known.named.left_out)
    return ToAll(mail, others)


def everybody_else(tx: Tx, can: Capabilities, dialog: DialogId, answered: MessageId | None = None) -> Sequence[str]:
    """Whom an answer to all reaches beside the client: sender, To and Cc of a mail of theirs, without our addresses.

    ``answered``: the mail; ``None``: the last one that came.
    """
    card = dialogs.card(tx, dialog)
    mail = mails.heard(tx, dialog, answered)
    if mail is None or not can.copies:
        return ()
    named = mail.named
    ours = [one for row in channels.everything(tx.whole()) if row.kind == card.kind for one in own_addresses(can, row)]
    people = (mail.sender, *(one.address for one in (*named.also_from, *named.to, *named.cc)))
    return unique((one for one in people if "@" in one), but=(card.address, *ours))


def own_addresses(can: Capabilities, channel: ChannelRow) -> Sequence[str]:
    """The addresses of a mailbox: its own, then its aliases."""
    return (channel.account, *typed_addresses(channel.settings.get(can.aliases_in, "")))


class _InDialog(NamedTuple):
    """A mail of a dialog, as far as it tells who knows it."""

    id: MessageId
    ext_id: str
    direction: str
    sender: str
    subject: str
    recipients: str


def _is_known_to(address: str, sender: str, recipients: Recipients) -> bool:
    """Whether whoever has this address wrote a mail that came, or is named in it."""
    named = (one.address for one in (*recipients.also_from, *recipients.to, *recipients.cc, *recipients.bcc))
    return "@" not in sender or mailbox_of(address) in map(mailbox_of, (sender, *named))


def _known(tx: Tx, card: DialogCard, subject: str, until: Millis = EVER) -> Sequence[_InDialog]:
    """The last mails under a subject that the client wrote or got, the latest first: colleagues may write to us alone.

    ``subject``: empty for mails under any.
    """
    plain = plain_subject(subject)
    return [
        one
        for one in tx.all(_InDialog, "mails.in_dialog", dialog=card.id, until=until)
        if (not plain or plain_subject(one.subject) == plain)
        and (one.direction == Direction.OUT or _is_known_to(card.address, one.sender, Recipients.parse(one.recipients)))
    ]


def _last_known(tx: Tx, card: DialogCard, subject: str) -> MessageId | None:
    """The last mail that came and that the client knows, under a subject if there is one."""
    return next((one.id for one in _known(tx, card, subject) if one.direction == Direction.IN), None)


def thread(
    tx: Tx, card: DialogCard, subject: str = "", *, until: str = "", before: MessageRow | None = None
) -> Sequence[str]:
    """The ids of the last messages of a dialog, oldest first; of mails, of those under a subject that the client knows.

    Empty for a mail with a new subject, which begins another thread. ``until``: the mail that is answered;
    ``before``: a message of ours, so that only what was there when it was written counts.
    """
    if kinds(card.address)[0] != "email":
        return tuple(reversed(tx.all(str, "messages.thread", dialog=card.id)))
    known = _known(tx, card, subject, before.at if before else EVER)
    ids = [one.ext_id for one in known if before is None or one.id != before.id]
    latest = ids.index(until) if until in ids else 0
    return tuple(reversed(ids[latest : latest + _LONGEST_THREAD]))


def author_unknown_to_client(tx: Tx, dialog: DialogId) -> str:
    """The address of who wrote the last mail that came, if the client does not know it; otherwise empty."""
    card = dialogs.card(tx, dialog)
    mail = mails.heard(tx, dialog) if kinds(card.address)[0] == "email" else None
    return "" if mail is None or _is_known_to(card.address, mail.sender, mail.named) else mail.sender


def subject_of_answer(tx: Tx, dialog: DialogId, chosen: MessageId | None = None) -> str:
    """The subject of an answer to a chosen message, otherwise the last one of the dialog."""
    subject = transcript.message(tx, chosen).subject if chosen else ""
    return subject or tx.value("messages.last_subject", dialog=dialog) or ""


def answered_now(tx: Tx, card: DialogCard, chosen: MessageId | None = None) -> AnsweredMail | None:
    """The mail that is answered if a person writes now: the chosen one, if they chose one to quote."""
    reply_to = transcript.message(tx, chosen).ext_id or "" if chosen else ""
    return answered(tx, card, reply_to, subject_of_answer(tx, card.id, chosen))


def answered_with_copies(tx: Tx, card: DialogCard, draft: Draft, subject: str) -> MessageId | None:
    """The mail that a mail with copies answers: fixed when it is written, for people in copy may not get a later one.

    ``subject``: that of the answer; a mail under a new subject answers none.
    """
    given, plain = draft.answers, plain_subject(subject)
    if given is None or plain_subject(transcript.message(tx, given).subject) != plain:
        return _last_known(tx, card, subject)
    return given


def answered(
    tx: Tx,
    card: DialogCard,
    reply_to: str,
    subject: str = "",
    *,
    unchosen: str = "",
    copies: Iterable[str] = (),
) -> AnsweredMail | None:
    """The mail that an answer continues, with the text that may be quoted; ``None`` if it continues none.

    ``reply_to``: the id of a mail that a person chose to quote; ``unchosen``: that of one that is answered without
    such a choice. Without either, or if it is not there, it is the last mail under ``subject``, that of the answer,
    which the client wrote or was named in. ``copies``: who gets a copy of the answer.

    The text is empty if the client wrote and got no such mail, and unless a person chose it, if somebody in copy did
    not.
    """
    if kinds(card.address)[0] != "email":
        return None
    named = reply_to or unchosen
    found = tx.value("mails.answered", dialog=card.id, ext_id=named) if named else None
    wanted = found or _last_known(tx, card, subject)
    mail = mails.heard(tx, card.id, wanted) if wanted else None
    if mail is None:
        return None
    to = [one.address for one in (*mail.named.to, *mail.named.cc, *mail.named.bcc)]
    chosen = bool(found and reply_to)
    readers = (card.address, *(() if chosen else copies))
    is_known = all(_is_known_to(one, mail.sender, mail.named) for one in readers)
    text = without_subject(mail.text, mail.subject) if is_known else ""
    return AnsweredMail(author=mail.author, address=mail.sender, at=mail.at, text=text, to=to, chosen=chosen)


def heard_until(tx: Tx, card: DialogCard, subject: str, until: Millis) -> str:
    """The id of the last mail under a subject that the client knows and that had come by then; empty if none had."""
    known = _known(tx, card, subject, until)
    return next((one.ext_id for one in known if one.direction == Direction.IN), "")
