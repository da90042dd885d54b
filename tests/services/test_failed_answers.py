"""A client whose answer nobody got waits again, as long as before: on both databases."""

from collections.abc import Callable, Mapping

import pytest

from chatapp_cli.domain.arrival import DeliveryChanged
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected, Retryable
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId, Millis
from chatapp_cli.domain.journal.dialogs import AnswerAwaited
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Origin, State
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import chains, dialogs, duties, journal, onward, outbox, routes, sending
from tests.stores import EVERYTHING, Shop, hand_over, said

MINUTE = 60_000
PHONE = "+79161234567"


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel()


@pytest.fixture
def dialog(shop: Shop, channel: ChannelId) -> DialogId:
    """A client who has waited for a minute."""
    found = shop.message(shop.hear(channel)).dialog_id
    shop.clock.at += MINUTE
    return found


def since(shop: Shop, dialog: DialogId) -> Millis | None:
    return shop.read(lambda tx: dialogs.card(tx, dialog).waiting_since)


def answer(shop: Shop, dialog: DialogId, **order: object) -> MessageId:
    """Write to a client; a minute passes."""
    draft, options = Draft(text="Отвечаю"), shop.order(**order)
    message = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, draft, options))
    shop.clock.at += MINUTE
    return message


def claimed(shop: Shop, channel: ChannelId) -> outbox.Claim:
    found = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert found is not None
    return found


def sent(shop: Shop, channel: ChannelId) -> str:
    """Send what comes next; returns the provider's id."""
    one = claimed(shop, channel)
    ext_id = f"sent-{one.message.id}"
    shop.write(lambda tx: outbox.succeed(tx, one, Receipt(ids=(ext_id,))))
    return ext_id


def report(shop: Shop, channel: ChannelId, ext_id: str, state: State, code: str = "") -> None:
    shop.take(channel, DeliveryChanged(ext_id=ext_id, state=state, at=shop.clock.at, code=code))


def rejected(shop: Shop, channel: ChannelId) -> None:
    one = claimed(shop, channel)
    shop.write(lambda tx: outbox.fail(tx, one, Rejected("no_such_user")))


def given_up(shop: Shop, channel: ChannelId) -> None:
    for _attempt in range(outbox.MOST_ATTEMPTS):
        one = claimed(shop, channel)
        shop.write(lambda tx, one=one: outbox.postpone(tx, one, Retryable("network"), seconds=0, counted=True))


def bounced_early(shop: Shop, channel: ChannelId) -> None:
    one = claimed(shop, channel)
    report(shop, channel, "early", State.FAILED)
    shop.write(lambda tx: outbox.succeed(tx, one, Receipt(ids=("early",))))


def bounced(shop: Shop, channel: ChannelId) -> None:
    report(shop, channel, sent(shop, channel), State.FAILED)


def bounced_after_delay(shop: Shop, channel: ChannelId) -> None:
    ext_id = sent(shop, channel)
    report(shop, channel, ext_id, State.SENT, "delayed")
    report(shop, channel, ext_id, State.FAILED)


def part_failed(shop: Shop, channel: ChannelId) -> None:
    one = claimed(shop, channel)
    shop.write(lambda tx: outbox.succeed(tx, one, Receipt(ids=("first", "second"))))
    report(shop, channel, "first", State.DELIVERED)
    report(shop, channel, "second", State.FAILED)


def uncertain(shop: Shop, channel: ChannelId) -> MessageId:
    one = claimed(shop, channel)
    shop.write(lambda tx: outbox.leave_uncertain(tx, one, OutcomeUnknown("timeout")))
    return one.message.id


def said_to_have_failed(shop: Shop, channel: ChannelId) -> None:
    message = uncertain(shop, channel)
    shop.write(lambda tx: sending.resolve(tx, message, "failed"))


def postponed(shop: Shop, channel: ChannelId) -> None:
    one = claimed(shop, channel)
    shop.write(lambda tx: outbox.postpone(tx, one, Retryable("network"), seconds=0, counted=True))


def late(shop: Shop, channel: ChannelId) -> None:
    report(shop, channel, sent(shop, channel), State.SENT, "delayed")


FAIL: Mapping[str, Callable[[Shop, ChannelId], None]] = {
    "a verdict": rejected,
    "too many attempts": given_up,
    "a bounce": bounced,
    "a bounce before the verdict": bounced_early,
    "a bounce after a delay": bounced_after_delay,
    "a part that failed": part_failed,
    "a person who looked": said_to_have_failed,
}
HOLD: Mapping[str, Callable[[Shop, ChannelId], object]] = {
    "accepted": sent,
    "uncertain": uncertain,
    "postponed": postponed,
    "late": late,
}


@pytest.mark.parametrize("fail", FAIL.values(), ids=FAIL)
def test_a_client_whose_answer_failed_waits_as_long_as_before(
    shop: Shop, channel: ChannelId, dialog: DialogId, fail: Callable[[Shop, ChannelId], None]
) -> None:
    waited = since(shop, dialog)
    answer(shop, dialog)
    assert since(shop, dialog) is None
    fail(shop, channel)
    assert (since(shop, dialog), shop.read(dialogs.waiting_count)) == (waited, 1)
    told = [row.actor for row in shop.read(lambda tx: journal.after(tx, 0)) if isinstance(row.event, AnswerAwaited)]
    assert told == [""]


@pytest.mark.parametrize("settle", HOLD.values(), ids=HOLD)
def test_an_answer_that_may_have_arrived_ends_the_wait(
    shop: Shop, channel: ChannelId, dialog: DialogId, settle: Callable[[Shop, ChannelId], object]
) -> None:
    answer(shop, dialog)
    settle(shop, channel)
    assert since(shop, dialog) is None


def test_an_answer_that_we_took_back_leaves_the_client_answered(shop: Shop, dialog: DialogId) -> None:
    message = answer(shop, dialog)
    shop.write(lambda tx: sending.cancel(tx, message))
    assert since(shop, dialog) is None


@pytest.mark.parametrize("fail", FAIL.values(), ids=FAIL)
def test_a_message_to_somebody_who_did_not_wait_makes_nobody_wait(
    shop: Shop, channel: ChannelId, dialog: DialogId, fail: Callable[[Shop, ChannelId], None]
) -> None:
    answer(shop, dialog)
    sent(shop, channel)
    answer(shop, dialog)
    fail(shop, channel)
    assert since(shop, dialog) is None


def test_an_automatic_message_that_failed_changes_nothing(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    answer(shop, dialog)
    sent(shop, channel)
    answer(shop, dialog, origin=Origin.AUTOREPLY)
    rejected(shop, channel)
    assert since(shop, dialog) is None


def test_a_later_answer_holds_and_fails_in_its_turn(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    waited = since(shop, dialog)
    answer(shop, dialog)
    first = sent(shop, channel)
    answer(shop, dialog)
    second = sent(shop, channel)
    report(shop, channel, first, State.FAILED)
    assert since(shop, dialog) is None
    report(shop, channel, second, State.FAILED)
    assert since(shop, dialog) == waited


def test_only_what_came_after_the_last_answer_waits(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    answer(shop, dialog)
    sent(shop, channel)
    again = shop.message(shop.hear(channel)).at
    answer(shop, dialog)
    report(shop, channel, sent(shop, channel), State.FAILED)
    assert since(shop, dialog) == again


def test_who_wrote_again_waits_since_what_was_never_answered(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    waited = since(shop, dialog)
    answer(shop, dialog)
    ext_id = sent(shop, channel)
    shop.hear(channel)
    report(shop, channel, ext_id, State.FAILED)
    assert since(shop, dialog) == waited


def test_no_answer_needed_holds_whatever_becomes_of_the_answer_before(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    answer(shop, dialog)
    ext_id = sent(shop, channel)
    shop.write(lambda tx: duties.no_answer(tx, dialog))
    report(shop, channel, ext_id, State.FAILED)
    assert since(shop, dialog) is None


def test_a_blacklisted_client_does_not_wait_again(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    answer(shop, dialog)
    ext_id = sent(shop, channel)
    shop.write(lambda tx: dialogs.block(tx, dialog, blocked=True))
    report(shop, channel, ext_id, State.FAILED)
    assert since(shop, dialog) is None


def test_an_answer_from_a_phone_that_bounced_is_none(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    waited = since(shop, dialog)
    shop.take(channel, said("С телефона", ext_id="phone", at=shop.clock.at, from_us=True))
    assert since(shop, dialog) is None
    report(shop, channel, "phone", State.FAILED)
    assert since(shop, dialog) == waited


def test_a_scheduled_answer_that_failed_is_none(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    waited = since(shop, dialog)
    answer(shop, dialog, at=shop.clock.at + MINUTE)
    shop.write(outbox.promote)
    assert since(shop, dialog) is None
    rejected(shop, channel)
    assert since(shop, dialog) == waited


def test_an_answer_that_is_sent_again_ends_the_wait_again(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    waited = since(shop, dialog)
    message = answer(shop, dialog)
    rejected(shop, channel)
    shop.write(lambda tx: sending.retry(tx, message))
    assert since(shop, dialog) is None
    rejected(shop, channel)
    assert since(shop, dialog) == waited


def test_a_late_proof_that_it_arrived_ends_the_wait(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    answer(shop, dialog)
    ext_id = sent(shop, channel)
    report(shop, channel, ext_id, State.FAILED)
    report(shop, channel, ext_id, State.DELIVERED)
    assert since(shop, dialog) is None


def test_what_they_wrote_meanwhile_waits_when_the_answer_is_sent_again(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    waited = since(shop, dialog)
    message = answer(shop, dialog)
    rejected(shop, channel)
    shop.hear(channel)
    shop.write(lambda tx: sending.retry(tx, message))
    assert since(shop, dialog) == waited


def able(_row: object) -> Capabilities:
    return EVERYTHING


def chained(shop: Shop, channels: list[ChannelId]) -> MessageId:
    steps = [routes.ChainStep(one, (PHONE,)) for one in channels]
    options = shop.order()
    return shop.write(lambda tx: chains.enqueue_first(tx, able, steps, Draft(text="Отвечаю"), options))


@pytest.fixture
def by_phone(shop: Shop, channel: ChannelId) -> DialogId:
    """A client with a phone, who waits."""
    event = said(who=PHONE, ext_id="phoned", at=shop.clock.at)
    shop.take(channel, event)
    shop.clock.at += MINUTE
    return DialogId(shop.read(lambda tx: tx.value("dialogs.at_key", channel=channel, key=PHONE)))


def test_an_answer_that_goes_on_through_another_channel_has_not_failed(
    shop: Shop, channel: ChannelId, by_phone: DialogId
) -> None:
    waited, other = since(shop, by_phone), shop.channel()
    message = chained(shop, [channel, other])
    rejected(shop, channel)
    assert since(shop, by_phone) is None
    assert shop.write(lambda tx: onward.continue_chain(tx, able, message)) is not None
    assert since(shop, by_phone) is None
    rejected(shop, other)
    assert since(shop, by_phone) == waited


def test_an_answer_whose_other_channel_is_gone_has_failed(shop: Shop, channel: ChannelId, by_phone: DialogId) -> None:
    waited = since(shop, by_phone)
    message = chained(shop, [channel, shop.channel(kind="mute")])
    rejected(shop, channel)
    nothing = Capabilities(intake="poll", max_text=1)
    assert shop.write(lambda tx: onward.continue_chain(tx, lambda _row: nothing, message)) is None
    assert since(shop, by_phone) == waited
