"""A link's access that ends some day is told of in time, and what a CRM does not let it do is told until it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chatapp_cli.domain import next_step
from chatapp_cli.domain.alarm import AlarmKind
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.moment import written
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.ports.connector import Finding
from chatapp_cli.services import alarms, faults, link_access, link_faults, links
from tests.services.paired import CRM, Paired, bound, linked
from tests.stores import Shop

HOUR = int(timedelta(hours=1).total_seconds() * 1000)
DAY = 24 * HOUR
GIVE = T("Give them, and link it again: {how}", how=to_do(Next.LINK_AGAIN))
RIGHT = Finding(name="scopes", ok=False, what=T("Deals are lacking."), next_step=GIVE)


def shown(desk: Paired) -> list[str]:
    return [str(alarms.sentence(one)) for one in desk.shop.read(alarms.open_alarms)]


@pytest.fixture
def desk(shop: Shop) -> Paired:
    found = linked(shop, shop.channel(kind="email"), "north.example")
    shop.write(lambda tx: links.set_state(tx, found.link, LinkState.OK))
    return found


def watched(desk: Paired) -> list[str]:
    """What people are told now, as the daemon looks."""
    found = desk.shop.read(lambda tx: link_faults.of_links(tx, lambda _kind: CRM))
    desk.shop.write(lambda tx: faults.settle(tx, found, kinds=(AlarmKind.CRM,)))
    desk.shop.clock.at += alarms.GRACE[AlarmKind.CRM]
    told = []
    for alarm in desk.shop.read(alarms.due_to_tell):
        told.append(("over: " if alarm.healed_at else "") + alarm.ref.rpartition(" ")[0])
        desk.shop.write(lambda tx, alarm=alarm: alarms.record_told(tx, alarm))
    return told


def record(desk: Paired, until: int | None = None, *findings: Finding, revision: int = 0) -> None:
    row = desk.shop.read(lambda tx: links.one(tx, desk.link))._replace(revision=revision)
    desk.shop.write(lambda tx: link_access.record(tx, row, until, findings))


def renew(desk: Paired) -> None:
    with_new = bound("north.example")
    desk.shop.write(lambda tx: links.save(tx, desk.shop.vault, with_new, kind=CRM.kind, previous=desk.link))
    desk.shop.write(lambda tx: links.set_state(tx, desk.link, LinkState.OK))


def test_people_are_told_once_at_thirty_seven_and_one_days_before_access_ends_when_it_has_and_that_it_was_renewed(
    desk: Paired,
) -> None:
    began = desk.shop.clock.at
    record(desk, began + 32 * DAY)
    told = {}
    for hour in range(0, 34 * 24, 6):
        desk.shop.clock.at = began + hour * HOUR
        if said := watched(desk):
            told[32 - hour / 24] = said
        if hour == 31.5 * 24:
            (sentence,) = shown(desk)
            assert sentence.startswith("north.example: access ends at 20")
            assert "in less than a day" in sentence
    steps = {29.75: 30, 6.75: 7, 0.75: 1, -0.25: 0}
    assert told == {left: [f"{desk.link} ends {days}"] for left, days in steps.items()}
    (sentence,) = shown(desk)
    assert sentence.startswith("north.example: access ended at 20")
    renew(desk)
    assert watched(desk) == [f"over: {desk.link} ends 0"]
    record(desk, desk.shop.clock.at + 400 * DAY, revision=1)
    assert watched(desk) == []


def test_what_is_lacking_is_told_until_it_is_there_and_an_older_session_says_nothing_of_a_link_that_was_renewed(
    desk: Paired,
) -> None:
    record(desk, None, RIGHT, Finding(name="events", ok=True, what=T("All is well.")))
    assert watched(desk) == [f"{desk.link} lacks scopes"]
    (one,) = desk.shop.read(lambda tx: link_access.of(tx, desk.link)).lacks
    assert one == ("scopes", RIGHT.what, next_step.about(RIGHT.next_step, link=desk.link))
    renew(desk)
    record(desk, None, RIGHT)
    assert watched(desk) == [f"over: {desk.link} lacks scopes"]
    record(desk, None, RIGHT, revision=1)
    record(desk, None, revision=1)
    assert (watched(desk), desk.shop.read(lambda tx: link_access.of(tx, desk.link))) == ([], (None, []))


def test_another_end_and_another_lack_are_told_and_of_those_in_whose_place_they_come_nobody_hears_that_they_are_over(
    desk: Paired,
) -> None:
    began = desk.shop.clock.at
    record(desk, began + 10 * DAY, RIGHT)
    assert watched(desk) == [f"{desk.link} ends 30", f"{desk.link} lacks scopes"]
    renew(desk)
    record(desk, began + 25 * DAY, RIGHT, revision=1)
    assert watched(desk) == [f"{desk.link} ends 30"]
    record(desk, began + 25 * DAY, replace(RIGHT, what=T("Companies are lacking.")), revision=1)
    assert watched(desk) == [f"{desk.link} lacks scopes"]
    end, lack = shown(desk)
    assert lack == "north.example: Companies are lacking."
    assert end.startswith(f"north.example: access ends at {written(began + 25 * DAY)}, in less than 30 days.")
    record(desk, None, revision=1)
    assert sorted(watched(desk)) == [f"over: {desk.link} ends 30", f"over: {desk.link} lacks scopes"]


def test_a_clock_that_is_set_forth_and_back_tells_nothing_twice_and_the_true_days_are_told_all_the_same(
    desk: Paired,
) -> None:
    began = desk.shop.clock.at
    record(desk, began + 20 * DAY)
    told = []
    for days in (0, 16, 0, 14, 22, 14, 19.5):
        desk.shop.clock.at = began + int(days * DAY)
        told.append([one.removeprefix(f"{desk.link} ends ") for one in watched(desk)])
        assert len(shown(desk)) == 1
    assert told == [["30"], ["7"], [], ["7"], ["0"], [], ["1"]]


def test_of_an_end_that_the_state_of_the_link_tells_there_is_one_alarm(desk: Paired) -> None:
    began = desk.shop.clock.at
    record(desk, began + HOUR)
    assert watched(desk) == [f"{desk.link} ends 1"]
    desk.shop.clock.at = began + 2 * HOUR
    desk.shop.write(lambda tx: links.set_state(tx, desk.link, LinkState.AUTH_LOST, "unauthorised"))
    assert watched(desk) == [str(desk.link)]
    (said,) = shown(desk)
    assert "our access any more" in said
    renew(desk)
    assert watched(desk) == [f"over: {desk.link}"]
