"""What each linked CRM has to be told: an entry of the ledger for each thing, made in the transaction of its event.

How entries are told, and what came of them, is ``ledger``'s.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from chatapp_cli.domain import border
from chatapp_cli.domain.crm.states import Act, TextFate
from chatapp_cli.domain.ids import DialogId, EntryId, LinkId, MessageId, Millis, PairingId
from chatapp_cli.domain.journal.messages import (
    MessageEchoed,
    MessageReceived,
    MessageStateChanged,
    MessageTextChanged,
    MessageWithdrawn,
)
from chatapp_cli.domain.message import REACHED, SENT, Direction, Origin, Priority, State
from chatapp_cli.domain.stored_text import stored
from chatapp_cli.domain.text import Text
from chatapp_cli.services import crm_chats
from chatapp_cli.services.transcript import message as message_of
from chatapp_cli.store.rows.crm import KnownMessageRow, PairedRow, TextRow
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx

_LAST = Priority.OPERATOR
_OF_TEXTS = _LAST - Priority.AUTOMATIC
"""The rank of what became of messages to phones: after what people wait for."""


def on_received(tx: Tx, event: MessageReceived) -> None:
    """Have the paired CRMs told of a client's message. An effect of its event."""
    _owe_to_all(tx, event, Origin.CLIENT, once=bool(event.again))


def on_echoed(tx: Tx, event: MessageEchoed) -> None:
    """Have the paired CRMs told of a message that we wrote in the provider's own application."""
    _owe_to_all(tx, event, Origin.PHONE)


def on_state(tx: Tx, event: MessageStateChanged) -> None:
    """Have the CRM that a message came from told how it fared, and the others of a message that was sent."""
    state, pairings = State(event.state), pairings_of(tx, event.dialog)
    _owe_fate(tx, pairings, event)
    if state is State.CANCELLED:
        return
    known = {row.link_id: row for row in known_to(tx, event.message)}
    found = message_of(tx, event.message)
    for pairing in pairings:
        row = known.get(pairing.link_id)
        if row is not None and row.came:
            _report(tx, pairing, row, event, state)
        elif row is None and state in SENT and found.direction == Direction.OUT:
            _owe(tx, pairing, event.dialog, event.message, Act.ADD, Origin(found.origin))


def on_text(tx: Tx, event: MessageTextChanged) -> None:
    """Have the CRMs that show a message told of its new text."""
    _owe_change(tx, event.dialog, event.message, Act.EDIT)


def on_withdrawn(tx: Tx, event: MessageWithdrawn) -> None:
    """Have the CRMs that show a message told that it is gone; one that does not show it yet is told nothing."""
    _owe_change(tx, event.dialog, event.message, Act.DELETE)


def pairings_of(tx: Tx, dialog: DialogId) -> Sequence[PairedRow]:
    """The pairings of the channel of a dialog."""
    return tx.all(PairedRow, "pairings.of_dialog", dialog=dialog)


def known_to(tx: Tx, message: MessageId) -> Sequence[KnownMessageRow]:
    """What each CRM knows of a message."""
    return tx.all(KnownMessageRow, "ledger.known", message=message)


def _owe_to_all(tx: Tx, event: MessageReceived | MessageEchoed, origin: Origin, *, once: bool = False) -> None:
    """Add an entry for each CRM: every arrival pays. ``once``: a CRM may know the message, or is to be told already."""
    dialog, statement = event.dialog, "ledger.add_once" if once else "ledger.add_new"
    rank, chat = _LAST - origin.traits.priority, crm_chats.new_name(dialog)
    tx.run(statement, channel=event.channel, dialog=dialog, message=event.message, rank=rank, chat=chat, now=tx.now)


def _owe(
    tx: Tx, pairing: PairedRow, dialog: DialogId, message: MessageId, act: Act, origin: Origin, chat: str = ""
) -> None:
    if message <= pairing.after or tx.value("ledger.waits", message=message, link=pairing.link_id, act=act) is not None:
        return
    where = (pairing.link_id, pairing.id, dialog, message)
    _add(tx, *where, act, rank=_LAST - origin.traits.priority, chat=chat)


def _report(tx: Tx, pairing: PairedRow, row: KnownMessageRow, event: MessageStateChanged, state: State) -> None:
    """Tell of the first good news and of each first bad one; later states say nothing new to the CRM."""
    act = Act.DELIVERED if state in SENT else Act.FAILED
    if not tx.run("ledger.told", link=pairing.link_id, message=event.message, told=act):
        return
    where = (pairing.link_id, pairing.id, event.dialog, event.message)
    _add(tx, *where, act, remote=row.remote, employee=row.employee, chat=row.chat)


def _owe_fate(tx: Tx, pairings: Sequence[PairedRow], event: MessageStateChanged) -> None:
    """Have the CRM that had us send a message to a phone told how it fares, if that is new to it."""
    texts = {row.link_id: row for row in tx.all(TextRow, "texts.of_message", message=event.message)}
    for pairing in pairings if texts else ():
        text = texts.get(pairing.link_id)
        if text:
            fate = fate_of(message_of(tx, event.message))
            if tx.run("texts.told", link=pairing.link_id, message=event.message, told=fate):
                _tell_fate(tx, pairing, event.dialog, event.message, text)


def _tell_fate(tx: Tx, pairing: PairedRow, dialog: DialogId, message: MessageId, text: TextRow) -> None:
    """Add an entry, unless one waits: it is told how the message fares by then."""
    if tx.value("ledger.waits", message=message, link=pairing.link_id, act=Act.TEXTED) is None:
        where = (pairing.link_id, pairing.id, dialog, message)
        _add(tx, *where, Act.TEXTED, rank=_OF_TEXTS, remote=text.remote, employee=text.employee)


def fate_of(message: MessageRow) -> TextFate:
    """How a message fares that a CRM had us send to a phone; one of unknown outcome waits for a person."""
    state = State(message.state)
    if state in REACHED:
        return TextFate.DELIVERED
    if state is State.SENT:
        return TextFate.SENT
    if state is State.FAILED and message.ext_id:
        return TextFate.UNDELIVERED
    return TextFate.FAILED if state in {State.FAILED, State.CANCELLED} else TextFate.QUEUED


def keep_text(tx: Tx, pairing: PairedRow, message: MessageId, remote: str, *, employee: str = "") -> None:
    """Note that a CRM had us send a message to a phone, and have it told that it waits here."""
    text = TextRow(pairing.link_id, border.external_id(remote), border.external_id(employee))
    fate = fate_of(found := message_of(tx, message))
    about = {"remote": text.remote, "employee": text.employee, "told": fate}
    if tx.run("texts.keep", link=pairing.link_id, message=message, **about):
        _tell_fate(tx, pairing, found.dialog_id, message, text)


def expect(tx: Tx, link: LinkId, remote: str, until: Millis, act: Act) -> EntryId | None:
    """Have a CRM told how something fared that it waits for, at the latest then; ``None`` if it is to be told already.

    ``remote`` is the CRM's id of what stands still.
    """
    remote = border.external_id(remote)
    if tx.value("steps.open", link=link, remote=remote, act=act) is not None:
        return None
    return EntryId(_add(tx, link, None, None, None, act, rank=_OF_TEXTS, remote=remote, not_before=until))


def owe_comment(tx: Tx, link: LinkId, run: str) -> None:
    """Have a card commented with what became of a run."""
    _add(tx, link, None, None, None, Act.COMMENT, rank=_OF_TEXTS, remote=run)


def owe_remark(tx: Tx, pairing: PairedRow, dialog: DialogId, remote_chat: str, words: Text) -> None:
    """Have a note written in the cards of a chat, which need not be the dialog's own."""
    remote = border.external_id(remote_chat)
    _add(tx, pairing.link_id, pairing.id, dialog, None, Act.REMARK, rank=_OF_TEXTS, remote=remote, reason=words)


def refuse_text(
    tx: Tx, pairing: PairedRow, remote: str, reason: Text, *, employee: str = "", act: Act = Act.TEXTED
) -> None:
    """Have a CRM told why what it wanted written to somebody did not become a message."""
    remote, employee = border.external_id(remote), border.external_id(employee)
    where = (pairing.link_id, pairing.id, None, None)
    _add(tx, *where, act, rank=_OF_TEXTS, remote=remote, employee=employee, reason=reason)


def refuse_unplaced(tx: Tx, link: LinkId, remote: str, reason: Text, *, employee: str = "") -> None:
    """Have the author of a message told why it did not become one of ours, of which no pairing is known."""
    remote, employee = border.external_id(remote), border.external_id(employee)
    _add(tx, link, None, None, None, Act.FAILED, rank=_OF_TEXTS, remote=remote, employee=employee, reason=reason)


def _owe_change(tx: Tx, dialog: DialogId, message: MessageId, act: Act) -> None:
    known = {row.link_id: row for row in known_to(tx, message)}
    for pairing in pairings_of(tx, dialog):
        row = known.get(pairing.link_id)
        if row is None:
            _owe_change_of_untold(tx, pairing, dialog, message, act)
        elif row.shows_ours:
            _owe(tx, pairing, dialog, message, act, Origin.CLIENT, row.chat)


def _owe_change_of_untold(tx: Tx, pairing: PairedRow, dialog: DialogId, message: MessageId, act: Act) -> None:
    """Have a change follow a message that is being told; one that is deleted before is not told at all."""
    if act is Act.DELETE:
        tx.run("ledger.withdraw", message=message, link=pairing.link_id)
    asked = tx.value("ledger.asked", message=message, link=pairing.link_id)
    if asked is not None:
        _owe(tx, pairing, dialog, message, act, Origin.CLIENT, str(asked))


def _add(
    tx: Tx,
    link: LinkId,
    pairing: PairingId | None,
    dialog: DialogId | None,
    message: MessageId | None,
    act: Act,
    *,
    rank: int = 0,
    chat: str = "",
    remote: str = "",
    employee: str = "",
    reason: Text | None = None,
    not_before: Millis = 0,
) -> int:
    """Add an entry, and return its number; without a ``chat`` it is told in the one that the dialog has now."""
    kept = "" if reason is None else json.dumps(stored(reason), ensure_ascii=False)
    if not chat and dialog is not None and pairing is not None:
        chat = crm_chats.name_of(tx, pairing, dialog)
    number: int = tx.insert(
        "ledger.add",
        link=link,
        pairing=pairing,
        dialog=dialog,
        chat=chat,
        message=message,
        remote=remote,
        employee=employee,
        reason=kept,
        act=act,
        rank=rank,
        not_before=not_before,
        now=tx.now,
    )
    return number


def refuse_arrival(
    tx: Tx,
    pairing: PairedRow,
    dialog: DialogId,
    remote: str,
    reason: Text,
    *,
    chat: str = "",
    employee: str = "",
) -> None:
    """Have the author of a message of the CRM told why it did not become one of ours."""
    remote, employee = border.external_id(remote), border.external_id(employee)
    where = (pairing.link_id, pairing.id, dialog, None)
    _add(tx, *where, Act.FAILED, chat=chat, remote=remote, employee=employee, reason=reason)


def owe_owner(tx: Tx, pairing: PairedRow, dialog: DialogId, employee: str) -> None:
    """Have a CRM told who is responsible for a dialog, in place of what it was to be told of that before."""
    tx.run("owners.withdraw", dialog=dialog, link=pairing.link_id)
    _add(tx, pairing.link_id, pairing.id, dialog, None, Act.OWNER, rank=_LAST, employee=employee)


def owe_sign(
    tx: Tx,
    pairing: PairedRow,
    dialog: DialogId,
    message: MessageId,
    act: Act,
    *,
    rank: int,
    chat: str,
    remote: str = "",
) -> None:
    """Have a CRM told something about a message that it shows, unless it is to be told so anyway.

    Without ``remote`` it is the CRM's id of the message by then.
    """
    if tx.value("ledger.waits", message=message, link=pairing.link_id, act=act) is None:
        _add(tx, pairing.link_id, pairing.id, dialog, message, act, rank=rank, chat=chat, remote=remote)


def came_from(tx: Tx, link: LinkId, message: MessageId, remote: str, *, chat: str, employee: str = "") -> None:
    """Note that a message was written in a CRM, which is then not told of it as if it were ours."""
    whose = {"chat": chat, "remote": border.external_id(remote), "employee": border.external_id(employee)}
    tx.run("ledger.keep_message", link=link, message=message, came=1, **whose)
    tx.run("ledger.withdraw", message=message, link=link)
