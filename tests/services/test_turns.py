"""Where a waiting message stands in its channel's queue: on both databases."""

from dataclasses import replace

import pytest

from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.manifest import Rate
from chatapp_cli.services import channels, outbox, reaching, sending, transcript, turns, waiting
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
    assert places() == [
        QueuePosition(1),
        QueuePosition(2, now + 60_000, "account"),
        QueuePosition(3, now + 120_000, "account"),
    ]
    shop.write(lambda tx: channels.set_health(tx, channel, "retrying", "silent"))
    assert places() == [QueuePosition(1), QueuePosition(2), QueuePosition(3)]


BY_PHONE = replace(EVERYTHING, rates=(Rate(scope="phone", limit=1, per=180.0),))


@pytest.mark.req("S-055")
def test_each_that_waits_by_phone_is_told_its_own_turn_and_why(shop: Shop) -> None:
    channel = shop.channel()
    shop.write(lambda tx: channels.set_health(tx, channel, "ok"))
    row = shop.read(lambda tx: channels.one(tx, channel))
    for to in ("+79160000001", "+79160000002", "+79160000003", "@anna"):
        dialog = shop.write(lambda tx, to=to: reaching.dialog_for(tx, row, BY_PHONE, to))
        shop.write(lambda tx, to=dialog: sending.enqueue(tx, BY_PHONE, to, Draft(text="да"), shop.order()))

    def told() -> dict[str, tuple[int, str]]:
        waits = shop.read(lambda tx: turns.expected(tx, lambda _row: BY_PHONE, waiting.everything(tx)))
        return {one.name: (one.not_before, one.wait_code) for one in waits}

    now = shop.clock.now()
    assert told() == {
        "+79160000001": (0, ""),
        "anna": (0, ""),
        "+79160000002": (now + 180_000, "phone_pace"),
        "+79160000003": (now + 360_000, "phone_pace"),
    }
    shop.write(lambda tx: channels.set_health(tx, channel, "needs_rebind", "login_refused"))
    assert {code for _at, code in told().values()} == {""}


def test_what_waits_behind_a_pause_gives_its_reason_and_what_waits_longer_its_rate(shop: Shop) -> None:
    channel = shop.channel()
    shop.write(lambda tx: channels.set_health(tx, channel, "ok"))
    row = shop.read(lambda tx: channels.one(tx, channel))
    for to in ("+79160000001", "+79160000002", "@anna"):
        dialog = shop.write(lambda tx, to=to: reaching.dialog_for(tx, row, BY_PHONE, to))
        shop.write(lambda tx, to=dialog: sending.enqueue(tx, BY_PHONE, to, Draft(text="да"), shop.order()))
    shop.write(lambda tx: outbox.pause(tx, channel, seconds=60.0, code="flood"))
    waits = shop.read(lambda tx: turns.expected(tx, lambda _row: BY_PHONE, waiting.everything(tx)))
    now = shop.clock.now()
    assert {one.name: (one.not_before, one.wait_code) for one in waits} == {
        "+79160000001": (now + 60_000, "flood"),
        "anna": (now + 60_000, "flood"),
        "+79160000002": (now + 240_000, "phone_pace"),
    }


def test_a_wait_names_a_time_to_come_and_the_reason_of_a_channel_that_falls(shop: Shop) -> None:
    channel = shop.channel()
    dialog = shop.message(shop.hear(channel, who="anna")).dialog_id
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="да"), shop.order()))
    shop.write(lambda tx: channels.set_health(tx, channel, "retrying", "unreachable"))

    def told() -> tuple[int, str]:
        (row,) = shop.read(lambda tx: turns.expected(tx, lambda _row: EVERYTHING, waiting.everything(tx)))
        return waiting.goes_at(row), waiting.reason(row)

    shop.clock.at += 3_600_000
    assert told() == (0, "unreachable")
    shop.write(lambda tx: outbox.pause(tx, channel, seconds=60, code="rate_limited"))
    assert told()[0] == shop.clock.now() + 60_000
    shop.clock.at += 3_600_000
    assert told() == (0, "unreachable")


def test_a_channel_that_only_receives_nothing_holds_nothing(shop: Shop) -> None:
    channel = shop.channel()
    dialog = shop.message(shop.hear(channel, who="anna")).dialog_id
    sent = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="да"), shop.order()))
    shop.write(lambda tx: channels.set_health(tx, channel, "sends_only", "unreachable", look=90))
    (row,) = shop.read(lambda tx: turns.expected(tx, lambda _row: EVERYTHING, waiting.everything(tx)))
    assert (row.message_id, waiting.goes_at(row), waiting.reason(row)) == (sent, 0, "")
