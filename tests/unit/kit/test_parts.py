"""A message in parts waits between them, and tells what is out where it cannot go on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, RateLimited, Rejected, Retryable
from chatapp_cli.kit.parts import send_part
from tests.unit.kit.worlds import NOON, HeldClock


class Provider:
    """Refuses a few times, then takes it."""

    def __init__(self, refusals: Sequence[ChannelError]) -> None:
        self.refusals = list(refusals)

    async def take(self) -> str:
        if self.refusals:
            raise self.refusals.pop(0)
        return "taken"


async def test_short_pauses_between_parts_are_waited_for() -> None:
    clock = HeldClock()
    provider = Provider([RateLimited("flood", retry_after=30), RateLimited("flood", retry_after=60)])
    assert await send_part(provider.take, ["1"], clock) == "taken"
    assert clock.now() == NOON + 90_000


@pytest.mark.parametrize(
    "stopped", [Rejected("refused", "no"), Retryable("busy", "no"), RateLimited("flood", "no", retry_after=61)]
)
async def test_what_stops_a_later_part_leaves_it_uncertain_with_the_ids_of_what_is_out(stopped: ChannelError) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        await send_part(Provider([stopped]).take, ["1", "2"], HeldClock())
    assert (caught.value.code, caught.value.detail, caught.value.ids) == ("sent_in_part", "no", ("1", "2"))


@pytest.mark.parametrize("stopped", [Rejected("refused"), RateLimited("flood", retry_after=1)])
async def test_before_anything_is_out_the_queue_decides(stopped: ChannelError) -> None:
    with pytest.raises(type(stopped)):
        await send_part(Provider([stopped]).take, [], HeldClock())
