"""An errand is carried out once, by whoever runs the session, and its answer is kept for whoever asked."""

import json

import pytest

from chatapp_cli.domain.errors import Refused, Rejected
from chatapp_cli.domain.ids import ChannelId, SessionRequestId
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.services import journal, session_requests
from tests.stores import EVERYTHING, Shop


def ask(shop: Shop, channel: ChannelId, address: str, *, seconds: float = 60) -> SessionRequestId:
    wanted = {"address": address}
    return shop.write(lambda tx: session_requests.ask(tx, channel, SessionMethod.FIND, wanted, seconds=seconds))


def claim(shop: Shop, channel: ChannelId) -> SessionRequestId | None:
    taken = shop.write(lambda tx: session_requests.claim(tx, channel, epoch=0))
    return taken.id if taken else None


def test_errands_are_taken_in_order_once_and_only_by_their_channel(shop: Shop) -> None:
    channel, other = shop.channel(), shop.channel()
    first, second = ask(shop, channel, "+79160000001"), ask(shop, channel, "+79160000002")
    assert claim(shop, other) is None
    assert [claim(shop, channel), claim(shop, channel), claim(shop, channel)] == [first, second, None]


def test_what_nobody_waits_for_any_more_is_not_begun(shop: Shop) -> None:
    channel = shop.channel()
    ask(shop, channel, "+79160000001", seconds=5)
    shop.clock.at += 5_001
    assert claim(shop, channel) is None


def test_an_answer_and_a_refusal_are_kept_with_their_reason(shop: Shop) -> None:
    channel = shop.channel()
    numbers = [ask(shop, channel, "+79160000001"), ask(shop, channel, "+79160000002")]
    rows = [shop.write(lambda tx: session_requests.claim(tx, channel, epoch=0)) for _ in numbers]
    shop.write(lambda tx: session_requests.done(tx, rows[0], json.dumps({"name": "Анна"})))
    shop.write(lambda tx: session_requests.failed(tx, rows[1], Rejected("phone_hidden", "privacy")))
    answered, refused = (shop.read(lambda tx, n=n: session_requests.one(tx, n)) for n in numbers)
    assert (answered.state, json.loads(answered.result)) == ("done", {"name": "Анна"})
    assert (refused.state, refused.code, refused.detail, refused.result) == (
        "failed",
        "phone_hidden",
        "privacy",
        "Rejected",
    )


def test_what_an_ended_session_had_begun_is_uncertain_and_not_begun_again(shop: Shop) -> None:
    channel = shop.channel()
    begun = ask(shop, channel, "+79160000001")
    claim(shop, channel)
    waiting = ask(shop, channel, "+79160000002")
    shop.write(lambda tx: session_requests.interrupted(tx, channel))
    row = shop.read(lambda tx: session_requests.one(tx, begun))
    assert (row.state, row.code, row.result) == ("failed", "interrupted", "OutcomeUnknown")
    assert claim(shop, channel) == waiting


def test_whoever_waits_hears_of_the_end(shop: Shop) -> None:
    channel = shop.channel()
    seen = shop.read(journal.last)
    ask(shop, channel, "+79160000001")
    row = shop.write(lambda tx: session_requests.claim(tx, channel, epoch=0))
    shop.write(lambda tx: session_requests.done(tx, row, "null"))
    assert [news.event.topic for news in shop.read(lambda tx: journal.after(tx, seen))] == [
        "errand.asked",
        "errand.ended",
    ]


def test_a_channel_that_cannot_is_not_asked() -> None:
    with pytest.raises(Refused):
        session_requests.allowed(EVERYTHING, SessionMethod.CREATE_GROUP)
