"""What is told of callers that are turned away."""

from __future__ import annotations

from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.ports.connector import HookReply
from chatapp_cli.runtime.acceptance import REPORT_EVERY, Refusals
from tests.unit.kit.worlds import HeldClock


def test_refusals_are_told_at_once_and_then_counted_for_an_hour() -> None:
    clock = HeldClock()
    refusals, wrong, unknown = Refusals(clock), HookReply(status=401), HookReply(status=404)
    assert [refusals.news(reply) for reply in (wrong, wrong, unknown, wrong)] == [1, 0, 1, 0]
    clock.at += round(REPORT_EVERY * 1000)
    assert [refusals.news(reply) for reply in (wrong, unknown)] == [3, 1]


def test_what_was_taken_put_off_or_kept_for_a_person_is_no_refusal() -> None:
    refusals = Refusals(HeldClock())
    kept = Batch(arrivals=(Arrival(provider_id="1", raw=b"", problem="odd"),))
    for reply in (HookReply(), HookReply(status=503), HookReply(status=422, batch=kept)):
        assert refusals.news(reply) == 0
