"""When the next send may follow: the deadlines of a rate that is paced, the window of one that is counted."""

from __future__ import annotations

import math

import pytest

from chatapp_cli.domain.manifest import Rate
from chatapp_cli.domain.rates import EXACT, Margin, RateLog

PACED = Rate("account", limit=2, per=10)
COUNTED = Rate("account", limit=2, per=10, paced=False)
SLACK = 2.5
"""Seconds of a rate that is spread over 125: a fiftieth of its window."""
MANY = Rate("account", limit=125, per=125)


def log_of(rate: Rate, *sent: float, margin: Margin = EXACT) -> RateLog:
    log = RateLog(rate, margin)
    for at in sent:
        log.record(at)
    return log


@pytest.mark.parametrize(
    ("rate", "sent", "due"),
    [
        (PACED, (), -math.inf),
        (PACED, (100,), 105),
        (PACED, (100, 108), 110),
        (PACED, (100, 109.5), 110),
        (PACED, (100, 110), 115),
        (PACED, (100, 112), 117),
        (PACED, (100, 105, 112), 115),
        (MANY, (100, 102), 102),
        (MANY, (100, 101 + SLACK), 102 + SLACK),
        (COUNTED, (), -math.inf),
        (COUNTED, (100,), 100),
        (COUNTED, (100, 101), 110),
        (COUNTED, (100, 101, 130), 130),
    ],
)
def test_the_next_send_keeps_to_the_deadlines_unless_one_was_missed_by_far_and_to_every_window(
    rate: Rate, sent: tuple[float, ...], due: float
) -> None:
    assert log_of(rate, *sent).next_at() == due


def test_with_a_margin_deadlines_are_further_apart_and_windows_longer() -> None:
    margin = Margin(pace=1.5, span=2)
    assert log_of(PACED, 100, margin=margin).next_at() == 107.5
    assert log_of(PACED, 100, 101, margin=margin).next_at() == 120


@pytest.mark.parametrize(
    ("rate", "sent", "past"),
    [
        (PACED, (), -math.inf),
        (PACED, (100, 120), 130),
        (COUNTED, (100, 101), 111),
        (Rate("account", limit=1, per=10), (100, 103), 120),
    ],
)
def test_sends_no_longer_matter_after_their_window_and_the_next_deadline(
    rate: Rate, sent: tuple[float, ...], past: float
) -> None:
    assert log_of(rate, *sent).past_at() == past
