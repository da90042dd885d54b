"""What an event of a CRM is about: the pairing, the chat and the message of ours."""

from __future__ import annotations

from chatapp_cli.domain import border
from chatapp_cli.domain.errors import ChatappError, NotFound
from chatapp_cli.domain.ids import DialogId, LinkId, MessageId, PairingId
from chatapp_cli.domain.message import State
from chatapp_cli.domain.text import T
from chatapp_cli.services import crm_chats, pairings, transcript
from chatapp_cli.store.rows.crm import ChatRow, PairingRow
from chatapp_cli.store.rows.messages import MessageRef
from chatapp_cli.store.tx import Tx


class NotYet(ChatappError):
    """What the event is about is not there: it may come, since events are not ordered."""


class BeingSent(ChatappError):
    """The message that the event changes is on its way: what can be changed of it is seen when that has ended."""


def chat(
    tx: Tx, link: LinkId, kind: str, place: str, name: str, remote: str = "", number: PairingId | None = None
) -> tuple[PairingRow, ChatRow]:
    """The pairing and the chat that an event is about.

    Raises NotFound if they are none of ours any more, or if it names two chats that are not the same; NotYet.
    """
    if number is not None:
        pairing: PairingRow | None = pairings.active(tx, link, number)
    else:
        pairing = tx.one(PairingRow, "pairings.at", link=link, kind=kind, spot=place)
    if pairing is None or not pairing.active:
        raise NotFound(T("No channel is paired with {kind} in place {place}.", kind=kind, place=place))
    found = crm_chats.find(tx, pairing, name, remote)
    if found is None:
        raise NotYet(T("Chat {chat} is not known.", chat=name))
    return pairing, found


def message(tx: Tx, link: LinkId, pairing: PairingRow, where: ChatRow, remote: str, sent_as: str) -> MessageId:
    """The message of ours that was written in the CRM. Raises NotYet."""
    number = tx.value("ledger.message_of", link=link, remote=remote) if remote else None
    if number is None and sent_as:
        found = tx.one(MessageRef, "messages.ref", channel=pairing.channel_id, dialog=where.dialog_id, ext_id=sent_as)
        number = None if found is None else tx.value("ledger.has_sent", link=link, message=found.id)
    if number is None:
        raise NotYet(T("Message {id} of the CRM is not known.", id=remote or sent_as))
    return MessageId(number)


def named(tx: Tx, link: LinkId, where: ChatRow, remote: str, key: str) -> MessageId:
    """The message of a chat that a CRM names by its own id or by ours, whoever wrote it. Raises NotYet."""
    number = crm_chats.message_of(key)
    if number is None and remote:
        number = tx.value("ledger.message_of", link=link, remote=border.external_id(remote))
    if number is None or not is_in(tx, where.dialog_id, MessageId(number)):
        raise NotYet(T("Message {id} of the CRM is not known.", id=key or remote))
    return MessageId(number)


def is_in(tx: Tx, dialog: DialogId, message: MessageId) -> bool:
    """Whether a message can be answered in a dialog: it is there, and the provider knows it."""
    try:
        found = transcript.message(tx, message)
    except NotFound:
        return False
    return found.dialog_id == dialog and bool(found.ext_id)


def still_waits(tx: Tx, where: ChatRow, message: MessageId) -> bool:
    """Whether a message of a chat has not left yet.

    Raises NotFound if it stands in the dialog of somebody else, BeingSent while it leaves.
    """
    found = transcript.message(tx, message)
    if found.dialog_id != where.dialog_id:
        raise NotFound(T("The CRM changes a message in a chat that is not the one of its client: nothing is changed."))
    if found.state == State.SENDING:
        raise BeingSent(T("The message is being sent. It is changed when that has ended."))
    return found.state in {State.SCHEDULED, State.QUEUED}
