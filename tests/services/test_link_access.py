"""A link's access that ends some day is told of in time, and what a CRM does not let it do is told until it does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chatapp_cli.domain import next_step
from chatapp_cli.domain.alarm import AlarmKind
from chatapp_cli.domain.crm.states import LinkState
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
        told.append(("over: " if alarm.healed_at else "") + alarm.ref)
        desk.shop.write(lambda tx, alarm=alarm: alarms.record_told(tx, alarm))
    return told


def record(desk: Paired, until: int | None = None, *findings: Finding, revision: int = 0) -> None:
    row = desk.shop.read(lambda tx: links.one(tx, desk.link))._replace(revision=revision)
    desk.shop.write(lambda tx: link_access.record(tx, row, until, findings))


def renew(desk: Paired) -> None:
    with_new = bound("north.example")
    desk.shop.write(lambda tx: links.save(tx, desk.shop.vault, with_new, kind=CRM.kind, previous=desk.link))
    desk.shop.write(lambda tx: links.set_state(tx, desk.link, LinkState.OK))


def test_people_are_told_once_at_thirty_seven_and_one_days_before_access_ends_and_that_it_was_renewed(
    desk: Paired,
) -> None:
    began = desk.shop.clock.at
    record(desk, began + 32 * DAY)
    told = {}
    for hour in range(0, 34 * 24, 6):
        desk.shop.clock.at = began + hour * HOUR
        if said := watched(desk):
            told[32 - hour / 24] = said
    assert told == {29.75: [f"{desk.link} ends 30"], 6.75: [f"{desk.link} ends 7"], 0.75: [f"{desk.link} ends 1"]}
    (alarm,) = desk.shop.read(alarms.open_alarms)
    assert str(alarms.sentence(alarm)).startswith("north.example: access ends at 20")
    assert "in less than a day" in str(alarms.sentence(alarm))
    renew(desk)
    assert watched(desk) == [f"over: {desk.link} ends 1"]
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
