"""What is late stays sent and says so, and everything that did not arrive stands in one list."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.arrival import DeliveryChanged, Peer, Profile
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal.messages import MessageStateChanged
from chatapp_cli.domain.message import COPY_FAILED, DELAYED, State
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import journal, outbox, sending, waiting
from chatapp_cli.services.journal_words import sentence
from chatapp_cli.store.named import statements
from tests.stores import EVERYTHING, NOON, ON_SQLITE, Shop, hand_over

DAY = 86_400_000


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel()


@pytest.fixture
def dialog(shop: Shop, channel: ChannelId) -> DialogId:
    return shop.message(shop.hear(channel, ext_id="in-1")).dialog_id


def handed_over(shop: Shop, channel: ChannelId, dialog: DialogId) -> outbox.Claim:
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Счёт"), shop.order()))
    found = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert found is not None
    return found


def sent(shop: Shop, channel: ChannelId, dialog: DialogId, ext_id: str) -> MessageId:
    claim = handed_over(shop, channel, dialog)
    assert shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(ext_id,))))
    return claim.message.id


def report(
    shop: Shop, channel: ChannelId, ext_id: str, state: State = State.SENT, code: str = DELAYED, detail: str = "451"
) -> None:
    shop.take(channel, DeliveryChanged(ext_id=ext_id, state=state, at=NOON, code=code, detail=detail))


def shown(shop: Shop, message: MessageId) -> tuple[str, str, str]:
    found = shop.message(message)
    return found.state, found.code, found.detail


def told(shop: Shop, message: MessageId) -> list[tuple[str, str]]:
    news = shop.read(lambda tx: journal.of_message(tx, message))
    return [(one.event.state, one.event.code) for one in news if isinstance(one.event, MessageStateChanged)]


def test_what_is_late_stays_sent_and_is_told_once(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    message = sent(shop, channel, dialog, "1")
    for _ in range(2):
        report(shop, channel, "1")
    assert shown(shop, message) == ("sent", DELAYED, "451")
    assert told(shop, message).count(("sent", DELAYED)) == 1
    assert str(sentence(shop.read(lambda tx: journal.of_message(tx, message))[-1])) == f"Message {message}: late"
    report(shop, channel, "1", detail="452 still")
    assert shown(shop, message) == ("sent", DELAYED, "452 still")


@pytest.mark.parametrize(
    ("state", "code", "after"),
    [
        (State.FAILED, "no_such_mailbox", ("failed", "no_such_mailbox", "550")),
        (State.SENT, "", ("sent", "", "")),
        (State.DELIVERED, "", ("delivered", "", "")),
    ],
)
def test_a_later_report_settles_a_delay(
    shop: Shop, channel: ChannelId, dialog: DialogId, state: State, code: str, after: tuple[str, str, str]
) -> None:
    message = sent(shop, channel, dialog, "1")
    report(shop, channel, "1")
    report(shop, channel, "1", state, code, "550" if code else "")
    assert shown(shop, message) == after


@pytest.mark.parametrize("settled", [State.FAILED, State.DELIVERED])
def test_a_delay_that_is_told_too_late_changes_nothing(
    shop: Shop, channel: ChannelId, dialog: DialogId, settled: State
) -> None:
    message = sent(shop, channel, dialog, "1")
    report(shop, channel, "1", settled, "why", "")
    report(shop, channel, "1")
    assert shown(shop, message)[:2] == (settled, "why")


def test_a_delay_proves_that_an_uncertain_message_was_sent(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    claim = handed_over(shop, channel, dialog)
    shop.write(lambda tx: outbox.leave_uncertain(tx, claim, OutcomeUnknown("lost", ids=("1",))))
    report(shop, channel, "1")
    assert shown(shop, claim.message.id) == ("sent", DELAYED, "451")


def test_everything_that_did_not_arrive_stands_in_one_list_the_newest_first(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    failed, lost = handed_over(shop, channel, dialog), None
    shop.write(lambda tx: outbox.fail(tx, failed, Rejected("no_such_mailbox", "550")))
    lost = handed_over(shop, channel, dialog)
    shop.write(lambda tx: outbox.leave_uncertain(tx, lost, OutcomeUnknown("outcome_unknown")))
    late = sent(shop, channel, dialog, "1")
    sent(shop, channel, dialog, "2")
    report(shop, channel, "1")
    found = shop.read(waiting.undelivered)
    assert [(row.id, row.state, row.code) for row in found] == [
        (late, "sent", DELAYED),
        (lost.message.id, "uncertain", "outcome_unknown"),
        (failed.message.id, "failed", "no_such_mailbox"),
    ]
    assert [row.id for row in shop.read(waiting.troubled)] == [lost.message.id, failed.message.id]
    assert [row.id for row in shop.read(lambda tx: waiting.undelivered(tx, n=1))] == [late]


def test_the_list_is_narrowed_by_channel_and_time_and_forgets_a_delay_after_a_week(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    late = sent(shop, channel, dialog, "1")
    report(shop, channel, "1")
    other = shop.channel(account="2")
    theirs = handed_over(shop, other, shop.message(shop.hear(other, ext_id="in-2")).dialog_id)
    shop.write(lambda tx: outbox.fail(tx, theirs, Rejected("blocked")))
    for narrowed, numbers in ((channel, [late]), (other, [theirs.message.id])):
        found = shop.read(lambda tx, one=narrowed: waiting.undelivered(tx, channel=one))
        assert [row.id for row in found] == numbers
    now = shop.clock.now()
    assert shop.read(lambda tx: waiting.undelivered(tx, since=now + 1)) == []
    shop.clock.at += 8 * DAY
    assert [row.id for row in shop.read(waiting.undelivered)] == [theirs.message.id]


def test_a_copy_that_did_not_arrive_stands_in_the_list_for_a_week_and_is_nobodys_failure(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    draft = Draft(text="Счёт", bcc=("vera@example.org",))
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, draft, shop.order()))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim is not None
    shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=("1",))))
    message = claim.message.id
    report = DeliveryChanged(
        ext_id="1", state=State.FAILED, at=NOON, code="no_such_mailbox", detail="550", about=("vera@example.org",)
    )
    shop.take(channel, report)
    found = shop.read(waiting.undelivered)
    assert [(row.id, row.state, row.code, row.detail) for row in found] == [
        (message, "sent", COPY_FAILED, "vera@example.org: 550")
    ]
    assert shop.read(waiting.troubled) == []
    shop.clock.at += 8 * DAY
    assert shop.read(waiting.undelivered) == []


@ON_SQLITE
def test_the_list_is_found_by_the_indexes_of_what_went_wrong(shop: Shop) -> None:
    sql = statements("sqlite")["waiting.undelivered"]
    asked = {"channel": 0, "since": 0, "late": 0, "n": 1}
    plan = shop.read(lambda tx: tx.compose(lambda *row: row[3], f"EXPLAIN QUERY PLAN {sql}", asked))
    assert "SCAN l USING INDEX ix_message_late" in plan
    assert [step for step in plan if "t USING INDEX ix_message_trouble" in step]


def test_every_list_of_what_did_not_arrive_or_waits_names_the_recipient(shop: Shop, channel: ChannelId) -> None:
    peer = Peer(key="anna@e.org order", address="anna@e.org", title="Order 5")
    sender = Profile(id="anna@e.org", name="Анна", email="anna@e.org")
    dialog = shop.message(shop.hear(channel, peer=peer, sender=sender)).dialog_id
    claim = handed_over(shop, channel, dialog)
    shop.write(lambda tx: outbox.fail(tx, claim, Rejected("no_such_mailbox", "550")))
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Ещё"), shop.order()))
    rows = shop.read(lambda tx: (*waiting.troubled(tx), *waiting.undelivered(tx), *waiting.everything(tx)))
    assert [(row.name, waiting.recipient(row)) for row in rows] == [("Order 5", "Анна (anna@e.org)")] * 3
