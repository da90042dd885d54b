"""Whom an answer by mail reaches, and from which address of ours it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.recipients import NamedAddress, written_to
from chatapp_cli.domain.subject import plain_subject
from chatapp_cli.services import answering, channels, mails, transcript
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx


class Addressed(NamedTuple):
    """The two ends of a mail that is being written."""

    client: NamedAddress
    alias: str = ""
    """The address of ours that it goes from; empty: the mailbox's own."""
    subject: str = ""
    """What it goes out under unless another subject is typed; empty without any before."""


def addressed(tx: Tx, can: Capabilities, card: DialogCard, answered: MessageId | None = None) -> Addressed:
    """Both ends of an answer to a mail; ``None``: to the last one that came."""
    name = "" if card.person == card.address or "@" in card.person else card.person
    return Addressed(NamedAddress(name, card.address), _alias(tx, can, card, answered), _subject(tx, card, answered))


def _subject(tx: Tx, card: DialogCard, answered: MessageId | None) -> str:
    """The subject of an answer."""
    plain = plain_subject(answering.subject_of_answer(tx, card.id, answered))
    return f"Re: {plain}" if plain else ""


def _alias(tx: Tx, can: Capabilities, card: DialogCard, answered: MessageId | None) -> str:
    """The first address of ours that the mail was written to, unless that is the mailbox's own."""
    mail = answering.answered_now(tx, card, answered)
    own = answering.own_addresses(can, channels.one(tx, card.channel_id))
    found = written_to(mail.to, own) if mail else own[0]
    return "" if found == own[0] else found


def author_beside(tx: Tx, can: Capabilities, answered: MessageId) -> Sequence[str]:
    """The author of the mail that is answered, if the answer goes to somebody else: they get a copy.

    Empty if the author is the dialog's client, one of us, or nobody who can be answered, and for channels without
    copies.
    """
    message = transcript.message(tx, answered)
    mail = mails.heard(tx, message.dialog_id, answered) if message.direction == Direction.IN else None
    if mail is None:
        return ()
    return [one for one in answering.everybody_else(tx, can, message.dialog_id, answered) if one == mail.sender]
