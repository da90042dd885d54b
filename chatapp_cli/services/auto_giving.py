"""Acts that give a dialog to somebody who is there; if nobody is, the rule's else is done (K-06)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.attendance import Absence, Distribution
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import attendance, distribution, duties, operators
from chatapp_cli.services.auto_deed import AutoDeed, AutoDone, NobodyThere
from chatapp_cli.services.auto_takers import ASSIGN, BY_LINE, DISTRIBUTE
from chatapp_cli.services.distribution import Distributor

if TYPE_CHECKING:
    from chatapp_cli.services.auto_desk import AutoDesk
    from chatapp_cli.store.rows.dialogs import DialogCard
    from chatapp_cli.store.tx import Tx

_GET_NOTHING: Final[Mapping[Absence | None, Text]] = MappingProxyType(
    {
        Absence.AWAY: T("{name} is away"),
        Absence.FULL: T("as many dialogs wait for {name} as may"),
        Absence.DISABLED: T("the account of {name} is disabled"),
    }
)
"""Who is named is given it also outside their working hours: they find it in the morning."""


def assign(deed: AutoDeed) -> AutoDone:
    """Give the dialog to one operator. Raises NobodyThere."""
    name = would_get(deed.tx, deed.desk, deed.card, ASSIGN, deed.value)
    duties.assign(deed.tx, deed.card.id, name)
    return AutoDone(T("{name} answers for it", name=name))


def distribute(deed: AutoDeed) -> AutoDone:
    """Give a dialog that nobody has to whoever is next. Raises NobodyThere, and Refused if the line gives nothing."""
    if deed.card.assignee:
        return AutoDone(T("{name} has it already", name=deed.card.assignee))
    name = would_get(deed.tx, deed.desk, deed.card, DISTRIBUTE, deed.value)
    distribution.give_to(deed.tx, deed.card.id, name)
    return AutoDone(T("{name} answers for it", name=name))


def would_get(tx: Tx, desk: AutoDesk, card: DialogCard, kind: str, said: str) -> str:
    """Who is given a dialog by an act now. Raises NobodyThere, and Refused if the line gives nothing."""
    roster = attendance.of_company(desk.options, desk.folder)
    if kind == DISTRIBUTE:
        return _next(tx, Distributor(desk.options, roster), card, said)
    _require_seeing(tx, card, said)
    absence = None if card.assignee == said else roster.one(tx, said, card.line_id).absence
    if absence in _GET_NOTHING:
        raise NobodyThere(Text(_GET_NOTHING[absence].msgid, {"name": said}))
    return said


def _require_seeing(tx: Tx, card: DialogCard, name: str) -> None:
    """Raise NobodyThere for who was removed, or does not see the line of the dialog."""
    if operators.is_nobodys(tx, name):
        raise NobodyThere(T("there is no operator {name} any more", name=name))
    if not attendance.sees(tx, name, card.line_id):
        raise NobodyThere(T("{name} does not see the line {line}", name=name, line=card.line))


def _next(tx: Tx, distributor: Distributor, card: DialogCard, said: str) -> str:
    rule = distribution.rules(tx, distributor.options, card.line_id)
    if said != BY_LINE:
        rule = rule._replace(way=Distribution(said))
    if rule.way in {Distribution.OFF, Distribution.ALL}:
        raise Refused("not_distributed", T("The line {name} gives its dialogs to nobody.", name=card.line))
    name = distributor.next_of(tx, rule)
    if name is None:
        raise NobodyThere(T("nobody is there"))
    return name


def join(deed: AutoDeed) -> AutoDone:
    """Make an operator a participant of the dialog, beside whoever answers for it (C-08). Raises Refused."""
    try:
        _require_seeing(deed.tx, deed.card, deed.value)
    except NobodyThere as nobody:  # nobody was looked for, so the rule's else is not due
        raise Refused(nobody.code, nobody.what) from None
    duties.join(deed.tx, deed.card.id, deed.value, "participant")
    return AutoDone(T("{name} takes part", name=deed.value))
