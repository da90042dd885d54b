"""Choosing among many rules: the index finds what asking each in turn finds; so are rules that can never be chosen."""

from __future__ import annotations

from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_cli.domain import rule_checks, rule_cover
from chatapp_cli.domain.choosing import Chooser, Ruled
from chatapp_cli.domain.condition import (
    AllOf,
    Always,
    AnyOf,
    Condition,
    DayKind,
    FromSource,
    HasWords,
    Negated,
    Occasion,
    OnSource,
    Phrase,
    TimeSpan,
    WithinHours,
)
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.services.calendars import calendar

WORDS = ("опт", "цена", "елка", "возврат")
ZONES = ("Europe/Moscow", "Europe/Berlin")

words = st.sampled_from(WORDS)
forms = st.frozensets(words, min_size=1, max_size=2)
phrases = st.builds(Phrase, st.lists(forms, min_size=1, max_size=2).map(tuple))
some = st.frozensets(st.integers(1, 3), max_size=2)
sources = st.builds(
    FromSource, lines=some, kinds=st.frozensets(st.sampled_from(("telegram", "sms")), max_size=1), channels=some
)
spans = (
    st.tuples(st.integers(0, 47), st.integers(1, 48))
    .filter(lambda one: one[0] != one[1])
    .map(lambda one: TimeSpan(one[0] * 30, one[1] * 30))
)


def _hours(zone: str, span: list[TimeSpan], weekdays: frozenset[int], day: DayKind, by: str = "ru") -> WithinHours:
    return WithinHours(zone=ZoneInfo(zone), zone_name=zone, spans=tuple(span), weekdays=weekdays, day=day,
                       calendar=calendar(by))  # fmt: skip


times = st.builds(
    _hours, st.sampled_from(ZONES), st.lists(spans, min_size=1, max_size=2),
    st.frozensets(st.integers(0, 6), min_size=1), st.sampled_from(DayKind), st.sampled_from(("ru", "")),
)  # fmt: skip
wordings = st.builds(HasWords, st.lists(phrases, min_size=1, max_size=2).map(tuple), st.booleans())
simple: st.SearchStrategy[Condition] = st.one_of(
    st.just(Always()), sources, times,
    wordings,
)  # fmt: skip
conditions = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.builds(Negated, inner),
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)
occasions = st.builds(
    Occasion.of,
    st.builds(
        OnSource, st.integers(1, 3).map(LineId), st.sampled_from(("telegram", "sms")), st.integers(1, 3).map(ChannelId)
    ),
    st.lists(words | st.just("привет"), max_size=5).map(" ".join),
    st.integers(1_790_000_000_000, 1_830_000_000_000),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(conditions, max_size=8), st.lists(occasions, min_size=1, max_size=4))
def test_compiled_rules_choose_what_asking_each_in_turn_chooses(
    asked: list[Condition], messages: list[Occasion]
) -> None:
    rules = [Ruled(condition, number) for number, condition in enumerate(asked)]
    chooser = Chooser(rules)
    for occasion in messages:
        assert chooser.choose(occasion) == next((one.then for one in rules if one.condition.holds(occasion)), None)


alike = st.one_of(st.tuples(each, each) for each in (wordings, sources, times, conditions))


@settings(max_examples=600, deadline=None)
@given(alike, occasions)
def test_what_is_called_implied_or_never_fulfilled_is_so(two: tuple[Condition, Condition], occasion: Occasion) -> None:
    one, other = two
    if rule_checks.implies(one, other):
        assert other.holds(occasion) or not one.holds(occasion)
    if rule_checks.contradiction(one):
        assert not one.holds(occasion)
    both = AllOf((one, other))
    if rule_checks.contradiction(both):
        assert not both.holds(occasion)


@settings(max_examples=200, deadline=None)
@given(st.lists(conditions, max_size=7), st.randoms(use_true_random=False))
def test_another_order_is_judged_by_what_was_moved_as_if_all_were_compared(
    asked: list[Condition], chance: Random
) -> None:
    known = [one for number, one in enumerate(asked) if number not in {two.rule for two in rule_checks.shadows(asked)}]
    after = chance.sample(range(len(known)), len(known))
    kept = rule_checks.longest_rise(after)
    moved = [place for place, number in enumerate(after) if number not in kept]
    order = [known[number] for number in after]
    full = {two.rule for two in rule_checks.shadows(order)}
    assert {two.rule for two in rule_checks.shadows(order, moved)} == full


@pytest.mark.parametrize(("numbers", "kept"), [([1, 2, 0, 3], {1, 2, 3}), ([2, 0, 1], {0, 1}), ([], set())])
def test_as_few_rules_as_possible_count_as_moved(numbers: list[int], kept: set[int]) -> None:
    assert rule_checks.longest_rise(numbers) == kept


def has(*words: str) -> HasWords:
    return HasWords(tuple(Phrase((frozenset({word}),), word) for word in words))


def night(start: int, end: int, *weekdays: int) -> WithinHours:
    return _hours(ZONES[0], [TimeSpan(start * 60, end * 60)], frozenset(weekdays or range(7)), DayKind.ANY)


def test_a_rule_behind_one_that_takes_all_its_messages_is_found() -> None:
    shop = FromSource(lines=frozenset({LineId(1)}))
    assert rule_checks.shadows([has("опт"), AllOf((has("опт"), shop))]) == [(1, 0)]
    assert rule_checks.shadows([Always(), has("опт"), shop]) == [(1, 0), (2, 0)]
    assert rule_checks.shadows([has("опт", "цена"), has("цена")]) == [(1, 0)]
    assert rule_checks.shadows([night(20, 8), night(22, 6)]) == [(1, 0)]
    assert rule_checks.shadows([has("цена"), has("опт", "цена"), shop, Always()]) == []


def days(day: DayKind, by: str, *spans: TimeSpan) -> WithinHours:
    return _hours(ZONES[0], [*spans] or [TimeSpan(0, 1440)], frozenset(range(7)), day, by)


WORKING, OFF = days(DayKind.WORKING, "ru"), days(DayKind.OFF, "ru")


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        (Negated(night(9, 18)), night(22, 6), True),
        (Negated(night(9, 18)), night(17, 19), False),
        (Negated(night(9, 18)), AllOf((has("опт"), night(22, 6))), True),
        (Negated(night(9, 18, 0, 1)), night(9, 18, 5), True),
        (Negated(night(22, 6, 4)), night(0, 6, 5), False),
        (AnyOf((night(9, 18), has("опт"))), night(10, 12), True),
        (AnyOf((night(9, 18), Negated(night(9, 18)))), has("опт"), True),
        (night(9, 18), AllOf((night(8, 12), night(10, 20))), True),
        (Negated(AllOf((has("опт"), night(9, 18)))), night(20, 8), True),
        (Negated(WORKING), OFF, True),
        (WORKING, Negated(OFF), True),
        (Negated(WORKING), days(DayKind.OFF, ""), False),
        (Negated(days(DayKind.WORKING, "")), night(9, 18, 5, 6), True),
        (Negated(days(DayKind.WORKING, "ru", TimeSpan(1320, 360))), OFF, False),
        (Negated(FromSource(kinds=frozenset({"sms"}))), FromSource(kinds=frozenset({"telegram"})), True),
    ],
)
def test_a_rule_outside_hours_takes_what_a_later_one_within_others_waits_for(
    earlier: Condition, later: Condition, found: bool
) -> None:
    assert rule_checks.shadows([earlier, later]) == ([(1, 0)] if found else [])


def test_conditions_that_exclude_each_other_are_found() -> None:
    assert rule_checks.contradiction(AllOf((has("опт"), Negated(has("опт", "цена")))))
    assert rule_checks.contradiction(AllOf((night(9, 12), night(12, 18))))
    assert rule_checks.contradiction(AllOf((night(9, 18, 0), night(9, 18, 1))))
    assert rule_checks.contradiction(
        AllOf((FromSource(lines=frozenset({LineId(1)})), FromSource(lines=frozenset({LineId(2)}))))
    )
    assert rule_checks.contradiction(AllOf((WORKING, OFF)))
    assert rule_checks.contradiction(AllOf((has("опт"), Negated(night(0, 12)), Negated(night(12, 20)), night(8, 19))))
    assert rule_checks.contradiction(Negated(days(DayKind.ANY, "")))
    assert not rule_checks.contradiction(AllOf((has("опт", "цена"), Negated(has("опт")))))
    assert not rule_checks.contradiction(AllOf((night(22, 6, 4), night(0, 8, 5))))


def by(*kinds: str, lines: tuple[int, ...] = ()) -> FromSource:
    return FromSource(lines=frozenset(map(LineId, lines)), kinds=frozenset(kinds))


@settings(max_examples=300, deadline=None)
@given(st.lists(conditions, min_size=2, max_size=5), occasions)
def test_a_rule_that_several_cover_never_fits_what_they_leave(asked: list[Condition], occasion: Occasion) -> None:
    for rule, behind in rule_cover.covered(asked):
        assert not asked[rule].holds(occasion) or any(asked[one].holds(occasion) for one in behind)


@pytest.mark.parametrize(
    ("earlier", "later", "behind"),
    [
        ([night(8, 20), night(20, 8)], has("опт"), [0, 1]),
        ([night(8, 20), night(21, 8)], has("опт"), []),
        ([night(8, 20), has("цена"), night(20, 8)], AllOf((has("опт"), by("sms"))), [0, 2]),
        ([by("sms"), by("telegram")], by("sms", "telegram", lines=(1, 2)), [0, 1]),
        ([by("sms"), by("telegram", lines=(1,))], by("sms", "telegram", lines=(1, 2)), []),
        ([by("sms"), Negated(by("sms"))], has("опт"), [0, 1]),
        ([by("sms"), AllOf((by("telegram"), night(8, 20))), night(20, 8)], by("sms", "telegram"), [0, 1, 2]),
        ([AllOf((has("опт"), night(8, 20))), night(20, 8)], AllOf((has("опт"), by("sms"))), [0, 1]),
        ([AllOf((has("опт"), night(8, 20))), night(20, 8)], by("sms"), []),
        ([night(8, 20), night(20, 8)], Always(), []),
        ([by("sms"), by("telegram")], has("опт"), []),
    ],
)
def test_what_several_rules_take_together_is_found_where_times_and_sources_decide(
    earlier: list[Condition], later: Condition, behind: list[int]
) -> None:
    rule = len(earlier)
    for moved in (None, [rule], [rule - 1]):
        found = rule_cover.covered([*earlier, later], moved)
        assert found == ([(rule, behind)] if behind else []), moved
