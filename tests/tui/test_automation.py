"""The page of automation: rules and automatic answers are seen, switched, ordered, tried and followed by keys."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import pytest
from rich.text import Text
from textual.widgets import Input, OptionList

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import Acting
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.automation import ActWanted, RuleKind, RuleWanted
from chatapp_cli.domain.ids import AutoRuleId, ChannelId
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import auto_rules
from chatapp_cli.tui.screens.automation import AutomationScreen
from chatapp_cli.tui.screens.inbox import InboxScreen
from chatapp_cli.tui.widgets.form import FieldRow, FormView
from tests.tui.automation import add, work
from tests.tui.conftest import SMALL, Opener, Window
from tests.tui.stage import Stage

LENA = Profile(id="lena", name="Елена Ильина")
PRICES = ActWanted("send", "Пришлём прайс")


def furnished(stage: Stage, company: Company) -> ChannelId:
    """Two rules, of which the first acted on a message."""
    channel = stage.channel(stage.line("Зима"), "api", "winter", "Зимний сайт")
    add(company, "Прайс", PRICES, asked={"words": ["опт"]}, kind=RuleKind.AUTOREPLY)
    add(company, "Возвраты", ActWanted("tag", ["возврат"]), asked={"words": ["возврат"]})
    stage.hear(channel, LENA, "Почём оптом?")
    work(company)
    return channel


def names(company: Company) -> list[tuple[str, bool]]:
    desk = desk_of(company)
    rules = company.read(lambda tx: auto_rules.everything(tx, desk.names(tx)))
    return [(one.wanted.name, one.works) for one in rules]


async def to_the_page(it: Window) -> None:
    await it.press("#")
    await it.until(lambda: isinstance(it.app.screen, AutomationScreen))


async def test_rules_are_listed_with_what_they_do_and_how_much_they_did(
    window: Opener, stage: Stage, company: Company
) -> None:
    furnished(stage, company)
    async with window(SMALL) as it:
        await to_the_page(it)
        await it.sees("● Прайс", "autoreply", "all lines", "a client writes", "● Возвраты")
        await it.sees("If: with «опт»", "Then: answer “Пришлём прайс”", "1 act in the last 7 days")


async def test_a_rule_is_switched_moved_and_removed_by_keys(window: Opener, stage: Stage, company: Company) -> None:
    furnished(stage, company)
    async with window() as it:
        await to_the_page(it)
        await it.sees("Прайс")
        await it.press("J")
        await it.until(lambda: names(company) == [("Возвраты", True), ("Прайс", True)])
        await it.sees("If: with «опт»")
        await it.press("ы")
        await it.until(lambda: names(company) == [("Возвраты", True), ("Прайс", False)])
        await it.sees("○ Прайс")
        await it.press("x")
        await it.sees("Remove the rule Прайс?", "What it did stays.")
        await it.press("y")
        await it.until(lambda: names(company) == [("Возвраты", True)])


async def test_removing_a_rule_says_how_much_of_what_it_planned_is_cancelled(
    window: Opener, stage: Stage, company: Company
) -> None:
    channel = stage.channel(stage.line("Зима"), "api", "winter", "Зимний сайт")
    add(company, "Забыли", asked={"waited": 15})
    stage.hear(channel, LENA, "Вы тут?")
    work(company)
    async with window() as it:
        await to_the_page(it)
        await it.sees("Забыли", "Planned: 1")
        await it.press("x")
        await it.sees("Planned acts that will not be done: 1")
        await it.press("y")
        await it.until(lambda: it.app._notifications)
        (said,) = [one.message for one in it.app._notifications]
        assert said == "Rule Забыли is removed.\nPlanned acts that are cancelled: 1"


async def test_a_rule_is_tried_on_the_last_days_without_doing_anything(
    window: Opener, stage: Stage, company: Company
) -> None:
    channel = furnished(stage, company)
    stage.hear(channel, Profile(id="oleg", name="Олег Рубин"), "Хочу возврат")
    async with window() as it:
        await to_the_page(it)
        await it.sees("Возвраты")
        await it.press("j", "t")
        await it.sees("The last 7 days · Возвраты · ████████████████ 100 % · would be done: 1, not: 0")
        await it.sees("✓ ", "Олег Рубин", "tag with возврат", "Why: it says «возврат»", "would be done")
        await it.press("escape")
        await it.sees("● Прайс")
        assert company.read(partial(tx_tags)) == 0


def tx_tags(tx: Any) -> int:
    return int(tx.value("autoacts.done_since", rule=2, since=0))


async def test_the_log_of_a_rule_says_what_to_whom_and_why_and_leads_to_the_dialog(
    window: Opener, stage: Stage, company: Company
) -> None:
    furnished(stage, company)
    async with window() as it:
        await to_the_page(it)
        await it.sees("Прайс")
        await it.press("l")
        await it.sees("What rules did · Прайс", "Елена Ильина", "Why: it says «оптом»", "done: ")
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, InboxScreen))
        await it.sees("Почём оптом?", "by rule Прайс")
        add(company, "Прайс раньше", asked={"words": ["прайс"]})
        company.write(lambda tx: auto_rules.move(tx, AutoRuleId(3), 0))
        await it.press("escape", "tab", "G", "@")
        await it.until(lambda: isinstance(it.app.screen, AutomationScreen))
        await it.sees("If: with «опт»")


async def test_the_log_shows_an_act_of_which_another_program_is_being_told(
    window: Opener, stage: Stage, company: Company
) -> None:
    channel = stage.channel(stage.line("Зима"), "api", "winter", "Зимний сайт")
    add(company, "Учёт", ActWanted("webhook", "https://example.org/desk"))
    stage.hear(channel, LENA, "Почём оптом?")
    work(company)
    async with window() as it:
        await to_the_page(it)
        await it.sees("Учёт")
        await it.press("l")
        await it.sees("◷", "Елена Ильина", "being told to another program")


async def test_a_rule_with_an_else_says_what_it_does_if_nobody_is_there_and_is_changed_in_the_form(
    window: Opener, stage: Stage, company: Company
) -> None:
    stage.line("Зима")
    add(company, "Ночь", ActWanted("distribute", "line"), otherwise=[ActWanted("tag", ["ночь"])])
    async with window() as it:
        await to_the_page(it)
        await it.sees("Then: distribute as the line does; if nobody is there: tag with ночь")
        await it.press("enter")
        await fill(it, **{"else": "tag=ночь; note=Никого"})
        await it.press("f8")
        await it.sees("if nobody is there: tag with ночь; note “Никого”")


async def test_a_rule_whose_answer_has_buttons_is_shown_with_the_way_to_change_it(
    window: Opener, stage: Stage, company: Company
) -> None:
    stage.line("Зима")
    number = add(company, "Меню", ActWanted("send", {"text": "Что?", "buttons": ["Цены", "Доставка"]}))
    async with window() as it:
        await to_the_page(it)
        await it.sees("Меню")
        await it.press("enter")
        await it.sees("buttons:", "- Цены", "Edit it with:", f"chatapp rule edit {number}")


@pytest.mark.parametrize("switched", [True, False])
async def test_a_form_does_not_overwrite_what_somebody_else_changed_meanwhile(
    window: Opener, stage: Stage, company: Company, switched: bool
) -> None:
    stage.line("Зима")
    number = add(company, "Ночь", ActWanted("tag", ["ночь"]))
    desk, theirs = desk_of(company, making=True), RuleWanted(name="Ночь", acts=[ActWanted("tag", ["чужое"])])
    async with window() as it:
        await to_the_page(it)
        await it.sees("Ночь")
        await it.press("enter")
        await fill(it, do_tag="моё")
        if switched:
            company.write(lambda tx: auto_rules.switch(tx, number, on=False))
        else:
            company.write(lambda tx: auto_rules.change(tx, number, theirs, desk.names(tx)))
        await it.press("f8")
        await it.sees("Rule Ночь was changed meanwhile.", "Open it again")
    kept = wanted(company, "Ночь")
    assert (kept.enabled, kept.acts) == (not switched, [ActWanted("tag", ["ночь" if switched else "чужое"])])


async def test_who_may_not_change_rules_looks_at_them(window: Opener, stage: Stage, company: Company) -> None:
    furnished(stage, company)
    async with window() as it:
        it.app.workspace.switch_to(company.seen_by(Acting("Рита", account=True)))
        await to_the_page(it)
        await it.sees("Прайс", "You may only look: nobody allowed you to make and change rules")
        assert "new rule" not in it.text()


async def fill(it: Window, **answers: str) -> None:
    """Write into the form that is open."""
    await it.until(lambda: it.app.screen.query(FormView) and not it.app.screen.query_one(FormView).checking)
    for row in it.app.screen.query(FieldRow):
        if row.field.name in answers and row.field.kind == "choice":
            row.choose(answers[row.field.name])
        elif row.field.name in answers:
            row.query_one(Input).value = answers[row.field.name]


async def test_a_rule_is_written_with_what_it_would_have_done_beside_it(
    window: Opener, stage: Stage, company: Company
) -> None:
    furnished(stage, company)
    async with window() as it:
        await to_the_page(it)
        await it.sees("Прайс")
        await it.press("a")
        await fill(it, words="опт, цена", do_tag="опт, важно")
        await it.sees("would be done: 1, not: 0", "✓ ", "Елена Ильина", "it says «оптом»")
        await fill(it, words="опт*")
        await it.sees("A star stands for nothing in «опт*».")
        await fill(it, name="Прайс", words="оптовый")
        await it.press("f8")
        await it.sees("There is a rule Прайс already.")
        await fill(it, name="Оптовики", how="any", tags="vip", do_send="Минуту\\nи ответим")
        await it.press("f8")
        await it.sees("● Оптовики")
        await it.press("j", "j")
        await it.sees("If: (with «оптовый» or tagged vip)", "Then: answer “Минуту и ответим”; tag with опт, важно")
        assert wanted(company, "Оптовики").acts == [
            ActWanted("send", "Минуту\nи ответим"), ActWanted("tag", ["опт", "важно"])
        ]  # fmt: skip
        await it.press("enter")
        await fill(it, words="")
        await it.press("f8")
        await it.sees("If: (tagged vip)")


def wanted(company: Company, name: str) -> RuleWanted:
    desk = desk_of(company)
    (found,) = (
        one for one in company.read(lambda tx: auto_rules.everything(tx, desk.names(tx))) if one.wanted.name == name
    )
    return found.wanted


async def test_a_rule_of_several_levels_is_shown_with_the_way_to_change_it(
    window: Opener, stage: Stage, company: Company
) -> None:
    stage.line("Зима")
    number = add(company, "Срочно", asked={"words": ["срочно"], "not": {"tags": ["спам"]}})
    async with window(SMALL) as it:
        await to_the_page(it)
        await it.sees("Срочно")
        await it.press("enter")
        await it.sees("words:", "- срочно", "not:", "Edit it with:", f"chatapp rule edit {number}")


async def test_an_automatic_answer_is_added_by_a_short_form(window: Opener, stage: Stage, company: Company) -> None:
    furnished(stage, company)
    async with window() as it:
        await to_the_page(it)
        await it.sees("Прайс")
        await it.press("n")
        await fill(it, way="keyword", words="цена, сколько стоит", text="Сейчас пришлём")
        await it.press("f8")
        await it.sees("● цена, сколько стоит", "autoreply")
    made = wanted(company, "цена, сколько стоит")
    assert (made.kind, made.asked) == (RuleKind.AUTOREPLY, {"words": ["цена", "сколько стоит"]})
    assert made.acts == [ActWanted("send", "Сейчас пришлём")]


async def test_an_answer_for_closed_lines_says_which_line_never_closes_and_what_to_do(
    window: Opener, stage: Stage, company: Company
) -> None:
    furnished(stage, company)
    async with window() as it:
        await to_the_page(it)
        await it.sees("Прайс")
        await it.press("n")
        await fill(it, way="outside", text="Утром")
        await it.press("f8")
        await it.until(lambda: any("Line Зима has no" in note.message for note in it.app._notifications))
        (said,) = (note.message for note in it.app._notifications if "Line Зима has no" in note.message)
        what, step = said.splitlines()
        assert what == "Line Зима has no working hours, so it never closes."
        assert step == "Set them: F2 → o"


async def test_rows_are_painted_again_in_the_colours_of_another_theme(
    window: Opener, stage: Stage, company: Company
) -> None:
    furnished(stage, company)
    async with window(SMALL) as it:
        await to_the_page(it)
        await it.sees("Прайс")
        before = colours(it)
        await it.press("f9")
        await it.until(lambda: colours(it) != before)


def colours(it: Window) -> list[str]:
    shown = it.app.screen.query_one(OptionList)
    return [str(span.style) for option in shown.options for span in cast("Text", option.prompt).spans]
