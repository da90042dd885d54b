"""Assignment, members and snoozing of dialogs (S-117, S-122, S-127). Operators are identified by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import PROGRAM, Right
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.finding import by_name
from chatapp_cli.domain.ids import DialogId, Millis
from chatapp_cli.domain.journal.dialogs import (
    AnswerAwaited,
    AnswerWaived,
    Assigned,
    MemberLeft,
    ObserverJoined,
    ParticipantJoined,
    ProducerJoined,
    Returned,
    Snoozed,
    Unassigned,
)
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access
from chatapp_cli.services.dialogs import card
from chatapp_cli.store.rows.dialogs import MemberRow
from chatapp_cli.store.rows.operators import AttendanceRow
from chatapp_cli.store.tx import Tx

ROLES: Mapping[str, Text] = MappingProxyType(
    {"producer": T("Producer"), "participant": T("Participant"), "observer": T("Observer")}
)
"""The roles of members."""

_JOINED: Mapping[str, type[ProducerJoined | ParticipantJoined | ObserverJoined]] = MappingProxyType(
    {"producer": ProducerJoined, "participant": ParticipantJoined, "observer": ObserverJoined}
)


def operators(tx: Tx) -> list[str]:
    """All operators: with an account, assigned to a dialog or a member of one."""
    return sorted(tx.all(str, "duties.operators"), key=by_name)


def away(tx: Tx) -> AttendanceRow | None:
    """Since when and until when whoever acts is away; ``None``: they are not."""
    known = tx.one(AttendanceRow, "attendance.one", name=tx.name)
    return known if known is not None and known.is_away(tx.now) else None


def are_distributed(tx: Tx) -> bool:
    """Whether any line gives its dialogs to operators by itself, or hands them over; ``distribution`` does it."""
    return tx.value("duties.distributed") is not None


def assign(tx: Tx, dialog: DialogId, name: str) -> None:
    """Assign a dialog to an operator, replacing the current assignee."""
    access.require(tx, Right.ASSIGN)
    name, before = _named(name), card(tx, dialog).assignee or None
    if tx.run("duties.assign", id=dialog, name=name):
        tx.emit(Assigned(dialog=dialog, name=name, before=before))


def unassign(tx: Tx, dialog: DialogId) -> None:
    """Remove the assignee of a dialog."""
    access.require(tx, Right.ASSIGN)
    before = card(tx, dialog).assignee
    if tx.run("duties.assign", id=dialog, name=""):
        tx.emit(Unassigned(dialog=dialog, name=before))


def take(tx: Tx, dialog: DialogId) -> None:
    """Assign an unassigned dialog to oneself. Raises Refused if another operator was faster."""
    access.require(tx, Right.ASSIGN)
    has = card(tx, dialog).assignee
    if has not in {"", tx.name}:
        raise Refused(
            "taken",
            T("{name} answers for this dialog already.", name=has),
            T("Agree with them; then: {how}", how=to_do(Next.TAKE, n=dialog)),
        )
    assign(tx, dialog, tx.name)


def no_answer(tx: Tx, dialog: DialogId) -> None:
    """Mark as needing no answer: it no longer waits, and no message is sent."""
    access.require(tx, Right.SNOOZE)
    waits = card(tx, dialog).waiting_since is not None
    tx.run("duties.no_answer", id=dialog, now=tx.now)
    if waits:
        tx.emit(AnswerWaived(dialog=dialog))


def awaits_answer(tx: Tx, dialog: DialogId, since: Millis) -> None:
    """Mark as unanswered again."""
    access.require(tx, Right.SNOOZE)
    if tx.run("duties.awaits_answer", id=card(tx, dialog).id, at=since):
        tx.emit(AnswerAwaited(dialog=dialog))


def snooze(tx: Tx, dialog: DialogId, until: Millis) -> None:
    """Snooze until a moment, or until the client writes. It still counts as unanswered meanwhile."""
    access.require(tx, Right.SNOOZE)
    known = card(tx, dialog)
    if until <= tx.now:
        raise UsageError(T("That time is in the past."), field="at")
    if known.snoozed_until != until:
        tx.run("duties.snooze", id=dialog, until=until)
        tx.emit(Snoozed(dialog=dialog, until=until))


def unsnooze(tx: Tx, dialog: DialogId) -> None:
    """End a snooze now."""
    access.require(tx, Right.SNOOZE)
    if tx.run("duties.unsnooze", id=card(tx, dialog).id):
        tx.emit(Returned(dialog=dialog))


def something_due(tx: Tx) -> bool:
    """Whether a snooze has ended."""
    return tx.value("duties.due", now=tx.now) is not None


def wake(tx: Tx) -> Sequence[DialogId]:
    """Return dialogs whose snooze has ended to the top."""
    due = tx.all(DialogId, "duties.due", now=tx.now)
    for dialog in due:
        tx.run("duties.wake", id=dialog, now=tx.now)
        tx.emit(Returned(dialog=dialog), actor=PROGRAM)
    return due


def members(tx: Tx, dialog: DialogId) -> list[MemberRow]:
    """The members of a dialog, by name."""
    return sorted(tx.all(MemberRow, "duties.members", dialog=dialog), key=lambda row: by_name(row.operator))


def join(tx: Tx, dialog: DialogId, name: str, role: str) -> None:
    """Add a member, or change their role."""
    access.require(tx, Right.ASSIGN)
    name = _named(name)
    if role not in ROLES:
        raise UsageError(T("There is no role {role}.", role=role), T("Roles: {roles}", roles=", ".join(ROLES)))
    if MemberRow(name, role) not in members(tx, card(tx, dialog).id):
        tx.run("duties.join", dialog=dialog, name=name, role=role)
        tx.emit(_JOINED[role](dialog=dialog, name=name))


def leave(tx: Tx, dialog: DialogId, name: str) -> None:
    """Remove a member. Raises NotFound if they are not one."""
    access.require(tx, Right.ASSIGN)
    if not tx.run("duties.leave", dialog=card(tx, dialog).id, name=name.strip()):
        raise NotFound(T("{name} is no member of dialog {n}.", name=name, n=dialog))
    tx.emit(MemberLeft(dialog=dialog, name=name.strip()))


def _named(name: str) -> str:
    if not name.strip():
        raise UsageError(T("An operator needs a name."), field="name")
    limits.NAME.require(name.strip(), field="name")
    return name.strip()
