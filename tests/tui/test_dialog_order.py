"""The order that follows the news is the order that reading everything again would give."""

from __future__ import annotations

import random

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.services import channels, dialogs, duties
from chatapp_cli.tui.reading import dialog_order
from tests.tui.stage import HeldClock, Stage


@pytest.mark.parametrize(
    "wanted",
    [
        DialogFilter(),
        DialogFilter(unread=True),
        DialogFilter(waiting=True),
        DialogFilter(text="клиент 1"),
        DialogFilter(assignee="Ольга"),
        DialogFilter(assignee="", waiting=True),
        DialogFilter(snoozed=True),
    ],
)
def test_following_news_gives_the_same_order_as_reading_again(
    company: Company, stage: Stage, clock: HeldClock, wanted: DialogFilter
) -> None:
    chance = random.Random(7)
    bot = next(c.id for c in company.read(channels.everything) if c.kind == "telegram_bot")
    people = [Profile(id=f"{n}", name=f"Клиент {n}") for n in range(30)]
    for profile in people:
        stage.hear(bot, profile, "привет", ago=chance.randrange(100_000))
    order = company.read(lambda tx: dialog_order.read(tx, "sqlite", wanted))
    for _round in range(40):
        clock.at += chance.randrange(3) * 1000
        changed = {stage.dialog(bot, profile) for profile in chance.sample(people, 3)}
        for one in changed:
            _disturb(company, stage, chance, bot, one, people)
        order = company.read(lambda tx: order.after(tx, changed))  # noqa: B023
        again = company.read(lambda tx: dialog_order.read(tx, "sqlite", wanted))
        assert list(order.ids) == list(again.ids)


def _disturb(company: Company, stage: Stage, chance: random.Random, bot: int, one: int, people: list[Profile]) -> None:
    profile = next(p for p in people if stage.dialog(bot, p) == one)
    deed = chance.choice(("hear", "read", "pin", "block", "say", "assign", "put off", "wake", "no answer"))
    if deed == "hear":
        stage.hear(bot, profile, "ещё", ago=chance.randrange(50_000))
    elif deed == "say":
        if not company.read(lambda tx: dialogs.card(tx, one)).blocked:
            stage.say(one, "ответ", state=None)
    else:
        change = {
            "read": lambda tx: dialogs.read(tx, one),
            "pin": lambda tx: dialogs.pin(tx, one, pinned=chance.random() < 0.5),
            "block": lambda tx: dialogs.block(tx, one, blocked=chance.random() < 0.5),
            "assign": lambda tx: duties.assign(tx, one, chance.choice(("Ольга", "Пётр"))),
            "put off": lambda tx: duties.snooze(tx, one, tx.now + 1000),
            "wake": lambda tx: duties.unsnooze(tx, one),
            "no answer": lambda tx: duties.no_answer(tx, one),
        }[deed]
        company.write(change)


def test_a_window_holds_exactly_the_rows_that_were_asked_for(company: Company) -> None:
    order = company.read(lambda tx: dialog_order.read(tx, "sqlite", DialogFilter()))
    rows = company.read(lambda tx: order.window(tx, 2, 3))
    assert sorted(rows) == sorted(order.ids[2:5])


@pytest.mark.parametrize("most", [1, 80])
def test_what_is_found_first_is_where_all_that_is_found_begins(company: Company, most: int) -> None:
    wanted, index = DialogFilter(text="а"), company.search
    first, rows = company.read(lambda tx: dialog_order.found(tx, index, "sqlite", wanted, most))
    whole = company.read(lambda tx: dialog_order.rest(tx, index, first, most))
    everything = company.read(lambda tx: dialog_order.read(tx, "sqlite", wanted))
    assert 1 < len(everything.ids) < 80, "one is not all, eighty are more than all"
    assert list(first.ids) == list(everything.ids[:most]) == list(rows)
    assert list(whole.ids) == list(everything.ids)
