"""Rules of a link that are checked against its CRM when they are kept: its pipelines, stages, fields and employees."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.crm.outcome import CrmPipeline
from chatapp_cli.domain.crm.questions import CrmQuestion
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import RuleId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime.asking_crm import asked
from chatapp_cli.runtime.crm_answers import NOT_HERE
from chatapp_cli.services import calendars, crm_rules, links, rule_outcomes, word_forms
from chatapp_cli.services.rule_outcomes import RuleOutcome
from chatapp_cli.store.rows.crm import LinkRow


def kinds(row: LinkRow) -> Mapping[str, str]:
    """How people call the kinds of channels that can be paired with a CRM."""
    return {kind: channel.name for kind, channel in manifest(row.kind).channels.items()}


async def pipelines(company: Company, row: LinkRow) -> tuple[Sequence[CrmPipeline], Sequence[Employee]]:
    """Where the CRM of a link can make cards, and who works there. Raises Refused for one that makes none by rules."""
    try:
        there = await asked(company, row, CrmQuestion.PIPELINES)
    except Rejected as error:
        if error.code != NOT_HERE:
            raise
        raise links.no_rules(row) from None
    return there, await asked(company, row, CrmQuestion.EMPLOYEES)


async def add(company: Company, row: LinkRow, name: str, condition: Mapping[str, Any], said: RuleOutcome) -> RuleId:
    """Add a rule. Raises what ``services.crm_rules.add`` raises, and UsageError for what the CRM does not have."""
    outcome = await _settled(company, row, said)
    save = partial(
        crm_rules.add,
        link=row.id,
        name=name,
        asked=condition,
        outcome=outcome,
        folder=company.settings.folder / calendars.FOLDER,
        kinds=kinds(row),
    )
    return await asyncio.to_thread(company.write, save)


async def change(
    company: Company, row: LinkRow, rule: RuleId, name: str, condition: Mapping[str, Any], said: RuleOutcome
) -> None:
    """Replace a rule. Raises what ``add`` raises, and NotFound."""
    outcome = await _settled(company, row, said)
    folder = company.settings.folder / calendars.FOLDER
    save = partial(
        crm_rules.change, link=row.id, rule=rule, name=name, asked=condition, outcome=outcome, folder=folder,
        kinds=kinds(row),
    )  # fmt: skip
    await asyncio.to_thread(company.write, save)


async def _settled(company: Company, row: LinkRow, said: RuleOutcome) -> RuleOutcome:
    await asyncio.to_thread(company.require, Right.CRM)
    await asyncio.to_thread(word_forms.load)
    there, employees = await pipelines(company, row)
    return rule_outcomes.settled(said, there, employees)
