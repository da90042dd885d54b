"""Gives waiting dialogs to the operators who are there, by the options of their line (K-06).

What to do follows from the store alone: nothing is remembered between two looks, so that a look that fails, or that
two processes take at the same time, gives nothing twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

from chatapp_cli.domain.attendance import Attendance, Distribution
from chatapp_cli.domain.ids import DialogId, LineId
from chatapp_cli.domain.journal.dialogs import HandedOver
from chatapp_cli.domain.name import known_as
from chatapp_cli.services import duties
from chatapp_cli.services.attendance import Roster
from chatapp_cli.services.options import Options, OptionScope
from chatapp_cli.store.rows.operators import AttendanceRow
from chatapp_cli.store.tx import Tx

AT_ONCE: Final = 50
"""Dialogs of a line, or of an absent operator in it, that are given in one transaction."""
_MINUTE: Final = 60_000


class LineRules(NamedTuple):
    """How a line gives its dialogs to operators."""

    line: LineId
    way: Distribution
    names: Sequence[str]
    """Who is given any, in order; empty: everybody who sees the line, by name."""
    hand_over_after: int
    """In minutes; 0: never."""


class Gift(NamedTuple):
    """A dialog that changes hands."""

    dialog: DialogId
    name: str
    """Who has it then; empty: nobody."""
    before: Attendance | None = None
    """Who had it and is not there; ``None``: nobody had it."""


def rules(tx: Tx, options: Options, line: LineId) -> LineRules:
    """The rules of a line, by its options or those of the company."""
    scope = OptionScope(line=line)
    named = options.text(tx, "distribution_to", scope)
    return LineRules(
        line,
        Distribution(options.text(tx, "distribution", scope)),
        [known_as(name) for name in named.split(",") if name.strip()],
        options.number(tx, "hand_over_after", scope),
    )


@dataclass(slots=True)
class _Queue:
    """Who may be given dialogs of a line now, and who is next."""

    way: Distribution
    people: list[Attendance]
    """Those who are there, in order."""
    turns: dict[str, int]
    last: int = field(init=False)

    def __post_init__(self) -> None:
        self.last = max(self.turns.values(), default=0)

    def next(self) -> str | None:
        """Whoever is given the next dialog; ``None``: nobody is there any more who may be given one."""
        free = [one for one in self.people if not (one.most and one.waiting >= one.most)]
        if not free:
            return None
        evenly = self.way is Distribution.EVENLY
        chosen = min(free, key=lambda one: self.turns.get(one.operator, 0)) if evenly else free[0]
        self.last += 1
        self.turns[chosen.operator] = self.last
        at = self.people.index(chosen)
        self.people[at] = chosen._replace(waiting=chosen.waiting + 1)
        return chosen.operator


@dataclass(frozen=True, slots=True)
class Distributor:
    """Finds what is to be given, and gives it."""

    options: Options
    roster: Roster

    def gifts(self, tx: Tx) -> list[Gift]:
        """The dialogs that change hands now, those first that wait longest; each at most once."""
        turns = _turns(tx)
        found: list[Gift] = []
        for line in tx.all(LineId, "distribution.lines"):
            rule = rules(tx, self.options, line)
            given = Counter(gift.name for gift in found)
            found += self._of_line(tx, rule, partial(self._queue, tx, rule, turns, given))
        return found

    def give(self, tx: Tx) -> int:
        """Give what is to be given now; returns how many dialogs changed hands."""
        found = self.gifts(tx)
        for gift in found:
            _give(tx, gift)
        return len(found)

    def next_of(self, tx: Tx, rule: LineRules) -> str | None:
        """Who is given the next dialog of a line; ``None``: nobody is there who may be given one."""
        return self._queue(tx, rule, _turns(tx), {}).next()

    def _of_line(self, tx: Tx, rule: LineRules, line_up: Callable[[], _Queue]) -> Iterator[Gift]:
        gives = rule.way in {Distribution.EVENLY, Distribution.IN_ORDER}
        free = tx.all(DialogId, "distribution.unassigned", line=rule.line, n=AT_ONCE) if gives else ()
        if not (free or rule.hand_over_after):
            return
        queue = line_up()
        for dialog in free:
            if (name := queue.next()) is None:
                return
            yield Gift(dialog, name)
        if rule.hand_over_after and queue.people:
            yield from self._handed_over(tx, rule, queue)

    def _queue(self, tx: Tx, rule: LineRules, turns: dict[str, int], given: Mapping[str, int]) -> _Queue:
        everybody = self.roster.of_line(tx, rule.line)
        there = {
            one.operator: one._replace(waiting=one.waiting + given.get(one.operator, 0))
            for one in everybody
            if one.absence is None
        }
        names = rule.names or list(there)
        return _Queue(rule.way, [there[name] for name in dict.fromkeys(names) if name in there], turns)

    def _handed_over(self, tx: Tx, rule: LineRules, queue: _Queue) -> Iterator[Gift]:
        """What absent operators hold, to others or, where a line gives nothing itself, to nobody."""
        latest = tx.now - rule.hand_over_after * _MINUTE
        for holder in self.roster.everybody(tx, rule.line):
            if not holder.left or (holder.since or 0) > latest:
                continue
            for dialog in tx.all(DialogId, "distribution.held", line=rule.line, name=holder.operator, n=AT_ONCE):
                if rule.way in {Distribution.OFF, Distribution.ALL}:
                    yield Gift(dialog, "", holder)
                elif (name := queue.next()) is not None:
                    yield Gift(dialog, name, holder)
                else:
                    return


def _turns(tx: Tx) -> dict[str, int]:
    return {row.operator: row.turn for row in tx.all(AttendanceRow, "attendance.all")}


def give_to(tx: Tx, dialog: DialogId, name: str) -> None:
    """Give a dialog to an operator, whose turn that was."""
    duties.assign(tx, dialog, name)
    tx.run("attendance.had_turn", name=name)


def _give(tx: Tx, gift: Gift) -> None:
    if gift.name:
        give_to(tx, gift.dialog, gift.name)
    else:
        duties.unassign(tx, gift.dialog)
    if gift.before is not None and gift.before.absence is not None:
        why = gift.before.absence.value
        tx.emit(HandedOver(dialog=gift.dialog, before=gift.before.operator, name=gift.name or None, why=why))
