"""Rules that choose pipelines, as ``chatapp crm rules`` is told them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from chatapp_cli.bootstrap import Company
from chatapp_cli.commands.asked_conditions import AskedConditions
from chatapp_cli.commands.binding import found
from chatapp_cli.domain.condition import Occasion, OnSource
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import RuleId
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.runtime import crm_rules as kept
from chatapp_cli.services import calendars, conditions, crm_rules, rule_making, rule_trial
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.services.crm_rules import PipelineRule, RuleAnswer
from chatapp_cli.services.rule_answers import SaidOfCard
from chatapp_cli.services.rule_outcomes import RuleOutcome
from chatapp_cli.services.rule_trial import TrialTime
from chatapp_cli.store.rows.crm import LinkRow


def known(company: Company, row: LinkRow) -> tuple[list[PipelineRule], SourceNames]:
    """The rules of a link, and how lines, channels and their kinds are called."""
    folder, kinds = company.settings.folder / calendars.FOLDER, kept.kinds(row)
    return company.read(
        lambda tx: (
            crm_rules.everything(tx, row.id, folder, kinds=kinds),
            rule_making.source_names(tx, folder, kinds),
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
