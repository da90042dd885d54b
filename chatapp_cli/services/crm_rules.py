"""Rules of a link: in which pipeline a card of a conversation is made, and who is responsible for it (S-188, S-189).

They are asked in order and the first one that fits decides; one without conditions fits always and so stands last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from chatapp_cli.domain import limits, rule_checks, rule_cover
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.choosing import Chooser, Ruled
from chatapp_cli.domain.condition import Always, Condition, Occasion, judge
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.ids import LinkId, RuleId
from chatapp_cli.domain.journal.links import RulesChanged
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.rule_checks import longest_rise
from chatapp_cli.domain.stored_text import restored
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access, conditions, links, rule_making, rule_outcomes, rule_versions
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.services.rule_making import NO_KINDS
from chatapp_cli.services.rule_outcomes import RuleOutcome
from chatapp_cli.services.word_forms import CollectedForms, DictionaryForms, StoredForms
from chatapp_cli.store.rows.crm import RuleRow
from chatapp_cli.store.tx import Tx

MOST: Final = 500
"""Rules of a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRule:
    """A rule that can be asked."""

    id: RuleId
    name: str
    asked: Mapping[str, Any]
    """The condition as a person asked for it."""
    condition: Condition
    outcome: RuleOutcome
    forms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of its words, which are stored with it."""
    problem: UsageError | None = None
    """Why the rule is passed over, such as a channel that is gone; ``None``: it is not."""
    trouble: Text | None = None
    """What of its outcome the CRM has no longer, when that was last looked for; the rest of it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAnswer:
    """What a rule says of a message."""

    rule: PipelineRule
    holds: bool
    why: Text


def everything(
    tx: Tx, link: LinkId, folder: Path | None = None, *, kinds: Mapping[str, str] = NO_KINDS, version: int = 0
) -> list[PipelineRule]:
    """The rules of a link in their order, as they are now or were in a version (``rule_versions``).

    ``folder``: where the company keeps calendars of its own; ``kinds``: how people call the kinds of channels.
    """
    names = rule_making.source_names(tx, folder, kinds)
    rows = rule_versions.rows(tx, version) if version else tx.all(RuleRow, "rules.all", link=link)
    return [_rule(row, names) for row in rows]


def _rule(row: RuleRow, names: SourceNames) -> PipelineRule:
    asked, outcome, forms = json.loads(row.condition), rule_outcomes.restored(row.outcome), json.loads(row.forms)
    condition: Condition = Always()
    problem = None
    try:
        condition = conditions.compiled(asked, replace(names, forms=StoredForms(forms)))
    except UsageError as error:
        problem = error
    return PipelineRule(
        id=row.id, name=row.name, asked=asked, condition=condition, outcome=outcome, forms=forms, problem=problem,
        trouble=restored(json.loads(row.trouble)) if row.trouble else None,
    )  # fmt: skip


def one(tx: Tx, link: LinkId, rule: RuleId) -> RuleRow:
    """A rule of a link by number. Raises NotFound."""
    found = tx.one(RuleRow, "rules.one", id=rule)
    if found is None or found.link_id != link:
        raise NotFound(
            T("There is no rule {n}.", n=rule), T("See them with: {how}", how=to_do(Next.CRM_RULES, link=link))
        )
    return found


def compiled(rules: Sequence[PipelineRule]) -> Chooser[PipelineRule]:
    """The rules that are not passed over, ready to choose."""
    return Chooser([Ruled(rule.condition, rule) for rule in rules if rule.problem is None])


def explained(rules: Sequence[PipelineRule], occasion: Occasion) -> Sequence[RuleAnswer]:
    """What each rule says of a message up to the one that is chosen, which is the last if it holds."""
    found: list[RuleAnswer] = []
    for rule in rules:
        if rule.problem is not None:
            found.append(RuleAnswer(rule=rule, holds=False, why=rule.problem.what))
            continue
        answer = judge(rule.condition, occasion)
        found.append(RuleAnswer(rule=rule, holds=answer.holds, why=answer.why))
        if answer.holds:
            break
    return found


def add(
    tx: Tx, link: LinkId, name: str, asked: Mapping[str, Any], outcome: RuleOutcome,
    *, folder: Path | None = None, kinds: Mapping[str, str] = NO_KINDS,
) -> RuleId:  # fmt: skip
    """Add a rule behind the others, but before one that always fits. ``outcome`` in the CRM's ids.

    ``kinds``: those that can be paired with the CRM; empty: any. Raises UsageError for conditions that mean nothing or
    never hold, and for rules that would never be reached.
    """
    access.require(tx, Right.CRM)
    links.one(tx, link)
    rule_versions.keep(tx, link)
    before = everything(tx, link, folder)
    if len(before) >= MOST:
        raise UsageError(T("There are {n} rules already.", n=len(before)), T("Remove one that is not needed."))
    made = _sound(name, asked, outcome, rule_making.source_names(tx, folder, kinds))
    _require_own_name(made, before)
    always = [rule.problem is None and isinstance(rule.condition, Always) for rule in before]
    place = always.index(True) if True in always and not isinstance(made.condition, Always) else len(before)
    order = [*before[:place], made, *before[place:]]
    _require_reached(link, order, [made])
    number = RuleId(
        tx.insert("rules.add", link=link, position=place + 1, name=made.name, condition=_stored(asked),
                  forms=json.dumps(made.forms, ensure_ascii=False), outcome=outcome.stored(), now=tx.now)
    )  # fmt: skip
    _place(tx, [number if rule is made else rule.id for rule in order])
    _changed(tx, link, number, made.name, "added")
    return number


def change(
    tx: Tx, link: LinkId, rule: RuleId, name: str, asked: Mapping[str, Any], outcome: RuleOutcome,
    *, folder: Path | None = None, kinds: Mapping[str, str] = NO_KINDS,
) -> None:  # fmt: skip
    """Replace a rule, which keeps its place. Raises what ``add`` raises, and NotFound."""
    access.require(tx, Right.CRM)
    called = one(tx, link, rule).name
    rule_versions.keep(tx, link)
    made = _sound(name, asked, outcome, rule_making.source_names(tx, folder, kinds))
    before = everything(tx, link, folder)
    if made.name != called:
        _require_own_name(made, [known for known in before if known.id != rule])
    _require_reached(link, [made if known.id == rule else known for known in before], [made])
    forms = json.dumps(made.forms, ensure_ascii=False)
    tx.run("rules.change", id=rule, name=made.name, condition=_stored(asked), forms=forms, outcome=outcome.stored())
    _changed(tx, link, rule, made.name, "changed")


def judged(tx: Tx, link: LinkId, numbers: Sequence[RuleId], *, folder: Path | None = None) -> int:
    """Look whether all rules are reached in another order; returns the revision of the rules for which that is so.

    With many rules that takes seconds: it is asked before the transaction in which they are put into that order.
    Raises what ``order`` raises.
    """
    access.require(tx, Right.CRM)
    for number in numbers:
        one(tx, link, number)
    if twice := next((rule for place, rule in enumerate(numbers) if rule in numbers[:place]), None):
        raise UsageError(T("Rule {n} is named twice.", n=twice), T("Name each rule once."), field="numbers")
    known = {rule.id: rule for rule in everything(tx, link, folder)}
    chosen = list(dict.fromkeys([*numbers, *known]))
    _require_reached(link, [known[number] for number in chosen], _moved(list(known), chosen, known))
    return int(tx.value("rules.revision", link=link) or 0)


def order(
    tx: Tx, link: LinkId, numbers: Sequence[RuleId], *, folder: Path | None = None, revision: int | None = None
) -> None:
    """Put rules into an order: those named first, then the others as they were.

    ``revision``: for which that was ``judged``; for another one it is judged anew. Raises NotFound for an unknown rule,
    and UsageError if one would never be reached.
    """
    access.require(tx, Right.CRM)
    if not numbers:
        return
    if revision != tx.value("rules.revision", link=link):
        judged(tx, link, numbers, folder=folder)
    rule_versions.keep(tx, link)
    known = {row.id: row.name for row in tx.all(RuleRow, "rules.all", link=link)}
    _place(tx, list(dict.fromkeys([*numbers, *known])))
    _changed(tx, link, numbers[0], known[numbers[0]], "moved")


def move(tx: Tx, link: LinkId, rule: RuleId, place: int, *, folder: Path | None = None) -> None:
    """Move a rule to a place, counted from 1. Raises what ``order`` raises."""
    access.require(tx, Right.CRM)
    one(tx, link, rule)
    rows = tx.all(RuleRow, "rules.all", link=link)
    others = [row.id for row in rows if row.id != rule]
    others.insert(max(0, place - 1), rule)
    judged(tx, link, others, folder=folder)
    rule_versions.keep(tx, link)
    _place(tx, others)
    _changed(tx, link, rule, next(row.name for row in rows if row.id == rule), "moved")


def remove(tx: Tx, link: LinkId, rule: RuleId) -> None:
    """Remove a rule; cards stay where they are. Raises NotFound."""
    access.require(tx, Right.CRM)
    row = one(tx, link, rule)
    rule_versions.keep(tx, link)
    tx.run("rules.remove", id=rule)
    _changed(tx, link, rule, row.name, "removed")


def _require_own_name(made: PipelineRule, others: Sequence[PipelineRule]) -> None:
    if any(known.name.casefold() == made.name.casefold() for known in others):
        what = T("There is a rule {name} already.", name=made.name)
        raise UsageError(what, T("Give this one another name."), field="name")


def _sound(name: str, asked: Mapping[str, Any], outcome: RuleOutcome, names: SourceNames) -> PipelineRule:
    name = rule_making.sound_name(name)
    for value in outcome.fields.values():
        limits.OPTION.require(value, field="field")
    for tag in outcome.tags:
        limits.TAG.require(tag, field="tag")
    forms = CollectedForms(DictionaryForms())
    condition = conditions.compiled(asked, replace(names, forms=forms, strict=True))
    rule_making.require_possible(name, condition)
    return PipelineRule(id=RuleId(0), name=name, asked=asked, condition=condition, outcome=outcome, forms=forms.asked)


def _require_reached(link: LinkId, rules: Sequence[PipelineRule], moved: Sequence[PipelineRule]) -> None:
    """Raise UsageError if a rule stands behind others that take all its messages; one of them all is new there."""
    working = [rule for rule in rules if rule.problem is None]
    places = [place for place, rule in enumerate(working) if any(rule is one for one in moved)]
    for rule, behind in rule_checks.shadows([known.condition for known in working], places):
        raise UsageError(
            T(
                "The rule {name} would never be reached: all that it fits, {other} takes before it.",
                name=working[rule].name,
                other=working[behind].name,
            ),
            T("Put it before that one, or change one of them: {how}", how=to_do(Next.CRM_RULES, link=link)),
            field="if",
        )
    for rule, several in rule_cover.covered([known.condition for known in working], places):
        raise UsageError(
            T(
                "The rule {name} would never be reached: all that it fits, these take together before it: {others}.",
                name=working[rule].name,
                others=", ".join(working[one].name for one in several),
            ),
            T("Put it before one of them, or change one: {how}", how=to_do(Next.CRM_RULES, link=link)),
            field="if",
        )


def _moved(
    before: Sequence[RuleId], after: Sequence[RuleId], known: Mapping[RuleId, PipelineRule]
) -> Sequence[PipelineRule]:
    """As few rules as explain another order: the others follow each other as before."""
    places = {number: place for place, number in enumerate(before)}
    kept = longest_rise([places[number] for number in after])
    return [known[number] for number in after if places[number] not in kept]


def _stored(asked: Mapping[str, Any]) -> str:
    return json.dumps({name: value for name, value in asked.items() if value}, ensure_ascii=False)


def _place(tx: Tx, numbers: Sequence[RuleId]) -> None:
    for position, number in enumerate(numbers, start=1):
        tx.run("rules.place", id=number, position=position)


def _changed(tx: Tx, link: LinkId, rule: RuleId, name: str, change: str) -> None:
    tx.run("rules.changed", link=link)
    tx.emit(RulesChanged(link=link, rule=rule, name=name, change=change))
