"""Mails as they came: the raw bytes that are kept with their messages, and all that they say."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.message import Direction, Origin
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import speaking
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.connector import ShowsWhole, WholeMail
from chatapp_cli.runtime import rereading
from chatapp_cli.services import channels, deadletters, dialogs, mails, sent_mails, transcript
from chatapp_cli.store.rows.journal import ArrivedRow
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx


def text(company: Company, message: MessageId) -> str:
    """All of the text of a mail, from where `best` has it."""
    return best(company, message).text


def best(company: Company, message: MessageId) -> WholeMail:
    """All that is there of a mail: from its raw bytes, or without them its stored text alone; of ours, as it goes out.

    Raises NotFound if there is no such message, Refused if it is no mail.
    """
    try:
        return whole(company, message)
    except NotFound:
        row = company.read(partial(transcript.message, wanted=message))
        if _is_written_here(row):
            return _as_written(company, message)
        return WholeMail(headers=(), text=company.read(partial(_stored, message=message)), html="")


def _is_written_here(row: MessageRow) -> bool:
    return row.direction == Direction.OUT and Origin(row.origin) is not Origin.PHONE


def _as_written(company: Company, message: MessageId) -> WholeMail:
    """A mail that was written here, with what stands below it, in the language in which it goes out."""
    card = company.read(lambda tx: dialogs.card(tx, transcript.message(tx, message).dialog_id))
    connector = company.connector(card.kind)
    if not isinstance(connector, ShowsWhole):
        raise _no_mail(message)
    channel = company.read(partial(channels.one, channel=card.channel_id))
    row = company.read(partial(transcript.message, wanted=message))
    with speaking(company.language_of_mails):
        return connector.written(
            company.bound(channel), company.read(partial(sent_mails.as_written, message=message)), row.at
        )


def whole(company: Company, message: MessageId) -> WholeMail:
    """All that a mail says; of ours, what goes out. Raises as `raw` does."""
    try:
        kind, arrived = company.read(partial(_arrived, message=message))
    except NotFound:
        if not _is_written_here(company.read(partial(transcript.message, wanted=message))):
            raise
        return _as_written(company, message)
    connector = company.connector(kind)
    if not isinstance(connector, ShowsWhole):
        raise _no_mail(message)
    found = connector.whole(_raw(company, message, arrived))
    return replace(found, text=company.read(partial(mails.as_shown, message=message, text=found.text)))


def raw(company: Company, message: MessageId) -> bytes:
    """A mail as it came, to the byte. Raises NotFound if that is not in the store, Refused if it is no mail."""
    _, arrived = company.read(partial(_arrived, message=message))
    return _raw(company, message, arrived)


def _raw(company: Company, message: MessageId, arrived: ArrivedRow) -> bytes:
    try:
        return rereading.raw(company, arrived)
    except NotFound as error:
        gone = T("The mail of message {n} is not in the store as it came any more.", n=message)
        raise NotFound(gone, T("Its text stays in the conversation.")) from error


def _kind(tx: Tx, message: MessageId) -> str:
    kind = dialogs.card(tx, transcript.message(tx, message).dialog_id).kind
    if not manifest(kind).capabilities.keeps_raw:
        raise _no_mail(message)
    return kind


def _arrived(tx: Tx, message: MessageId) -> tuple[str, ArrivedRow]:
    """The kind of a mail's channel, and what arrived."""
    kind = _kind(tx, message)
    try:
        return kind, deadletters.arrival(tx, deadletters.of_message(tx, message))
    except NotFound as error:
        raise NotFound(T("Message {n} did not arrive: it was written here.", n=message)) from error


def _stored(tx: Tx, message: MessageId) -> str:
    return mails.whole(tx, message) or transcript.entry(tx, message).message.text


def _no_mail(message: MessageId) -> Refused:
    return Refused("no_mail", T("Message {n} is no mail.", n=message))
