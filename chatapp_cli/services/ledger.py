"""The ledger: what each linked CRM has to be told, one row for each thing, made in the transaction of its message.

Rows of one dialog are told in order, also behind a row that the CRM refused. A row is claimed before it is told, and
marked as being told before the request: so after a crash it is known which rows the CRM may have. Those are doubtful:
the CRM is asked about them before they are told again. A claim bears the epoch of the lease, as in ``outbox``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain import border
from chatapp_cli.domain.access import PROGRAM, Right
from chatapp_cli.domain.crm.states import AWAITED, SHOWING, Act, TextFate
from chatapp_cli.domain.errors import ChannelError, NotFound, Refused
from chatapp_cli.domain.ids import DialogId, EntryId, LinkId, MessageId, Millis, PairingId
from chatapp_cli.domain.journal.links import EntryDied, EntryDropped, EntryEvent, EntryRetried, EntrySettled
from chatapp_cli.domain.journal.messages import (
    MessageEchoed,
    MessageReceived,
    MessageStateChanged,
    MessageTextChanged,
    MessageWithdrawn,
)
from chatapp_cli.domain.message import REACHED, SENT, Direction, Origin, Priority, State
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.stored_text import stored
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access, crm_chats, crm_route_record
from chatapp_cli.services.transcript import message as message_of
from chatapp_cli.store.rows.crm import GIVEN_UP, EntryRow, KnownMessageRow, PairedRow, ShownEntryRow, TextRow
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.entry import CrmReceipt

LONGEST_WAIT = 600.0
"""The longest pause in seconds before an entry that was surely not taken is told again; it is never given up."""
MOST_LOOKS = 8
"""How often the CRM is asked about a doubtful entry before a person has to decide."""
FIRST_LOOK = 4.0
"""Seconds after a lost answer, at least, until the CRM is asked: it may be carrying the request out still."""
STRUGGLES = 3
"""Attempts after which an entry that is still not told is a fault of the link."""
OLD_AT_ONCE = 5
"""Messages from before a pairing that are told together; the next ones wait for them, so that others have room."""
UNCERTAIN = "uncertain"
"""The code of an entry of which nobody can say whether the CRM has it."""
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
    """Have a note written in the cards of a chat, which need not be the dialog's own; without one, of that then."""
    remote = border.external_id(remote_chat) if remote_chat else ""
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


def claim(tx: Tx, link: LinkId, n: int, epoch: int = 0) -> list[EntryRow]:
    """Claim the entries that may be told now: of each dialog one about its messages, and one that stands beside them.

    What stands beside them, as that one was delivered, waits for the messages before it and keeps none back.
    Messages from before a pairing wait until there is nothing else to tell, and for one another.
    """
    rows = tx.all(EntryRow, "ledger.claim", link=link, epoch=epoch, n=n, now=tx.now)
    if not rows:
        rows = tx.all(EntryRow, "ledger.claim_history", link=link, epoch=epoch, n=min(n, OLD_AT_ONCE), now=tx.now)
    return sorted(rows, key=lambda row: (row.rank, row.id))


def begin(tx: Tx, rows: Sequence[EntryRow]) -> list[EntryRow]:
    """Record that they are being told, and return those of which the claim still holds."""
    return [row for row in rows if tx.run("ledger.begin", id=row.id, claims=row.claims)]


def recover(tx: Tx, link: LinkId, epoch: int = 0) -> None:
    """Put back what the last holder of the lease left; what it was telling is doubtful."""
    tx.run("ledger.recover", link=link, epoch=epoch)


def next_due(tx: Tx, link: LinkId) -> Millis | None:
    """When the next entry may be told that waits for a time."""
    found: Millis | None = tx.value("ledger.next_due", link=link, now=tx.now)
    return found


def struggle(tx: Tx, link: LinkId) -> tuple[str, str] | None:
    """The code and the detail of what keeps an entry from being told that was tried several times already."""
    found: tuple[str, str] | None = tx.one(
        lambda code, detail: (str(code), str(detail)), "ledger.struggle", link=link, n=STRUGGLES
    )
    return found


def settle(tx: Tx, row: EntryRow, shown: CrmReceipt) -> bool:
    """Record that the CRM has taken an entry, with its ids; false if the claim was lost."""
    held = _held(tx, row)
    if held is None:
        return False
    if held.act != Act.TEXTED and held.dialog_id is not None:
        tx.run(
            "chats.keep",
            pairing=held.pairing_id,
            chat=held.chat,
            dialog=held.dialog_id,
            remote=border.external_id(shown.chat),
            session=border.external_id(shown.session),
        )
    if held.message_id is not None and held.act in SHOWING:
        about = {"chat": held.chat, "remote": border.external_id(shown.remote), "employee": ""}
        tx.run("ledger.keep_message", link=held.link_id, message=held.message_id, came=0, **about)
        if shown.hidden:
            _never_told(tx, held.link_id, held.message_id)
    if held.act == Act.OWNER:
        tx.run("owners.told", pairing=held.pairing_id, chat=held.chat, owner=held.employee, now=tx.now)
    crm_route_record.settled(tx, held, shown)
    tx.run("ledger.done", id=held.id)
    _emit_settled(tx, EntrySettled, held)
    return True


def _emit_settled(tx: Tx, kind: type[EntryEvent], row: EntryRow, **values: Any) -> None:
    """Tell of a CRM's answer, which nobody here caused."""
    tx.emit(_about(kind, row, **values), actor=PROGRAM)


def _about(kind: type[EntryEvent], row: EntryRow | ShownEntryRow, **values: Any) -> EntryEvent:
    return kind(dialog=row.dialog_id, message=row.message_id, link=row.link_id, entry=row.id, act=row.act, **values)


def skip(tx: Tx, row: EntryRow) -> bool:
    """Give up an entry that has nothing to tell any more; false if the claim was lost."""
    return _held(tx, row) is not None and bool(tx.run("ledger.done", id=row.id))


def again(
    tx: Tx, row: EntryRow, error: ChannelError, *, seconds: float, doubtful: bool = False, counted: bool = True
) -> bool:
    """Put an entry back for this many seconds; ``doubtful``: the CRM may have taken it."""
    if _held(tx, row) is None:
        return False
    tx.run(
        "ledger.again",
        id=row.id,
        not_before=tx.now + int(seconds * 1000),
        code=error.code,
        detail=border.name(error.detail),
        doubtful=int(doubtful),
        uncounted=0 if counted else 1,
    )
    return True


def certain(tx: Tx, row: EntryRow) -> bool:
    """Put back a doubtful entry that the CRM certainly did not take: it is told as it stands then, if at all.

    False if the claim was lost.
    """
    return _held(tx, row) is not None and bool(tx.run("ledger.certain", id=row.id))


def die(tx: Tx, row: EntryRow, code: str, detail: str) -> bool:
    """Record that the CRM refused an entry: a person decides, and the dialog goes on behind it."""
    held = _held(tx, row)
    if held is None:
        return False
    detail = border.name(detail)
    tx.run("ledger.die", id=row.id, code=code, detail=detail)
    _emit_settled(tx, EntryDied, held, code=code, detail=detail)
    return True


def _held(tx: Tx, row: EntryRow) -> EntryRow | None:
    """A claimed entry with its dialog and message, which may have become others; ``None`` if the claim was lost."""
    found: tuple[DialogId | None, MessageId | None] | None = tx.one(
        lambda *values: values, "ledger.mine", id=row.id, claims=row.claims
    )
    return None if found is None else row._replace(dialog_id=found[0], message_id=found[1])


def wait_after(tries: int) -> float:
    """Seconds, at most, after so many attempts."""
    return min(LONGEST_WAIT, 1.0 * 2.0 ** min(tries, 10))


def everything(tx: Tx, *, n: int = 100) -> list[ShownEntryRow]:
    """What CRMs are still to be told, refused entries first."""
    return tx.all(ShownEntryRow, "ledger.shown", n=n)


def one(tx: Tx, entry: EntryId) -> ShownEntryRow:
    """An entry by number. Raises NotFound."""
    found = tx.one(ShownEntryRow, "ledger.one", id=entry)
    if found is None:
        raise NotFound(
            T("There is no entry {n}: the CRM was told, or it was dropped.", n=entry),
            T("See what waits: {how}", how=to_do(Next.LEDGER)),
        )
    return found


def of_message(tx: Tx, message: MessageId) -> list[ShownEntryRow]:
    """What CRMs are still to be told of a message."""
    return tx.all(ShownEntryRow, "ledger.of_message", message=message)


def retry(tx: Tx, entry: EntryId) -> None:
    """Have a CRM told again what it refused."""
    access.require(tx, Right.REPAIR)
    row = one(tx, entry)
    if not tx.run("ledger.retry", id=entry):
        raise Refused("not_dead", T("Entry {n} waits to be told anyway.", n=entry))
    tx.emit(_about(EntryRetried, row))


def retry_all(tx: Tx, link: LinkId | None = None) -> int:
    """Have the CRMs, or one of them, told again all that they refused, in order; returns how much that is."""
    access.require(tx, Right.REPAIR)
    found = tx.all(EntryId, "ledger.dead", link=link or 0)
    for entry in found:
        retry(tx, entry)
    return len(found)


def take_back(tx: Tx, entries: Sequence[EntryId], code: str) -> None:
    """Have a CRM told later what it refused with this code, as it turned out, not for what was in the entries."""
    for entry in entries:
        row = tx.one(ShownEntryRow, "ledger.one", id=entry)
        if row is not None and row.code == code and tx.run("ledger.retry", id=entry):
            tx.emit(_about(EntryRetried, row), actor=PROGRAM)


def _never_told(tx: Tx, link: LinkId, message: MessageId) -> None:
    """Tell a CRM no change of a message that it does not show."""
    tx.run("ledger.told", link=link, message=message, told=GIVEN_UP)
    tx.run("ledger.withdraw", message=message, link=link)


def drop(tx: Tx, entry: EntryId) -> None:
    """Give up telling a CRM something. Raises Refused while it is being told, or an automation waits for it."""
    access.require(tx, Right.REPAIR)
    row = one(tx, entry)
    if row.state != "dead" and row.act in AWAITED:
        raise Refused("awaited", T("Entry {n} is not dropped: an automation of the CRM waits for it.", n=entry))
    if not tx.run("ledger.drop", id=entry):
        raise Refused("being_told", T("Entry {n} is being told right now.", n=entry), T("Try again in a minute."))
    if row.message_id is not None and row.act in SHOWING:
        tx.run("ledger.keep_message", link=row.link_id, message=row.message_id, chat="", remote="", came=0, employee="")
        _never_told(tx, row.link_id, row.message_id)
    tx.emit(_about(EntryDropped, row))
