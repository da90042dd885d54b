"""When a CRM is asked whether it still has what the rules name: once a night, whoever asks."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import pytest

from chatapp_cli.domain.text import T
from chatapp_cli.services import crm_rules, rule_looks, rule_troubles
from chatapp_cli.services.rule_outcomes import RuleOutcome
from tests.services.paired import Paired, linked
from tests.stores import Shop

MOSCOW, CLOCK = "Europe/Moscow", "2026-11-{}+03:00"


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


def at(day: str) -> int:
    return round(datetime.fromisoformat(CLOCK.format(day)).timestamp() * 1000)


def ruled(desk: Paired, day: str, zone: str = MOSCOW) -> None:
    desk.shop.clock.at = at(day)
    asked = {"hours": ["09:00-18:00"], "zone": zone} if zone else {}
    add = partial(crm_rules.add, link=desk.link, name=f"Днём {day}", asked=asked, outcome=RuleOutcome(pipeline="1"))
    desk.shop.write(add)


def looks(desk: Paired, day: str) -> bool:
    """A process looks, if it is due, and records that something is gone."""
    desk.shop.clock.at = at(day)
    planned = desk.shop.read(partial(rule_looks.planned, link=desk.link))
    found = {rule.id: T("gone since {day}", day=day) for rule in planned.rules}
    record = partial(rule_looks.record, link=desk.link, night=planned.night, found=found)
    return bool(planned.rules) and bool(desk.shop.write(record))


def test_a_look_is_due_at_three_of_the_rules_zone_once_whatever_starts_anew(desk: Paired) -> None:
    ruled(desk, "30T15:00")
    assert [looks(desk, day) for day in ("30T15:01", "30T23:59")] == [False, False]
    planned = desk.shop.read(partial(rule_looks.planned, link=desk.link))
    desk.shop.clock.at = planned.next_at
    assert planned.next_at == at("30T03:00") + 86_400_000
    assert desk.shop.read(partial(rule_looks.planned, link=desk.link)).rules


def test_a_night_is_looked_at_once_and_made_up_for_if_it_was_missed(desk: Paired) -> None:
    ruled(desk, "20T15:00")
    days = ("21T02:59", "21T03:00", "21T03:00", "21T12:00", "23T14:00", "23T15:00", "24T02:59", "24T03:00")
    assert [looks(desk, day) for day in days] == [False, True, False, False, True, False, False, True]
    (trouble,) = desk.shop.read(rule_troubles.everything)
    assert trouble.what == T("gone since {day}", day="24T03:00")


def test_of_two_processes_that_look_at_once_one_records_what_it_found(desk: Paired) -> None:
    ruled(desk, "20T15:00")
    desk.shop.clock.at = at("21T03:00")
    first, second = (desk.shop.read(partial(rule_looks.planned, link=desk.link)) for _ in range(2))
    assert first.rules == second.rules != ()
    record = partial(rule_looks.record, link=desk.link, night=first.night)
    assert [desk.shop.write(partial(record, found={})) for _ in range(2)] == [True, False]


@pytest.mark.parametrize(("zone", "day"), [("Asia/Vladivostok", "20T20:00"), ("Europe/Kaliningrad", "21T04:00")])
def test_the_zone_is_the_one_that_the_rules_name(desk: Paired, zone: str, day: str) -> None:
    ruled(desk, "20T15:00", zone)
    desk.shop.clock.at = at(day) - 1000
    assert not desk.shop.read(partial(rule_looks.planned, link=desk.link)).rules
    assert looks(desk, day)
