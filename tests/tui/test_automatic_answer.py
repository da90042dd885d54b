"""The conversation says by which rule a message was written, and why."""

from __future__ import annotations

from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.automation import ActWanted, RuleWanted
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import auto_rules, auto_run
from tests.tui.conftest import Opener
from tests.tui.stage import Stage


async def test_an_automatic_answer_names_its_rule_and_why(window: Opener, company: Company, stage: Stage) -> None:
    channel = stage.channel(stage.line("Зима"), "api", "winter", "Зимний сайт")
    desk = desk_of(company, making=True)
    wanted = RuleWanted(name="Прайс", asked={"words": ["опт"]}, acts=[ActWanted("send", "Пришлём прайс")])
    company.write(lambda tx: auto_rules.add(tx, wanted, desk.names(tx)))
    stage.hear(channel, Profile(id="lena", name="Елена Ильина"), "Почём оптом?")
    while company.write(partial(auto_run.work, desk=desk)):
        pass
    async with window() as it:
        await it.open("Ильина")
        await it.sees("«Прайс»", "Пришлём прайс", "by rule Прайс: it says «оптом»")
