"""The daemon answers by itself as soon as a client has written, and at the time that a rule waits for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.automation import ActWanted, RuleEvent, RuleKind, RuleWanted
from chatapp_cli.runtime.automation import AutomationRunner, desk_of
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.services import auto_rules, dialogs, lines, transcript
from tests.contract.connector_contract import ANNA
from tests.runtime.brisk import BriskClock
from tests.runtime.desk import bound, call_here, eventually, serving, the_dialogs


def keep(company: Company, wanted: RuleWanted) -> None:
    desk = desk_of(company, making=True)
    company.write(lambda tx: auto_rules.add(tx, wanted, desk.names(tx)))


async def test_an_arrival_is_answered_by_a_rule_that_was_made_while_the_daemon_ran(company: Company) -> None:
    async with ApiSandbox() as program:
        channel = await bound(company, program)
        async with serving(company) as address:
            call_here(company, program, channel, address)
            keep(company, RuleWanted(name="А", kind=RuleKind.AUTOREPLY, acts=[ActWanted("send", "Скоро ответим")]))
            await program.say(ANNA, "Здравствуйте")
            await eventually(lambda: program.heard(ANNA))
            assert [one.text for one in await program.heard(ANNA)] == ["Скоро ответим"]
    assert the_dialogs(company)[0].waiting_since is not None


MENU = {"text": "Что вас интересует?", "buttons": ["Цены", "Доставка"]}


@pytest.mark.req("S-144")
@pytest.mark.parametrize(
    ("sandbox", "shown", "press"),
    [
        (TelegramBotSandbox, (MENU["text"], MENU["buttons"]), lambda program: program.press(ANNA, "Доставка")),
        (ApiSandbox, ("Что вас интересует?\n\n1. Цены\n2. Доставка", []), lambda program: program.say(ANNA, "2")),
    ],
    ids=["with buttons", "with numbers"],
)
async def test_a_menu_of_an_automatic_answer_leads_on_by_a_press_or_by_a_number(
    company: Company, sandbox: Callable[[], Any], shown: tuple[str, Sequence[str]], press: Callable[[Any], Any]
) -> None:
    async with sandbox() as program:
        channel = await bound(company, program)
        async with serving(company) as address:
            call_here(company, program, channel, address)
            word = {"words": ["доставка"]}
            keep(company, RuleWanted(name="А", kind=RuleKind.AUTOREPLY, acts=[ActWanted("send", "Везём")], asked=word))
            first = {"first": "ever"}
            keep(company, RuleWanted(name="Б", kind=RuleKind.AUTOREPLY, acts=[ActWanted("send", MENU)], asked=first))
            await program.say(ANNA, "Здравствуйте")
            await eventually(lambda: program.heard(ANNA))
            [menu] = await program.heard(ANNA)
            assert (menu.text, list(menu.buttons)) == (shown[0], list(shown[1]))
            await eventually(lambda: _is_sent(company))
            await press(program)
            await eventually(lambda: _heard_twice(program))
            assert [one.text for one in await program.heard(ANNA)] == [shown[0], "Везём"]


async def _is_sent(company: Company) -> bool:
    """Whether the desk knows that its menu was sent."""
    [dialog] = the_dialogs(company)
    return company.read(lambda tx: transcript.latest(tx, dialog.id))[-1].message.state == "sent"


async def _heard_twice(program: Any) -> bool:
    return len(await program.heard(ANNA)) > 1


async def test_a_rule_by_the_clock_runs_when_its_time_comes(companies: Callable[..., Company]) -> None:
    clock = BriskClock()
    company = companies(http_port=0, clock=clock)
    async with ApiSandbox() as program:
        channel = await bound(company, program)
        async with serving(company) as address:
            call_here(company, program, channel, address)
            await program.say(ANNA, "Здравствуйте")
            await eventually(lambda: the_dialogs(company))
            (dialog,) = the_dialogs(company)
            keep(company, RuleWanted(name="Час", event=RuleEvent.TIME, about="every 1h", asked={"waited": 1},
                                     acts=[ActWanted("tag", "ждёт")]))  # fmt: skip
            await eventually(lambda: company.read(lambda tx: tx.value("timers.at", kind="automation clock", ref="1")))
            clock.leaps(3_600)
            await eventually(lambda: company.read(lambda tx: dialogs.tags(tx, dialog.id)) == ["ждёт"])


class CountedPauses:
    """A clock that stands still until it is moved, and counts who waits."""

    def __init__(self) -> None:
        self.at, self.pauses = 0.0, 0

    def now(self) -> int:
        return 1_790_000_000_000 + int(self.at * 1000)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.pauses += 1


async def test_rules_pause_for_one_caller_who_writes_without_a_rest_and_for_nobody_else(
    companies: Callable[..., Company],
) -> None:
    clock = CountedPauses()
    store = AsyncStore(companies(clock=clock))
    runner, found = AutomationRunner(store), {}
    await runner.turn()
    for apart in (0.005, 0.02):
        clock.pauses = 0
        for number in range(20):
            await store.write(partial(lines.add, name=f"{apart}, {number}"))
            clock.at += apart
            await runner.turn()
        found[apart] = clock.pauses
    await store.aclose()
    assert found == {0.02: 0, 0.005: 2}
