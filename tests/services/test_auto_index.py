"""Rules are asked only where they can hold, and what they are made of is read once for many messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chatapp_cli.domain.dialog_condition import waiting
from chatapp_cli.services import auto_plan, lines
from chatapp_cli.services.auto_desk import AutoDesk
from tests.services.automated import MINUTE, Automated
from tests.stores import ON_SQLITE, Shop

OF_TRANSACTIONS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


@pytest.fixture
def desk(shop: Shop) -> Automated:
    return Automated(shop)


@contextmanager
def counting(shop: Shop) -> Iterator[list[str]]:
    """Collect the statements of this thread's connection, those of the transaction itself aside."""
    seen: list[str] = []
    connection = shop.database.connection()
    connection.set_trace_callback(lambda sql: seen.append(sql) if not sql.startswith(OF_TRANSACTIONS) else None)
    try:
        yield seen
    finally:
        connection.set_trace_callback(None)


@ON_SQLITE
def test_planning_for_many_arrivals_costs_as_many_statements_as_for_one(desk: Automated) -> None:
    shop, channel = desk.shop, desk.shop.channel()
    for asked in ({"first": "ever"}, {"tags": ["vip"]}, {"untagged": ["опт"], "words": ["опт"]}, {"match": ["№ ?5"]}):
        desk.rule(f"Правило {asked}", asked=asked, do=[("tag", "видели")])
    desk.answers("Ждут", asked={"waited": 15})
    for who in ("anna", "boris", "vera"):
        desk.heard(channel, "Здравствуйте", who=who)
    lasting = desk.desk
    spent = []
    for number in (1, 20):
        for place in range(number):
            shop.hear(channel, f"Ещё {number} {place}", who=("anna", "boris", "vera")[place % 3])
        with counting(shop) as seen:
            assert shop.write(lambda tx: auto_plan.follow(tx.whole(), lasting)) >= number
        spent.append(len(seen))
    assert spent[0] == spent[1] < 20


def compiled(desk: Automated, lasting: AutoDesk) -> object:
    return desk.shop.write(lasting.rules)


def test_rules_are_compiled_again_only_when_they_or_the_names_in_them_change(desk: Automated) -> None:
    channel, lasting = desk.shop.channel(), desk.desk
    desk.rule("Опт", asked={"words": ["опт"], "channels": [channel]})
    first = compiled(desk, lasting)
    desk.heard(channel, "Здравствуйте")
    assert compiled(desk, lasting) is first
    desk.rule("Розница", asked={"words": ["розница"]})
    second = compiled(desk, lasting)
    assert second is not first
    desk.shop.write(lambda tx: lines.rename(tx, lines.find(tx).id, "Письма"))
    assert compiled(desk, lasting) is not second


def test_a_rule_that_waits_is_asked_outside_its_hours_and_one_that_does_not_is_not(desk: Automated) -> None:
    night = {"hours": ["22:00-06:00"], "zone": "Europe/Moscow"}
    desk.shop.clock.at = 1_795_417_200_000  # 10:00 there
    desk.rule("Ночь", asked=night, do=[("tag", "ночь")])
    desk.rule("Долго", asked={**night, "waited": 13 * 60}, do=[("tag", "долго")])
    lasting = desk.desk
    rules = desk.shop.write(lasting.rules)
    assert [any(waiting(one.condition)) for one in rules.by_id.values()] == [False, True]
    desk.heard(desk.shop.channel())
    assert desk.ends() == [("Долго", "tag", "waiting")]
    desk.passes(13 * 60 * MINUTE)
    assert desk.ends() == [("Долго", "tag", "done")]


def test_a_dialog_without_words_of_a_rule_does_not_wait_for_it(desk: Automated) -> None:
    desk.rule("Долго", asked={"words": ["заказ"], "waited": 15}, do=[("tag", "долго")])
    channel = desk.shop.channel()
    desk.heard(channel, "Здравствуйте")
    assert desk.ends() == []
    desk.heard(channel, "Где заказ?")
    assert desk.ends() == [("Долго", "tag", "waiting")]
