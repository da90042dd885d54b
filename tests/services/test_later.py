"""What waits for its time is changed, moved, let go and given up; what was just said can be taken back."""

import pytest

from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import State
from chatapp_cli.services import later, outbox, sending, transcript
from tests.stores import EVERYTHING, Shop, hand_over

HOUR = 3_600_000


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel()


@pytest.fixture
def dialog(shop: Shop, channel: ChannelId) -> DialogId:
    return shop.message(shop.hear(channel, ext_id="in-1")).dialog_id


def say(shop: Shop, dialog: DialogId, text: str = "Добрый день", **values: object) -> MessageId:
    order = shop.order(**values)
    return shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text=text), order))


def goes(shop: Shop, channel: ChannelId) -> str | None:
    """The text that a sender would take now."""
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    return claim and claim.outbound.text


def test_a_scheduled_message_gets_another_text_and_goes_at_once(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    message = say(shop, dialog, at=shop.clock.now() + HOUR)
    shop.write(lambda tx: later.reword(tx, EVERYTHING, message, "Доброе утро"))
    assert (shop.message(message).text, shop.message(message).state) == ("Доброе утро", State.SCHEDULED)
    assert goes(shop, channel) is None
    shop.write(lambda tx: later.reschedule(tx, EVERYTHING, message, None))
    assert goes(shop, channel) == "Доброе утро"


def test_a_scheduled_message_goes_at_its_new_time_and_not_at_the_old(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    message = say(shop, dialog, at=shop.clock.now() + HOUR)
    new = shop.clock.now() + 3 * HOUR
    shop.write(lambda tx: later.reschedule(tx, EVERYTHING, message, new))
    shop.clock.at += 2 * HOUR
    assert shop.write(outbox.promote) == []
    shop.clock.at += 2 * HOUR
    assert shop.write(outbox.promote) == [(message, channel)]


def test_what_is_on_its_way_keeps_its_text_and_its_time(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    message = say(shop, dialog)
    with pytest.raises(Refused, match="will be sent as soon as possible"):
        shop.write(lambda tx: later.reschedule(tx, EVERYTHING, message, shop.clock.now() + HOUR))
    goes(shop, channel)
    with pytest.raises(Refused, match="is not waiting any more"):
        shop.write(lambda tx: later.reword(tx, EVERYTHING, message, "Поздно"))
    assert shop.message(message).text == "Добрый день"


def test_a_new_text_has_to_fit_the_channel(shop: Shop, dialog: DialogId) -> None:
    message = say(shop, dialog, at=shop.clock.now() + HOUR)
    short = Capabilities(intake="poll", max_text=5)
    with pytest.raises(Refused, match="this channel takes 5"):
        shop.write(lambda tx: later.reword(tx, short, message, "Доброе утро"))


def test_a_reminder_is_given_up_when_the_client_writes_first(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    reminder = say(shop, dialog, "Вы ещё думаете?", at=shop.clock.now() + HOUR, unless_heard=True)
    promise = say(shop, dialog, "Товар приехал", at=shop.clock.now() + HOUR)
    shop.hear(channel, ext_id="in-2")
    states = [(shop.message(one).state, shop.message(one).code) for one in (reminder, promise)]
    assert states == [(State.CANCELLED, "heard_first"), (State.SCHEDULED, "")]


def test_what_is_held_can_be_taken_back_until_its_seconds_are_over(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    first = say(shop, dialog, "Ой", hold=7_000)
    waiting = shop.read(lambda tx: transcript.entry(tx, first)).waiting
    assert (waiting.wait_code, waiting.not_before) == ("held", shop.clock.now() + 7_000)
    assert goes(shop, channel) is None
    shop.write(lambda tx: sending.cancel(tx, first))
    say(shop, dialog, "Добрый день", hold=7_000)
    shop.clock.at += 7_000
    assert goes(shop, channel) == "Добрый день"
