"""The page of a CRM's rules: listed, ordered and tried by keys."""

from __future__ import annotations

from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.services import crm_rules, links
from chatapp_cli.services.rule_outcomes import RuleOutcome
from chatapp_cli.tui.screens.crm import CrmScreen
from chatapp_cli.tui.screens.crm_rules import CrmRulesScreen
from tests.tui import portals
from tests.tui.conftest import Opener, Window
from tests.tui.stage import Stage


def names(company: Company, link: LinkId) -> list[str]:
    return [rule.name for rule in company.read(partial(crm_rules.everything, link=link))]


def furnished(stage: Stage, company: Company) -> LinkId:
    portals.linked(stage, portals.HOME)
    (link,) = company.read(links.everything)
    for name, word, pipeline in (("Опт", "опт", "deal-9"), ("Возвраты", "возврат", "deal-11")):
        company.write(partial(crm_rules.add, link=link.id, name=name, asked={"words": [word]},
                              outcome=RuleOutcome(pipeline=pipeline)))  # fmt: skip
    return link.id


async def to_the_rules(it: Window) -> None:
    await it.press("ctrl+k")
    await it.until(lambda: isinstance(it.app.screen, CrmScreen))
    await it.sees(portals.HOME)
    await it.press("p")
    await it.until(lambda: isinstance(it.app.screen, CrmRulesScreen))


async def test_rules_are_listed_ordered_and_removed_by_keys(window: Opener, stage: Stage, company: Company) -> None:
    link = furnished(stage, company)
    async with window() as it:
        await to_the_rules(it)
        await it.sees("Опт", "with «опт»", "→ deal-9", "with «возврат»", "→ deal-11")
        await it.press("J")
        await it.until(lambda: names(company, link) == ["Возвраты", "Опт"])
        await it.press("K")
        await it.until(lambda: names(company, link) == ["Опт", "Возвраты"])
        await it.press("x")
        await it.sees("Remove the rule")
        await it.press("y")
        await it.until(lambda: len(names(company, link)) == 1)


async def test_a_message_is_tried_and_the_rule_and_its_reason_are_told(
    window: Opener, stage: Stage, company: Company
) -> None:
    furnished(stage, company)
    async with window() as it:
        await to_the_rules(it)
        await it.sees("Возвраты")
        await it.press("t")
        await it.sees("By which channel?")
        await it.press("enter")
        await it.sees("What does the client write?")
        await it.type("Хочу оформить возврат")
        await it.press("enter")
        await it.sees("When?")
        await it.press("enter")
        await it.sees("✗ Опт: it says none of «опт»", "✓ Возвраты: it says «возврат»", "→ deal-11")
