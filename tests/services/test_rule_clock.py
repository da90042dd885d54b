"""Rules that run by the clock, and rules that wait for what becomes known of a client."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.automation import ActWanted, RuleEvent, RuleWanted
from chatapp_cli.domain.journal.automation import RuleTimeCame, RuleTimesMissed
from chatapp_cli.services import auto_rules, auto_run, dialogs, duties, journal
from chatapp_cli.services.auto_clock import PIECE
from tests.services.automated import MINUTE, Automated
from tests.stores import Shop

HOUR = 60 * MINUTE
ZONE = ZoneInfo("Europe/Berlin")


class Killed(Exception):
    """The daemon is gone."""


@pytest.fixture
def desk(shop: Shop) -> Automated:
    return Automated(shop, options={"hours_zone": "Europe/Berlin", "hours_calendar": "ru"})


def at(desk: Automated, said: str) -> None:
    """It is this time in Berlin."""
    desk.shop.clock.at = round(datetime.fromisoformat(said).replace(tzinfo=ZONE).timestamp() * 1000)


def tagged(desk: Automated, dialog: Any) -> list[str]:
    found: list[str] = desk.shop.read(lambda tx: dialogs.tags(tx, dialog))
    return found


def came(desk: Automated) -> list[str]:
    """When the rule's time came for a dialog, by the clocks of the line."""
    entries = desk.shop.read(lambda tx: journal.after(tx, 0, n=10_000))
    found = [one.event.due for one in entries if isinstance(one.event, RuleTimeCame)]
    return [f"{datetime.fromtimestamp(due / 1000, ZONE):%m-%d %H:%M}" for due in found]


def lives(desk: Automated, until: str, *, step: int = 10 * MINUTE) -> None:
    """The daemon works until then, looking now and then."""
    end = round(datetime.fromisoformat(until).replace(tzinfo=ZONE).timestamp() * 1000)
    while desk.shop.clock.at < end:
        desk.shop.clock.at = min(end, desk.shop.clock.at + step)
        desk.works()


@pytest.mark.req("S-035", part="a rule runs by the clock")
@pytest.mark.parametrize(
    ("when", "since", "until", "times"),
    [
        ("09:00 mon-fri", "2026-11-13 08:00", "2026-11-17 12:00", ["11-13 09:00", "11-16 09:00", "11-17 09:00"]),
        ("09:00, 18:00", "2026-11-13 10:00", "2026-11-14 10:00", ["11-13 18:00", "11-14 09:00"]),
        ("every 6h", "2026-11-13 08:00", "2026-11-13 22:00", ["11-13 13:00", "11-13 19:00"]),
        # the clocks skip 02:30 on 29 March, and show it twice on 25 October
        ("02:30", "2026-03-28 12:00", "2026-03-30 12:00", ["03-29 03:30", "03-30 02:30"]),
        ("02:30", "2026-10-24 12:00", "2026-10-26 12:00", ["10-25 02:30", "10-26 02:30"]),
        # 20 February 2027 is a Saturday that is worked, the 22nd and 23rd are off
        ("09:00 working", "2027-02-19 12:00", "2027-02-24 12:00", ["02-20 09:00", "02-24 09:00"]),
        ("09:00 off", "2027-02-19 12:00", "2027-02-23 12:00", ["02-21 09:00", "02-22 09:00", "02-23 09:00"]),
    ],
)
def test_a_rule_runs_at_its_times_by_the_clocks_and_the_calendar_of_the_line(
    desk: Automated, when: str, since: str, until: str, times: list[str]
) -> None:
    at(desk, since)
    dialog = desk.heard(desk.shop.channel())
    desk.rule(event=RuleEvent.TIME, about=when, asked={"tags": ["vip"]}, do=[("note", "Пора")])
    desk.shop.write(lambda tx: dialogs.tag(tx, dialog, "vip"))
    lives(desk, until, step=HOUR)
    assert came(desk) == times
    assert desk.ends() == [("Опт", "note", "done")] * len(times)


def test_only_dialogs_for_which_the_condition_holds_then_are_acted_for(desk: Automated) -> None:
    at(desk, "2026-11-13 08:00")
    channel = desk.shop.channel()
    desk.rule(event=RuleEvent.TIME, about="every 30m", asked={"waited": 120})
    early = desk.heard(channel)
    lives(desk, "2026-11-13 09:31")
    late = desk.heard(channel, who="boris")
    lives(desk, "2026-11-13 10:05")
    assert (tagged(desk, early), tagged(desk, late)) == (["опт"], [])


def test_a_daemon_that_slept_runs_the_last_time_only_and_says_so(desk: Automated) -> None:
    at(desk, "2026-11-13 08:00")
    dialog = desk.heard(desk.shop.channel())
    desk.shop.write(lambda tx: duties.assign(tx, dialog, "Анна"))
    desk.rule(event=RuleEvent.TIME, about="09:00", asked={"assignee": ["anybody"]})
    desk.works()
    at(desk, "2026-11-16 10:00")
    desk.works()
    assert came(desk) == ["11-16 09:00"]
    entries = desk.shop.read(lambda tx: journal.after(tx, 0, n=1000))
    assert [one.event.missed for one in entries if isinstance(one.event, RuleTimesMissed)] == [3]


def test_a_daemon_killed_anywhere_goes_through_every_dialog_once_in_pieces(desk: Automated) -> None:
    """Every step is rolled back once before it is done."""
    at(desk, "2026-11-13 08:00")
    shop, channel = desk.shop, desk.shop.channel()
    waiting = [shop.message(shop.hear(channel, who=f"client{n}")).dialog_id for n in range(PIECE + 20)]
    desk.rule(event=RuleEvent.TIME, about="09:00", asked={"waited": 10}, do=[("tag", "опт")])
    at(desk, "2026-11-13 09:00")
    begun = shop.clock.at

    def killed(tx: Any) -> None:
        auto_run.work(tx, desk.desk)
        raise Killed

    while shop.clock.at < begun + 6 * MINUTE:
        with pytest.raises(Killed):
            shop.write(killed)
        if not desk.step():
            shop.clock.at += 30_000
    acts = [one for one in desk.acts() if one.state == "done"]
    assert sorted(one.dialog_id for one in acts) == sorted(waiting)
    assert [one.halted for one in shop.read(lambda tx: auto_rules.everything(tx, desk.desk.names(tx)))] == [None]


@pytest.mark.parametrize("how", ["off", "removed", "another event"])
def test_a_rule_that_is_off_has_no_time(desk: Automated, how: str) -> None:
    at(desk, "2026-11-13 08:00")
    desk.heard(desk.shop.channel())
    rule = desk.rule(event=RuleEvent.TIME, about="09:00", asked={"waited": 10})
    other = RuleWanted(name="Опт", acts=[ActWanted("tag", "опт")])
    change = {
        "off": partial(auto_rules.switch, rule=rule, on=False),
        "removed": partial(auto_rules.remove, rule=rule),
        "another event": lambda tx: auto_rules.change(tx, rule, other, desk.desk.names(tx)),
    }[how]
    desk.shop.write(change)
    lives(desk, "2026-11-13 10:00")
    assert desk.acts() == []


@pytest.mark.req("S-035", part="a rule waits for what becomes known of a client")
@pytest.mark.parametrize(
    ("about", "before", "now", "acts"),
    [
        ("phone", Profile(name="Анна"), Profile(name="Анна", phone="+79161112233"), 1),
        ("", Profile(name="Анна"), Profile(name="Анна Петрова", phone="+79161112233"), 2),
        ("email", Profile(name="Анна"), Profile(name="Анна", phone="+79161112233"), 0),
        ("", Profile(name="Анна"), Profile(name="Анна"), 0),
    ],
)
def test_a_rule_acts_when_something_else_is_known_of_a_client(
    desk: Automated, about: str, before: Profile, now: Profile, acts: int
) -> None:
    channel = desk.shop.channel()
    desk.heard(channel, sender=before)
    desk.rule(event=RuleEvent.CONTACT, about=about, do=[("note", "Изменилось")])
    desk.heard(channel, sender=now)
    assert len(desk.acts()) == acts
