"""The page of a CRM's rules: listed, ordered and tried by keys."""

from __future__ import annotations

from functools import partial

from textual.widgets import Input

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.text import T
from chatapp_cli.runtime import linking
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.services import crm_rules, links, rule_troubles
from chatapp_cli.services.rule_outcomes import RuleOutcome
from chatapp_cli.tui.screens.crm import CrmScreen
from chatapp_cli.tui.screens.crm_rules import CrmRulesScreen
from chatapp_cli.tui.screens.rule_form import RuleScreen
from chatapp_cli.tui.widgets.form import FieldRow, FormView
from tests.contract.connector_contract import ScriptedAsker
from tests.tui import portals
from tests.tui.conftest import SMALL, Opener, Window
from tests.tui.stage import Stage


def names(company: Company, link: LinkId) -> list[str]:
    return [rule.name for rule in company.read(partial(crm_rules.everything, link=link))]


def furnished(stage: Stage, company: Company, way: str = "webhook") -> LinkId:
    portals.linked(stage, portals.HOME, way)
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


async def test_what_the_crm_has_no_longer_is_told_on_the_page(window: Opener, stage: Stage, company: Company) -> None:
    link = furnished(stage, company)
    (rule, _) = company.read(partial(crm_rules.everything, link=link))
    company.write(partial(rule_troubles.note, found={rule.id: T("Not in the CRM any more: {what}.", what="Опт-1")}))
    async with window() as it:
        await to_the_rules(it)
        await it.sees("Not in the CRM any more: Опт-1.")


async def test_a_message_is_tried_and_the_rule_and_its_reason_are_told(
    window: Opener, stage: Stage, company: Company
) -> None:
    link = furnished(stage, company)
    async with window() as it:
        await to_the_rules(it)
        await it.sees("Возвраты")
        await it.press("t")
        await it.sees("By which channel?", "TG bot @teply_dom_bot · ")
        await it.press("enter")
        await it.sees("What does the client write?")
        await it.type("Хочу оформить возврат")
        await it.press("enter")
        await it.sees("When?")
        await it.press("enter")
        await it.sees("«Хочу оформить возврат» · TG bot @teply_dom_bot · 12:00")
        await it.sees("✗ Опт: it says none of «опт»", "✓ Возвраты: it says «возврат»", "→ deal-11")
        await it.press("J")
        await it.until(lambda: names(company, link) == ["Возвраты", "Опт"])
        await it.sees_no("it says")


async def test_a_refusal_names_the_keys_of_the_page_that_is_open_already(
    window: Opener, stage: Stage, company: Company
) -> None:
    link = furnished(stage, company)
    company.write(partial(crm_rules.add, link=link, name="Всё", asked={}, outcome=RuleOutcome(pipeline="lead")))
    async with window() as it:
        await to_the_rules(it)
        await it.sees("Всё")
        await it.press("j", "j", "K")
        await it.until(lambda: any("would never be reached" in one.message for one in it.app._notifications))
        (said,) = [one.message for one in it.app._notifications if "would never be reached" in one.message]
        assert said.endswith("or change one of them: K, J, e")


async def test_a_small_window_shows_rules_in_columns_and_the_chosen_one_in_full(
    window: Opener, stage: Stage, company: Company
) -> None:
    link = furnished(stage, company)
    outcome = RuleOutcome(
        pipeline="deal-9", stage="C9:1", tags=["опт"], called={"pipeline deal-9": "Продажи", "stage C9:1": "Переговоры"}
    )
    asked = {"words": ["партия", "прайс", "купить оптом"], "hours": ["09:00-18:00"], "zone": "Europe/Moscow"}
    company.write(partial(crm_rules.add, link=link, name="Крупные закупки", asked=asked, outcome=outcome))
    async with window(SMALL) as it:
        await to_the_rules(it)
        await it.sees("Крупные закупки", "→ Продажи")
        rows = [row for row in it.text().splitlines() if "→" in row]
        assert len(rows) == 4
        assert len({row.index("→") for row in rows[:3]}) == 1
        await it.press("j", "j")
        await it.sees("with «партия», «прайс», «купить оптом» and within 09:00-18:00", "→ Продажи · Переговоры")
        await it.sees("Tags of the card: опт")


async def test_where_a_portal_makes_its_cards_itself_the_page_of_rules_says_so(
    window: Opener, stage: Stage, company: Company
) -> None:
    furnished(stage, company, "application")
    async with window() as it:
        await to_the_rules(it)
        await it.sees("Опт", "Rules decide in open lines without the CRM (CRM=N).")


async def fill(it: Window, **answers: str) -> None:
    """Write into the form that is open, and send it."""
    await it.until(lambda: it.app.screen.query(FormView) and not it.app.screen.query_one(FormView).checking)
    for row in it.app.screen.query(FieldRow):
        if row.field.name in answers:
            row.query_one(Input).value = answers[row.field.name]
    await it.press("f8")


def wrong(form: FormView) -> set[str]:
    """The fields that show an error."""
    return {row.field.name for row in form.query(FieldRow) if row.has_class("-wrong")}


async def test_a_rule_is_made_and_changed_in_a_form_and_what_is_refused_is_told_at_its_field(
    window: Opener, company: Company
) -> None:
    async with Portal(rate=50.0) as portal:
        portal.server.office.funnels |= {9: "Опт"}
        asker = ScriptedAsker({"way": "webhook", "webhook": portal.webhook})
        link = await linking.link(company, asker, kind="bitrix24")
        async with window() as it:
            await it.press("ctrl+k")
            await it.until(lambda: isinstance(it.app.screen, CrmScreen))
            await it.press("p")
            await it.until(lambda: isinstance(it.app.screen, CrmRulesScreen))
            await it.sees("There are no rules")
            await it.press("a")
            await it.until(lambda: isinstance(it.app.screen, RuleScreen))
            await fill(it, name="Опт", words="опт, оптом", hours="09:00-18:00")
            await it.sees("Hours need a time zone.")
            assert names(company, link) == []
            form = it.app.screen.query_one(FormView)
            await fill(it, kinds="pigeon", responsible="Никто", window="x")
            await it.until(lambda: len(wrong(form)) == 4)
            assert wrong(form) == {"kinds", "zone", "responsible", "window"}
            assert it.app.screen.query_one(FormView) is form
            row = next(one for one in form.query(FieldRow) if one.field.name == "kinds")
            assert it.app.focused is row.query_one(Input)
            row.query_one(Input).value = ""
            await it.until(lambda: "kinds" not in wrong(form))
            await fill(it, zone="Europe/Moscow", responsible="27", window="")
            await it.sees("Опт", "with «опт», «оптом» and within 09:00-18:00 (Europe/Moscow)")
            await it.press("e")
            await it.until(lambda: isinstance(it.app.screen, RuleScreen))
            await fill(it, hours="", zone="", name="Оптовики")
            await it.sees("Оптовики", "with «опт», «оптом»")
    (rule,) = company.read(partial(crm_rules.everything, link=link))
    assert rule.asked == {"words": ["опт", "оптом"]}
    assert rule.outcome.employees == ["27"]
