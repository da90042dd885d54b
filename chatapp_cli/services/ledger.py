"""The ledger: how what each linked CRM is owed is told, one row for each thing, see ``crm_owed``.

Rows of one dialog are told in order, also behind a row that the CRM refused. A row is claimed before it is told, and
marked as being told before the request: so after a crash it is known which rows the CRM may have. Those are doubtful:
the CRM is asked about them before they are told again. A claim bears the epoch of the lease, as in ``outbox``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chatapp_cli.domain import border
from chatapp_cli.domain.access import PROGRAM, Right
from chatapp_cli.domain.crm.states import AWAITED, SHOWING, Act
from chatapp_cli.domain.errors import ChannelError, NotFound, Refused
from chatapp_cli.domain.ids import DialogId, EntryId, LinkId, MessageId, Millis
from chatapp_cli.domain.journal.links import EntryDied, EntryDropped, EntryEvent, EntryRetried, EntrySettled
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, crm_route_record
from chatapp_cli.store.rows.crm import GIVEN_UP, EntryRow, ShownEntryRow
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
