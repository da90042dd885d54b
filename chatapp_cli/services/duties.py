"""Who answers for a dialog, who else looks at it, and when (S-117, S-122, S-127). Operators are known by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from chatapp_cli.domain.access import PROGRAM, Right
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
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
from chatapp_cli.store.tx import Tx

ROLES: Mapping[str, Text] = MappingProxyType(
    {"producer": T("Producer"), "participant": T("Participant"), "observer": T("Observer")}
)
"""What an operator may be beside the one who answers."""

_JOINED: Mapping[str, type[ProducerJoined | ParticipantJoined | ObserverJoined]] = MappingProxyType(
    {"producer": ProducerJoined, "participant": ParticipantJoined, "observer": ObserverJoined}
)


def operators(tx: Tx) -> list[str]:
    """Everybody who has an account, answers for a dialog or is a member of one."""
    return tx.all(str, "duties.operators")


def assign(tx: Tx, dialog: DialogId, name: str) -> None:
    """Let somebody answer for a dialog, whoever did before."""
    access.require(tx, Right.ASSIGN)
    name = _named(name)
    if tx.run("duties.assign", id=card(tx, dialog).id, name=name):
        tx.emit(Assigned(dialog=dialog, name=name))


def unassign(tx: Tx, dialog: DialogId) -> None:
    """Let nobody answer for a dialog any more."""
    access.require(tx, Right.ASSIGN)
    before = card(tx, dialog).assignee
    if tx.run("duties.assign", id=dialog, name=""):
        tx.emit(Unassigned(dialog=dialog, name=before))


def claim(tx: Tx, dialog: DialogId) -> None:
    """Answer for a dialog that nobody has. Raises Refused if somebody was faster."""
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
    """Say that nothing has to be answered: it waits no longer, and no message goes out."""
    access.require(tx, Right.SNOOZE)
    if tx.run("duties.no_answer", id=card(tx, dialog).id):
        tx.emit(AnswerWaived(dialog=dialog))


def awaits_answer(tx: Tx, dialog: DialogId, since: Millis) -> None:
    """Put back among the unanswered what was taken out by mistake."""
    access.require(tx, Right.SNOOZE)
    if tx.run("duties.awaits_answer", id=card(tx, dialog).id, at=since):
        tx.emit(AnswerAwaited(dialog=dialog))


def snooze(tx: Tx, dialog: DialogId, until: Millis) -> None:
    """Put off until a moment, or until the client writes. It waits on meanwhile: nothing is answered."""
    access.require(tx, Right.SNOOZE)
    known = card(tx, dialog)
    if until <= tx.now:
        raise UsageError(T("That moment is over already."), field="at")
    if known.snoozed_until != until:
        tx.run("duties.snooze", id=dialog, until=until)
        tx.emit(Snoozed(dialog=dialog, until=until))


def unsnooze(tx: Tx, dialog: DialogId) -> None:
    """Bring back at once what was put off."""
    access.require(tx, Right.SNOOZE)
    if tx.run("duties.unsnooze", id=card(tx, dialog).id):
        tx.emit(Returned(dialog=dialog))


def something_due(tx: Tx) -> bool:
    """Tell whether anything that was put off is due."""
    return tx.value("duties.due", now=tx.now) is not None


def wake(tx: Tx) -> Sequence[DialogId]:
    """Bring back on top what was put off until now."""
    due = tx.all(DialogId, "duties.due", now=tx.now)
    for dialog in due:
        tx.run("duties.wake", id=dialog, now=tx.now)
        tx.emit(Returned(dialog=dialog), actor=PROGRAM)
    return due


def members(tx: Tx, dialog: DialogId) -> list[MemberRow]:
    """Who else looks at a dialog, by name."""
    return tx.all(MemberRow, "duties.members", dialog=dialog)


def join(tx: Tx, dialog: DialogId, name: str, role: str) -> None:
    """Add a member, or give one another role."""
    access.require(tx, Right.ASSIGN)
    name = _named(name)
    if role not in ROLES:
        raise UsageError(T("There is no role {role}.", role=role), T("Roles: {roles}", roles=", ".join(ROLES)))
    if MemberRow(name, role) not in members(tx, card(tx, dialog).id):
        tx.run("duties.join", dialog=dialog, name=name, role=role)
        tx.emit(_JOINED[role](dialog=dialog, name=name))


def leave(tx: Tx, dialog: DialogId, name: str) -> None:
    """Take a member out. Raises NotFound if they are none."""
    access.require(tx, Right.ASSIGN)
    if not tx.run("duties.leave", dialog=card(tx, dialog).id, name=name.strip()):
        raise NotFound(T("{name} is no member of dialog {n}.", name=name, n=dialog))
    tx.emit(MemberLeft(dialog=dialog, name=name.strip()))


def _named(name: str) -> str:
    if not name.strip():
        raise UsageError(T("An operator needs a name."), field="name")
    return name.strip()
