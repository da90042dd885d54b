"""Where a waiting message stands in its channel's queue: on both databases."""

from dataclasses import replace

import pytest

from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.manifest import Rate
from chatapp_cli.services import channels, sending, transcript, turns
from chatapp_cli.services.transcript import QueuePosition
from tests.stores import EVERYTHING, Shop

A_MINUTE_EACH = replace(EVERYTHING, rates=(Rate(scope="account", limit=1, per=60.0),))


@pytest.mark.req("S-055")
def test_a_place_is_counted_in_the_channel_and_its_hour_comes_from_the_rates(shop: Shop) -> None:
    channel = shop.channel()
    shop.write(lambda tx: channels.set_health(tx, channel, "ok"))
    dialogs = [shop.message(shop.hear(channel, who=who)).dialog_id for who in ("anna", "boris", "vera")]
    sent = [
        shop.write(lambda tx, to=to: sending.enqueue(tx, A_MINUTE_EACH, to, Draft(text="да"), shop.order()))
        for to in dialogs
    ]

    def places() -> list[QueuePosition]:
        def look(tx: object) -> list[QueuePosition]:
            row = channels.one(tx, channel)
            waiting = [transcript.entry(tx, one).waiting for one in sent]
            return [turns.place(tx, row, A_MINUTE_EACH, one) for one in waiting]

        return shop.read(look)

    now = shop.clock.now()
    assert places() == [QueuePosition(1), QueuePosition(2, now + 60_000), QueuePosition(3, now + 120_000)]
    shop.write(lambda tx: channels.set_health(tx, channel, "retrying", "silent"))
    assert places() == [QueuePosition(1), QueuePosition(2), QueuePosition(3)]
