"""Rules that choose pipelines, as ``chatapp crm rules`` is told them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from chatapp_cli.bootstrap import Company
from chatapp_cli.commands import input_checks
from chatapp_cli.commands.binding import found
from chatapp_cli.domain import os_words
from chatapp_cli.domain.condition import Occasion, OnSource
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.ids import RuleId
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.runtime import crm_rules as kept
from chatapp_cli.services import calendars, conditions, crm_rules, lines, rule_trial
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.services.crm_rules import PipelineRule, RuleAnswer
from chatapp_cli.services.rule_answers import SaidOfCard, split
from chatapp_cli.services.rule_outcomes import RuleOutcome
from chatapp_cli.services.rule_trial import TrialTime
from chatapp_cli.store.rows.crm import LinkRow


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedConditions:
    """The conditions that were given; ``None``: not said. Lists with an empty value alone are emptied."""

    lines: Sequence[str] | None = None
    kinds: Sequence[str] | None = None
    channels: Sequence[str] | None = None
    words: Sequence[str] | None = None
    every: bool | None = None
    exact: bool | None = None
    without: Sequence[str] | None = None
    hours: Sequence[str] | None = None
    days: Sequence[str] | None = None
    outside: bool | None = None
    zone: str | None = None
    calendar: str | None = None
    tree: str | None = None

    def require_full(self) -> None:
        """Raise UsageError for an empty value, which asks for nothing of a new rule."""
        if any(value.strip() == "" for value in (*(self.words or ()), *(self.without or ()))):
            raise UsageError(T("An empty word is none."), T("Write words of letters and digits."), field="words")
        for name in ("lines", "kinds", "channels", "hours", "days"):
            if any(not value.strip() for value in getattr(self, name) or ()):
                raise UsageError(T("{name} of a condition is empty.", name=name), T("Leave it out."), field=name)

    def changes(self, company: Company) -> Mapping[str, Any]:
        """What was said, as conditions are stored."""
        simple = ("every", "exact", "outside", "zone", "calendar")
        said: dict[str, Any] = {name: getattr(self, name) for name in simple if getattr(self, name) is not None}
        for name in ("kinds", "words", "without", "hours", "days"):
            if (values := getattr(self, name)) is not None:
                said[name] = [part for value in values for part in split(value)]
        if "days" in said:
            said["days"] = [conditions.named_days(one, show) for one in said["days"]]
        if self.lines is not None:
            named = [one for one in self.lines if one]
            said["lines"] = [company.read(partial(lines.find, named=one)).id for one in named]
        if self.channels is not None:
            said["channels"] = [found(company, one, "").id for one in self.channels if one]
        return {**said, **({} if self.tree is None else _tree(self.tree))}


def _tree(file: str) -> Mapping[str, Any]:
    """The nested conditions of a file, which replace those before; without a file there are none."""
    nothing: Mapping[str, Any] = {"all": [], "any": [], "not": None}
    if not file:
        return nothing
    words = input_checks.standard_input() if file == "-" else _of_file(file)
    try:
        said = json.loads(words)
    except ValueError as error:
        raise UsageError(T("{file} is no JSON: {error}", file=file, error=str(error)), field="if") from error
    if not isinstance(said, dict):
        raise UsageError(T("A condition is a mapping, not: {said}", said=str(said)), field="if")
    return {**nothing, **said}


def _of_file(file: str) -> str:
    try:
        return input_checks.file(file, T("The file of conditions"))
    except OSError as error:
        what = T("{file} cannot be read: {error}", file=file, error=os_words.why(error))
        raise UsageError(what, field="if") from error


def known(company: Company, row: LinkRow) -> tuple[list[PipelineRule], SourceNames]:
    """The rules of a link, and how lines, channels and their kinds are called."""
    folder, kinds = company.settings.folder / calendars.FOLDER, kept.kinds(row)
    return company.read(
        lambda tx: (
            crm_rules.everything(tx, row.id, folder, kinds=kinds),
            crm_rules.source_names(tx, folder, kinds),
        )
    )


def add(company: Company, row: LinkRow, name: str, asked: AskedConditions, said: SaidOfCard) -> RuleId:
    """Add a rule, once the CRM has said that what it names is there. Raises UsageError for an empty condition."""
    asked.require_full()
    return asyncio.run(kept.add(company, row, name, asked.changes(company), said.over(RuleOutcome())))


def edit(
    company: Company, row: LinkRow, rule: RuleId, name: str | None, asked: AskedConditions, said: SaidOfCard
) -> str:
    """Change a rule; returns its name."""
    before = next((one for one in known(company, row)[0] if one.id == rule), None)
    if before is None:
        raise NotFound(
            T("There is no rule {n}.", n=rule), T("See them with: {how}", how=to_do(Next.CRM_RULES, link=row.id))
        )
    called = before.name if name is None else name
    changes = asked.changes(company)
    wanted = conditions.without_idle({**before.asked, **changes}, changes.keys())
    asyncio.run(kept.change(company, row, rule, called, wanted, said.over(before.outcome)))
    return called


def order(company: Company, row: LinkRow, numbers: Sequence[RuleId]) -> None:
    """Put rules into an order."""
    folder = company.settings.folder / calendars.FOLDER
    revision = company.read(partial(crm_rules.judged, link=row.id, numbers=numbers, folder=folder))
    company.write(partial(crm_rules.order, link=row.id, numbers=numbers, folder=folder, revision=revision))


class Trial(NamedTuple):
    """What the rules say of a message."""

    answers: Sequence[RuleAnswer]
    time: TrialTime


def tried(company: Company, row: LinkRow, text: str, by: tuple[str, str], at: str, zone: str) -> Trial:
    """Try a message ``by`` a channel and its line at a time; without one now."""
    channel, rules = found(company, *by), known(company, row)[0]
    time = rule_trial.moment(at, rules, zone) if at else TrialTime(company.world.clock.now(), "")
    occasion = Occasion.of(OnSource(channel.line_id, channel.kind, channel.id), text, time.at)
    return Trial(crm_rules.explained(rules, occasion), time)
