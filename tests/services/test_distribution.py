"""Who is there, and who is given a dialog: on both databases (K-06)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import pytest

from chatapp_cli.domain.access import DISTRIBUTION, NOBODY, Acting
from chatapp_cli.domain.attendance import Absence
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import ChannelId, DialogId, LineId
from chatapp_cli.domain.journal.dialogs import HandedOver
from chatapp_cli.domain.journal.operators import OperatorEvent
from chatapp_cli.domain.option import OptionLevel, OptionTarget
from chatapp_cli.services import attendance, dialogs, duties, journal, journal_words, operators, options
from chatapp_cli.services.attendance import Roster
from chatapp_cli.services.business_hours import BusinessHours
from chatapp_cli.services.distribution import Distributor
from chatapp_cli.services.options import Changes, Options
from chatapp_cli.settings import Settings
from chatapp_cli.store.rows.operators import AttendanceRow
from chatapp_cli.store.tx import Tx
from tests.stores import Shop, owner

ANNA, BORIS, VERA = "Анна", "Борис", "Вера"
EVERYBODY = (ANNA, BORIS, VERA)
MINUTE, HOUR = 60_000, 3_600_000
CLOSED, OPENS = 1_789_992_000_000, 1_790_049_600_000
"""2026-09-21 17:00 and 2026-09-22 09:00 in Yekaterinburg."""


@dataclass
class Desk:
    """A line of three operators."""

    shop: Shop
    line: LineId
    channel: ChannelId

    def __post_init__(self) -> None:
        settings = Options(Settings())
        self.roster = Roster(BusinessHours(settings))
        self.distributor = Distributor(settings, self.roster)

    def set(self, **values: object) -> None:
        changes = Changes({name: str(value) for name, value in values.items()})
        self.shop.write(lambda tx: options.change(tx, OptionTarget(OptionLevel.LINE, self.line), changes))

    def asked(self, *names: str) -> list[DialogId]:
        """Let clients write, each in a dialog of their own, one second after the other."""
        found = []
        for name in names:
            self.shop.clock.at += 1000
            found.append(self.shop.message(self.shop.hear(self.channel, who=name)).dialog_id)
        return found

    def give(self) -> int:
        return int(self.shop.write(lambda tx: self.distributor.give(tx.by(DISTRIBUTION))))

    def holders(self, *given: DialogId) -> list[str]:
        return [self.shop.read(partial(dialogs.card, dialog=one)).assignee for one in given]

    def by(self, name: str, job: Callable[[Tx], object]) -> object:
        return self.shop.write(lambda tx: job(tx.by(owner(name))))

    def away(self, name: str, *, until: int | None = None, reason: str = "") -> None:
        self.by(name, partial(attendance.leave, until=until, reason=reason))

    def state(self, name: str) -> Absence | None:
        found = self.shop.read(lambda tx: self.roster.of_line(tx, self.line))
        absence: Absence | None = next(one for one in found if one.operator == name).absence
        return absence


@pytest.fixture
def desk(shop: Shop) -> Desk:
    """Three operators who see every line."""
    line = shop.line("Опт")
    for name in EVERYBODY:
        shop.write(partial(operators.add, name=name, password_hash="", lines=()))
    return Desk(shop, line, shop.channel(line=line))


@pytest.mark.req("K-06", part="queue evenly")
def test_dialogs_are_given_evenly_to_whoever_got_one_longest_ago(desk: Desk) -> None:
    desk.set(distribution="evenly")
    first = desk.asked("a", "b", "c", "d")
    assert (desk.give(), desk.holders(*first)) == (4, [ANNA, BORIS, VERA, ANNA])
    desk.away(BORIS)
    second = desk.asked("e", "f")
    desk.give()
    assert desk.holders(*second) == [VERA, ANNA]
    desk.by(BORIS, attendance.come_back)
    third = desk.asked("g")
    assert (desk.give(), desk.holders(*third)) == (1, [BORIS])
    assert desk.give() == 0


@pytest.mark.req("K-06", part="strictly in order")
def test_in_order_the_first_who_is_there_is_given_everything(desk: Desk) -> None:
    desk.set(distribution="in_order", distribution_to=f"{VERA}, Никто,  {ANNA}")
    first = desk.asked("a", "b")
    desk.give()
    desk.away(VERA)
    second = desk.asked("c")
    desk.give()
    desk.away(ANNA)
    third = desk.asked("d")
    assert desk.give() == 0
    assert desk.holders(*first, *second, *third) == [VERA, VERA, ANNA, ""]


@pytest.mark.req("K-06", part="all at once")
@pytest.mark.parametrize("way", ["off", "all"])
def test_where_nobody_is_chosen_a_dialog_stays_for_whoever_takes_it(desk: Desk, way: str) -> None:
    desk.set(distribution=way)
    (dialog,) = desk.asked("a")
    assert (desk.give(), desk.holders(dialog)) == (0, [""])


def test_only_what_waits_is_given_and_what_somebody_has_stays_theirs(desk: Desk) -> None:
    desk.set(distribution="evenly")
    answered, snoozed, held, free = desk.asked("a", "b", "c", "d")
    desk.by(VERA, partial(duties.no_answer, dialog=answered))
    desk.by(VERA, lambda tx: duties.snooze(tx, snoozed, tx.now + HOUR))
    desk.by(VERA, partial(duties.assign, dialog=held, name=VERA))
    assert desk.give() == 1
    assert desk.holders(answered, snoozed, held, free) == ["", "", VERA, ANNA]


@pytest.mark.req("K-06", part="check operator availability")
def test_who_is_full_away_disabled_or_sees_other_lines_is_given_nothing(desk: Desk) -> None:
    desk.set(distribution="evenly")
    other = desk.shop.line("Розница")
    desk.shop.write(partial(operators.see_lines, name=VERA, lines=[other]))
    desk.shop.write(partial(attendance.set_limit, name=ANNA, most=1))
    desk.shop.write(partial(operators.disable, name=BORIS))
    dialogs_ = desk.asked("a", "b")
    assert (desk.give(), desk.holders(*dialogs_)) == (1, [ANNA, ""])
    assert (desk.state(ANNA), desk.state(BORIS)) == (Absence.FULL, Absence.DISABLED)
    assert VERA not in [one.operator for one in desk.shop.read(partial(desk.roster.of_line, line=desk.line))]
    desk.by(ANNA, partial(duties.no_answer, dialog=dialogs_[0]))
    assert (desk.give(), desk.holders(dialogs_[1])) == (1, [ANNA])


def test_a_limit_holds_over_all_lines_that_are_served_at_once(desk: Desk) -> None:
    desk.set(distribution="in_order", distribution_to=ANNA)
    desk.shop.write(partial(attendance.set_limit, name=ANNA, most=2))
    other = Desk(desk.shop, line := desk.shop.line("Розница"), desk.shop.channel(line=line))
    other.set(distribution="in_order", distribution_to=ANNA)
    found = [*desk.asked("a", "b"), *other.asked("c")]
    assert (desk.give(), desk.holders(*found)) == (2, [ANNA, ANNA, ""])


@pytest.mark.req("K-06", part="check operator availability")
def test_own_hours_go_before_those_of_the_line_which_hold_for_everybody_else(desk: Desk) -> None:
    """The clock stands at 17:13 in Moscow, on a Monday."""
    desk.set(hours="mon-fri 09:00-16:00", hours_calendar="none", distribution="evenly")
    assert [desk.state(name) for name in EVERYBODY] == [Absence.OUTSIDE] * 3
    desk.shop.write(partial(attendance.set_hours, name=BORIS, hours="пн-пт 14:00-22:00"))
    desk.shop.write(partial(attendance.set_hours, name=VERA, hours="mon-fri 09:00-17:00", zone="Asia/Yekaterinburg"))
    late = desk.asked("a", "b")
    assert (desk.give(), desk.holders(*late)) == (2, [BORIS, BORIS])
    vera = desk.shop.read(lambda tx: desk.roster.one(tx, VERA, desk.line))
    assert (vera.absence, vera.since, vera.until) == (Absence.OUTSIDE, CLOSED, OPENS)
    desk.set(hours_calendar="gone")
    assert desk.state(ANNA) is None, "a calendar that cannot be read closes no line"


@pytest.mark.req("K-06", part="check operator availability")
def test_what_an_absent_operator_has_is_handed_over_after_so_many_minutes_and_the_journal_says_so(desk: Desk) -> None:
    desk.set(distribution="evenly", hand_over_after=30)
    mine, answered, his = desk.asked("a", "b", "c")
    for dialog, name in ((mine, ANNA), (answered, ANNA), (his, BORIS)):
        desk.by(name, partial(duties.assign, dialog=dialog, name=name))
    desk.by(ANNA, partial(duties.no_answer, dialog=answered))
    desk.away(ANNA, until=desk.shop.clock.at + 2 * HOUR, reason="обед")
    desk.shop.clock.at += 30 * MINUTE - 1
    assert desk.give() == 0
    desk.shop.clock.at += 1
    before = desk.shop.read(journal.last)
    assert (desk.give(), desk.holders(mine, answered, his)) == (1, [BORIS, ANNA, BORIS])
    rows = desk.shop.read(lambda tx: journal.after(tx, before, n=10))
    assert [str(journal_words.sentence(row)) for row in rows] == [
        "Dialog changed: Борис answers for it",
        "Handed over to Борис: Анна is not there",
    ]
    assert rows[1].event == HandedOver(dialog=mine, before=ANNA, name=BORIS, why="away")
    assert {row.actor for row in rows} == {""}


def test_what_a_disabled_operator_or_one_after_hours_has_is_handed_over_but_whoever_is_full_keeps_it(
    desk: Desk,
) -> None:
    desk.set(distribution="in_order", hand_over_after=60, hours_calendar="none")
    dialogs_ = desk.asked("a", "b", "c")
    for dialog, name in zip(dialogs_, EVERYBODY, strict=True):
        desk.by(name, partial(duties.assign, dialog=dialog, name=name))
    desk.shop.write(partial(operators.disable, name=ANNA))
    desk.shop.write(partial(attendance.set_hours, name=BORIS, hours="mon-fri 09:00-17:00"))
    desk.shop.write(partial(attendance.set_limit, name=VERA, most=1))
    desk.shop.write(partial(operators.add, name="Яна", password_hash="", lines=()))
    desk.shop.clock.at += 30 * MINUTE
    assert (desk.give(), desk.holders(*dialogs_)) == (1, ["Яна", BORIS, VERA]), "Борис is not away for an hour yet"
    desk.shop.clock.at += 30 * MINUTE
    assert (desk.give(), desk.holders(*dialogs_)) == (1, ["Яна", "Яна", VERA])


def test_a_line_that_gives_nothing_frees_what_an_absent_operator_has_if_somebody_is_there(desk: Desk) -> None:
    desk.set(hand_over_after=5)
    (dialog,) = desk.asked("a")
    desk.by(ANNA, partial(duties.take, dialog=dialog))
    for name in EVERYBODY:
        desk.away(name)
    desk.shop.clock.at += 5 * MINUTE
    assert (desk.give(), desk.holders(dialog)) == (0, [ANNA])
    desk.by(VERA, attendance.come_back)
    assert (desk.give(), desk.holders(dialog), desk.give()) == (1, [""], 0)


def test_it_is_known_without_a_look_at_the_lines_whether_any_of_them_distributes(desk: Desk) -> None:
    known = []
    for values in ({}, {"distribution": "off"}, {"distribution": "all"}, {"distribution": ""}, {"hand_over_after": 1}):
        desk.set(**values)
        known.append(desk.shop.read(duties.are_distributed))
    assert known == [False, False, True, False, True]


def test_being_away_ends_at_its_time_or_when_one_says_so(desk: Desk) -> None:
    lunch = desk.shop.clock.at + HOUR
    desk.away(ANNA, until=lunch, reason=" обед ")
    began = desk.shop.clock.at
    desk.shop.clock.at += MINUTE
    desk.away(ANNA, until=lunch + HOUR, reason="обед")
    kept = desk.shop.read(lambda tx: duties.away(tx.by(owner(ANNA))))
    assert (kept.away_since, kept.away_until, kept.reason) == (began, lunch + HOUR, "обед")
    desk.shop.clock.at = lunch + HOUR
    assert desk.state(ANNA) is None
    assert desk.by(ANNA, attendance.come_back) is False
    desk.away(ANNA)
    assert desk.state(ANNA) is Absence.AWAY
    assert desk.by(ANNA, attendance.come_back) is True
    rows = desk.shop.read(lambda tx: journal.after(tx, 0, n=100))
    said = [str(journal_words.sentence(row)) for row in rows if isinstance(row.event, OperatorEvent)][3:]
    assert [one.partition(" until")[0] for one in said] == ["Анна: away", "Анна: away", "Анна: away", "Анна is back"]
    with pytest.raises(UsageError, match="in the past"):
        desk.away(ANNA, until=desk.shop.clock.at)


def test_only_who_manages_operators_sets_hours_and_limits_and_a_removed_account_leaves_none(desk: Desk) -> None:
    anna = desk.shop.read(lambda tx: access_of(tx, ANNA))
    for change in (partial(attendance.set_hours, hours="mon 09:00-18:00"), partial(attendance.set_limit, most=3)):
        with pytest.raises(Refused, match="may not"):
            replace(desk.shop, acting=anna).write(partial(change, name=ANNA))
        with pytest.raises(NotFound):
            desk.shop.write(partial(change, name="Никто"))
        desk.shop.write(partial(change, name=ANNA))
    desk.shop.write(lambda tx: attendance.leave(tx.by(anna)))
    kept = desk.shop.read(partial(attendance.of, name=ANNA))
    assert (kept.hours, kept.most, kept.away_since) == ("mon 09:00-18:00", 3, desk.shop.clock.at)
    desk.shop.write(partial(operators.remove, name=ANNA))
    assert desk.shop.read(partial(attendance.of, name=ANNA)) == AttendanceRow(ANNA)
    with pytest.raises(Refused):
        desk.shop.write(lambda tx: attendance.leave(tx.by(NOBODY)))
    with pytest.raises(UsageError, match="names no days"):
        desk.shop.write(partial(attendance.set_hours, name=BORIS, hours="всегда"))
    with pytest.raises(UsageError, match="from 0 to"):
        desk.shop.write(partial(attendance.set_limit, name=BORIS, most=-1))


def access_of(tx: Tx, name: str) -> Acting:
    return Acting(operators.find(tx, name).name, account=True)
