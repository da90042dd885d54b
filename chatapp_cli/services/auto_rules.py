"""Rules of automation: how they are kept, ordered and switched (S-035).

They are asked in their order, those of the company and of all lines together. A rule sees only what happens after it
was switched on or changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.automation import FOLLOWER, ActWanted, RuleEvent, RuleKind
from chatapp_cli.domain.automation import RuleWanted as Wanted
from chatapp_cli.domain.condition import AllOf, Always, Condition, FromSource
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import AutoRuleId, ChannelId, LineId
from chatapp_cli.domain.journal.automation import AutoRuleChanged
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.stored_text import kept, restored
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import (
    access,
    auto_events,
    auto_kinds,
    auto_presence,
    auto_robot_fields,
    conditions,
    dialog_conditions,
    following,
    journal,
    lines,
    rule_making,
)
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.services.word_forms import CollectedForms, DictionaryForms, StoredForms
from chatapp_cli.store.rows.automation import AutoRuleRow
from chatapp_cli.store.tx import Tx

MOST: Final = 500
"""Rules of a company."""
ALL_OFF: Final = T("all rules were switched off at once")
"""Why a rule rests that is switched on again with all others."""
SIGNED: Final = "«"
"""How the names begin under which rules act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoRule:
    """A rule that can be asked."""

    id: AutoRuleId
    version: int
    since: int
    """It sees only entries of the journal after this one."""
    wanted: Wanted
    condition: Condition
    forms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    problem: UsageError | None = None
    """Why it is passed over, such as a channel that is gone; ``None``: it is not."""
    halted: Text | None = None
    """Why the desk stopped it; ``None``: it did not."""
    rests: bool = False
    """Whether it is off because all were switched off at once, with which it is switched on again."""

    @property
    def signature(self) -> str:
        """The name under which it acts; no operator has one like it."""
        return f"{SIGNED}{self.wanted.name}»"

    @property
    def works(self) -> bool:
        """Whether it is asked at all."""
        return self.wanted.enabled and self.halted is None and self.problem is None

    @property
    def sends(self) -> bool:
        """Whether clients get messages by it."""
        return auto_kinds.sends(self.wanted.every)


def everything(tx: Tx, names: SourceNames) -> list[AutoRule]:
    """The rules that the acting operator sees, in their order."""
    return [restore(row, names) for row in tx.all(AutoRuleRow, "autorules.all")]


def restore(row: AutoRuleRow, names: SourceNames) -> AutoRule:
    """A stored rule, whose condition is compiled with the forms that are stored."""
    forms = json.loads(row.forms)
    condition: Condition = Always()
    problem = None
    asked = json.loads(row.condition)
    try:
        condition = conditions.compiled(asked, replace(names, forms=StoredForms(forms)))
        auto_events.require_stages(RuleEvent(row.event), row.about, asked, names.stages)
    except UsageError as error:
        problem = error
    return AutoRule(
        id=row.id, version=row.version, since=row.since, wanted=_wanted(row, asked), condition=condition, forms=forms,
        problem=problem, halted=restored(json.loads(row.halted)) if row.halted and row.enabled else None,
        rests=bool(row.halted) and not row.enabled,
    )  # fmt: skip


def _wanted(row: AutoRuleRow, asked: Mapping[str, Any]) -> Wanted:
    return Wanted(
        name=row.name, event=RuleEvent(row.event), about=row.about, kind=RuleKind(row.kind), line=row.line_id,
        asked=asked, acts=_acts(row.acts), otherwise=_acts(row.otherwise), stop=bool(row.stop),
        enabled=bool(row.enabled),
    )  # fmt: skip


def _acts(stored: str) -> list[ActWanted]:
    return [ActWanted(*item) for one in json.loads(stored) for item in one.items()]


def one(tx: Tx, rule: AutoRuleId) -> AutoRuleRow:
    """A rule by number. Raises NotFound."""
    found = tx.one(AutoRuleRow, "autorules.one", id=rule)
    if found is None:
        raise NotFound(T("There is no rule {n}.", n=rule), T("See them with: {how}", how=to_do(Next.AUTOMATION)))
    return found


def find(tx: Tx, named: str) -> AutoRuleRow:
    """A rule by name or number. Raises NotFound."""
    rows = tx.all(AutoRuleRow, "autorules.all")
    found = called(tx, named) or next((row for row in rows if str(row.id) == named.strip()), None)
    if found is None:
        what = T("There is no rule {name}.", name=named)
        raise NotFound(what, T("See them with: {how}", how=to_do(Next.AUTOMATION)))
    return found


def chosen(tx: Tx, named: Sequence[str]) -> list[AutoRuleRow]:
    """The rules with these names or numbers, in the order of all; without any those that are on. Raises NotFound."""
    rows = tx.all(AutoRuleRow, "autorules.all")
    numbers = {find(tx, one).id for one in named}
    return [row for row in rows if row.id in numbers or (not named and row.is_on)]


def called(tx: Tx, name: str) -> AutoRuleRow | None:
    """The rule with a name, ignoring case."""
    wanted = name.strip().casefold()
    return next((row for row in tx.all(AutoRuleRow, "autorules.all") if row.name.casefold() == wanted), None)


def add(tx: Tx, wanted: Wanted, names: SourceNames) -> AutoRuleId:
    """Add a rule behind the others. ``names`` have the hours of lines.

    Raises UsageError for what means nothing or never holds, NotFound for what is not there, and Refused for a line or
    a company that the acting operator does not see whole.
    """
    access.require(tx, Right.AUTOMATION)
    _require_place(tx, wanted.line)
    rows = tx.whole().all(AutoRuleRow, "autorules.all")
    if len(rows) >= MOST:
        raise UsageError(T("There are {n} rules already.", n=len(rows)), T("Remove one that is not needed."))
    made = _sound(tx, wanted, names)
    _require_own_name(made, rows)
    number = AutoRuleId(tx.insert("autorules.add", now=tx.now, **_columns(tx, made)))
    _changed(tx, number, made.wanted.name, "added")
    return number


def draft(tx: Tx, wanted: Wanted, names: SourceNames) -> AutoRuleRow:
    """A rule as it would be stored, to try it; nothing is kept. Raises UsageError, NotFound."""
    columns = _columns(tx, _sound(tx, wanted, names))
    line = columns.pop("line")
    return AutoRuleRow(id=AutoRuleId(0), line_id=line, position=0, version=1, halted="", overruns=0, **columns)


def change(tx: Tx, rule: AutoRuleId, wanted: Wanted, names: SourceNames) -> int:
    """Replace a rule, which keeps its place; returns how many planned acts are cancelled by that.

    Raises what ``add`` raises.
    """
    access.require(tx, Right.AUTOMATION)
    before = require_mine(tx, rule)
    _require_place(tx, wanted.line)
    made = _sound(tx, wanted, names)
    _require_own_name(made, [row for row in tx.whole().all(AutoRuleRow, "autorules.all") if row.id != before.id])
    tx.run("autorules.change", id=rule, **_columns(tx, made))
    return _changed(tx, rule, made.wanted.name, "changed", why=T("The rule was changed."))


def switch(tx: Tx, rule: AutoRuleId, *, on: bool) -> int:
    """Switch a rule on or off; one that the desk stopped goes on. Returns how many planned acts are cancelled."""
    access.require(tx, Right.AUTOMATION)
    row = require_mine(tx, rule)
    if bool(row.enabled) is on and not row.halted:
        return 0
    tx.run("autorules.switch", id=rule, enabled=int(on), since=_now_in_journal(tx))
    why = None if on else T("The rule was switched off.")
    return _changed(tx, rule, row.name, "enabled" if on else "disabled", why=why)


def switch_all(tx: Tx, *, on: bool) -> tuple[list[AutoRuleRow], int]:
    """Switch all rules off that work, or on again those that this switched off.

    Returns them, and how many planned acts are cancelled. A rule that is changed or switched alone meanwhile is as
    that left it. Raises Refused if one is of a line or company that the acting operator does not see whole.
    """
    access.require(tx, Right.AUTOMATION)
    resting, gone = kept(ALL_OFF), 0
    rows = [row for row in tx.all(AutoRuleRow, "autorules.all") if _switches(row, resting, on=on)]
    for row in rows:
        gone += switch(tx, row.id, on=on)
        if not on:
            tx.run("autorules.rest", id=row.id, why=resting)
    return rows, gone


def _switches(row: AutoRuleRow, resting: str, *, on: bool) -> bool:
    return not row.enabled and row.halted == resting if on else bool(row.enabled) and not row.halted


def order(tx: Tx, rules: Sequence[AutoRuleId]) -> None:
    """Put rules into an order: those named first, then the others as they were. Raises NotFound, UsageError."""
    access.require(tx, Right.AUTOMATION)
    rows = [require_mine(tx, rule) for rule in rules]
    if len(set(rules)) < len(rules):
        raise UsageError(T("A rule is named twice."), T("Name each rule once."), field="numbers")
    every = [row.id for row in tx.whole().all(AutoRuleRow, "autorules.all")]
    for position, number in enumerate(dict.fromkeys([*rules, *every]), start=1):
        tx.run("autorules.place", id=number, position=position)
    for row in rows[:1]:
        tx.emit(AutoRuleChanged(rule=row.id, name=row.name, change="moved"))


def move(tx: Tx, rule: AutoRuleId, place: int) -> None:
    """Give a rule another place among those that the acting operator sees; the first is 0. Raises NotFound, Refused."""
    access.require(tx, Right.AUTOMATION)
    row = require_mine(tx, rule)
    seen = [one.id for one in tx.all(AutoRuleRow, "autorules.all") if one.id != rule]
    every = [one.id for one in tx.whole().all(AutoRuleRow, "autorules.all") if one.id != rule]
    behind = seen[place] if place < len(seen) else None
    every.insert(len(every) if behind is None else every.index(behind), rule)
    for position, number in enumerate(every, start=1):
        tx.run("autorules.place", id=number, position=position)
    tx.emit(AutoRuleChanged(rule=rule, name=row.name, change="moved"))


def remove(tx: Tx, rule: AutoRuleId) -> int:
    """Remove a rule; returns how many planned acts are cancelled. Raises NotFound, Refused."""
    access.require(tx, Right.AUTOMATION)
    row = require_mine(tx, rule)
    tx.run("autorules.remove", id=rule)
    return _changed(tx, rule, row.name, "removed", why=T("The rule was removed."))


def require_mine(tx: Tx, rule: AutoRuleId) -> AutoRuleRow:
    """A rule that the acting operator may change. Raises NotFound, Refused."""
    row = one(tx, rule)
    _require_place(tx, row.line_id)
    return row


def _require_place(tx: Tx, line: LineId | None) -> None:
    """Raise Refused or NotFound unless the acting operator sees the line, or for the company's rules every line."""
    if line is not None:
        lines.seen(tx, line)
    elif access.acting(tx).lines is not None:
        raise Refused(
            "not_every_line",
            T("A rule of the company works in every line, and you do not see every line."),
            T("Make a rule of a line: --line"),
        )


def _require_own_name(made: AutoRule, others: Sequence[AutoRuleRow]) -> None:
    if any(row.name.casefold() == made.wanted.name.casefold() for row in others):
        what = T("There is a rule {name} already.", name=made.wanted.name)
        shorter = made.wanted.kind is RuleKind.AUTOREPLY
        how = T("Give this one another name: {how}", how="--name") if shorter else T("Give this one another name.")
        raise UsageError(what, how, field="name")


def _sound(tx: Tx, wanted: Wanted, names: SourceNames) -> AutoRule:
    """A rule with the forms of its words. Raises UsageError, NotFound."""
    wanted = replace(wanted, asked=dialog_conditions.as_kept(wanted.asked))
    name = rule_making.sound_name(wanted.name)
    limits.NAME.require(wanted.about, field="about")
    forms = CollectedForms(DictionaryForms())
    condition = conditions.compiled(wanted.asked, replace(names, forms=forms, strict=True))
    rule_making.require_possible(name, AllOf((*_of_line(wanted, names), condition)))
    about = auto_events.sound_about(wanted)
    auto_events.require_stages(wanted.event, about, wanted.asked, names.stages)
    acts = auto_kinds.checked(tx, wanted.acts)
    otherwise = auto_kinds.checked_else(tx, acts, wanted.otherwise)
    auto_robot_fields.require_of_line(tx, wanted.line, [*acts, *otherwise])
    _require_hours(tx, wanted, [*acts, *otherwise], names)
    if wanted.kind is RuleKind.AUTOREPLY and not all(auto_kinds.KINDS[one.do].sends for one in acts):
        raise UsageError(
            T("An automatic answer only answers."), T("Make a rule of it: {how}", how="rule add"), field="then"
        )
    sound = replace(wanted, name=name, about=about, acts=acts, otherwise=otherwise)
    return AutoRule(id=AutoRuleId(0), version=1, since=0, wanted=sound, condition=condition, forms=forms.asked)


def _of_line(wanted: Wanted, names: SourceNames) -> Sequence[Condition]:
    """That what happens is of the rule's line."""
    if wanted.line is None:
        return ()
    there = frozenset(ChannelId(number) for number, source in names.sources.items() if source.line == wanted.line)
    named = names.lines[wanted.line]
    ours = FromSource(lines=frozenset({wanted.line}), named=named)
    return (ours, FromSource(channels=there, named=named)) if there else (ours,)


def _require_hours(tx: Tx, wanted: Wanted, acts: Sequence[ActWanted], names: SourceNames) -> None:
    """Raise UsageError for a text that says when a line opens which has no hours."""
    if names.hours is None or not auto_kinds.tells_opening(tx, acts):
        return
    asked = [wanted.line] if wanted.line is not None else [LineId(one) for one in wanted.asked.get("lines") or ()]
    for line in asked or [LineId(one) for one in names.lines]:
        if names.hours(line) is None:
            raise UsageError(
                T("The text says when the line opens, and {line} has no working hours.", line=names.lines[line]),
                T("Give it some: {how}", how=to_do(Next.HOURS)),
                field="then",
            )


def _columns(tx: Tx, made: AutoRule) -> dict[str, Any]:
    wanted = made.wanted
    return {
        "line": wanted.line,
        "name": wanted.name,
        "kind": wanted.kind.value,
        "event": wanted.event.value,
        "about": wanted.about,
        "enabled": int(wanted.enabled),
        "stop": int(wanted.stop),
        "condition": json.dumps({k: v for k, v in wanted.asked.items() if v or k == "open"}, ensure_ascii=False),
        "forms": json.dumps(made.forms, ensure_ascii=False),
        "acts": json.dumps([{one.do: one.value} for one in wanted.acts], ensure_ascii=False),
        "otherwise": json.dumps([{one.do: one.value} for one in wanted.otherwise], ensure_ascii=False),
        "since": _now_in_journal(tx),
    }


def _now_in_journal(tx: Tx) -> int:
    return journal.last(tx.whole())


def cancel(tx: Tx, rule: AutoRuleId, why: Text) -> int:
    """Cancel what a rule planned, with its calls that are not being made now; returns how many acts that is."""
    gone: int = tx.run("autoacts.cancel", rule=rule, outcome=kept(why), now=tx.now)
    tx.run("autocalls.forget", rule=rule)
    return gone


def _changed(tx: Tx, rule: AutoRuleId, name: str, change: str, *, why: Text | None = None) -> int:
    """Record a change, and keep the follower only while a rule is switched on: one that stands still is an alarm."""
    gone = 0 if why is None else cancel(tx, rule, why)
    if auto_presence.has_rules(tx.whole()):
        following.begin(tx, FOLLOWER)
    else:
        following.end(tx, FOLLOWER)
    _set_clock(tx, rule)
    tx.emit(AutoRuleChanged(rule=rule, name=name, change=change, cancelled=gone))
    return gone


def _set_clock(tx: Tx, rule: AutoRuleId) -> None:
    """Let a rule that runs by the clock do so from now on while it is on; what it is going through is over."""
    for statement in ("autorounds.forget", "autoclock.forget"):
        tx.run(statement, rule=rule)
    row = tx.one(AutoRuleRow, "autorules.one", id=rule)
    if row is not None and row.event == RuleEvent.TIME and row.is_on:
        tx.run("autoclock.put", rule=rule, now=tx.now)
