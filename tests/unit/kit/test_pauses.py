"""A provider's idea of a pause, and what is made of it."""

from __future__ import annotations

import pytest

from chatapp_cli.kit.pauses import pause


@pytest.mark.parametrize(
    ("said", "seconds"),
    [(30, 30), (0.5, 0.5), (None, 7), (0, 7), (-5, 7), (float("inf"), 7), (float("nan"), 7)],
)
def test_a_pause_is_as_long_as_usual_where_none_is_told_that_a_clock_can_show(
    said: float | None, seconds: float
) -> None:
    assert pause(said, 7) == seconds
