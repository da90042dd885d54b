"""Accepting, refusing, taking back and repeating messages of ours, and what each verdict does."""

import pytest

from chatapp_cli.domain.arrival import DeliveryChanged, Peer, PeerChanged
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import OutcomeUnknown, Refused, Rejected, Retryable
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal.messages import MessageStateChanged
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Operation, Origin, State
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import channels, dialogs, outbox, reaching, sending, trace, transcript
from chatapp_cli.store import dialog_list
from chatapp_cli.store.named import statements
from chatapp_cli.store.rows.dialogs import DialogRow
from tests.services.dialogs import claim, say
from tests.stores import EVERYTHING, NOON, ON_SQLITE, Shop, hand_over, owner, said

BARE = Capabilities(intake="poll", max_text=10)
HOUR = 3_600_000


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel()


@pytest.fixture
def dialog(shop: Shop, channel: ChannelId) -> DialogId:
    return shop.message(shop.hear(channel, ext_id="in-1")).dialog_id


def nothing_to_claim(shop: Shop, channel: ChannelId) -> bool:
    return shop.write(lambda tx: hand_over(tx, shop.media, channel)) is None


def row_of(shop: Shop, dialog: DialogId) -> DialogRow:
    return shop.read(lambda tx: dialog_list.rows(tx, shop.driver.dialect, [dialog]))[dialog]


def test_an_accepted_message_is_shown_at_once_and_answers_the_client(shop: Shop, dialog: DialogId) -> None:
    message = say(shop, dialog)
    row = row_of(shop, dialog)
    assert (shop.message(message).state, row.last_state, row.preview) == ("queued", "queued", "Добрый день")
    assert (row.unread, row.waiting_since) == (0, None)


def test_an_automatic_answer_leaves_the_client_unread_and_waiting(shop: Shop, dialog: DialogId) -> None:
    say(shop, dialog, "Мы ответим утром", origin=Origin.AUTOREPLY)
    row = row_of(shop, dialog)
    assert (row.unread, row.waiting_since) == (1, shop.clock.at)


def test_the_same_key_again_is_the_same_message(shop: Shop, dialog: DialogId) -> None:
    key = sending.key_of("заказ 12")
    assert say(shop, dialog, "раз", key=key) == say(shop, dialog, "два", key=key)
    assert shop.texts(dialog) == ["Здравствуйте", "раз"]


FILE = StagedFile(name="a.pdf", mime="application/pdf", size=1, sha256="0" * 64)


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (Draft(text=" "), "empty"),
        (Draft(text="а" * 11), "text_too_long"),
        (Draft(text="а", subject="б"), "no_subject"),
        (Draft(text="а", reply_to=MessageId(1)), "no_replies"),
        (Draft(files=[FILE]), "no_files"),
    ],
)
def test_what_the_channel_cannot_carry_is_refused_with_its_reason(
    shop: Shop, dialog: DialogId, draft: Draft, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        shop.write(lambda tx: sending.enqueue(tx, BARE, dialog, draft, shop.order()))
    assert refused.value.code == code
    assert str(refused.value.next_step)


def test_nothing_goes_to_whom_we_blocked_or_who_cannot_be_reached(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    shop.write(lambda tx: dialogs.block(tx, dialog, blocked=True))
    with pytest.raises(Refused, match="blacklist"):
        say(shop, dialog)
    shop.write(lambda tx: dialogs.block(tx, dialog, blocked=False))
    shop.take(channel, PeerChanged(peer=Peer(key="anna", address="anna"), at=NOON + 1, reachable=False))
    with pytest.raises(Refused, match="cannot be reached"):
        say(shop, dialog)


def test_only_a_message_of_this_dialog_that_the_provider_knows_can_be_quoted(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    other = shop.hear(channel, who="boris")
    here = shop.read(lambda tx: transcript.latest(tx, dialog))[0].message.id
    with pytest.raises(Refused, match="cannot be quoted"):
        shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="а", reply_to=other), shop.order()))
    message = shop.write(
        lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="а", reply_to=here), shop.order())
    )
    assert shop.message(message).reply_to == "in-1"


@pytest.mark.req("S-120")
@pytest.mark.req("S-123")
@pytest.mark.parametrize(
    ("to", "again"),
    [("@Anna_K", "@anna_k"), ("+7 912 000-11-22", "8 (912) 000 11 22"), ("Anna@Example.org", "anna@example.org")],
)
def test_a_new_address_opens_a_dialog_and_the_same_address_finds_it(
    shop: Shop, channel: ChannelId, to: str, again: str
) -> None:
    row = shop.read(lambda tx: channels.one(tx, channel))
    opened = shop.write(lambda tx: reaching.dialog_for(tx, row, EVERYTHING, to))
    assert shop.write(lambda tx: reaching.dialog_for(tx, row, EVERYTHING, again)) == opened


@pytest.mark.req("S-120")
def test_a_channel_that_cannot_write_first_says_so(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    row = shop.read(lambda tx: channels.one(tx, channel))
    with pytest.raises(Refused) as refused:
        shop.write(lambda tx: reaching.dialog_for(tx, row, BARE, "@boris"))
    assert refused.value.code == "cannot_write_first"
    assert shop.write(lambda tx: reaching.dialog_for(tx, row, BARE, "anna")) == dialog


@pytest.mark.req("S-079")
def test_a_public_comment_can_be_answered_at_its_own_address_and_nothing_else_is_begun(
    shop: Shop, channel: ChannelId
) -> None:
    row = shop.read(lambda tx: channels.one(tx, channel))
    can = Capabilities(intake="poll", comments=r"wall-\d+_\d+_r\d+")
    opened = shop.write(lambda tx: reaching.dialog_for(tx, row, can, "wall-42_7_r19"))
    assert shop.write(lambda tx: reaching.dialog_for(tx, row, can, "wall-42_7_r19")) == opened
    with pytest.raises(Refused, match="cannot write first"):
        shop.write(lambda tx: reaching.dialog_for(tx, row, can, "7001"))


@pytest.mark.req("S-098")
def test_every_subject_is_a_dialog_of_its_own_where_the_channel_is_set_so(shop: Shop) -> None:
    number = shop.channel(settings={"by_subject": "on"})
    row = shop.read(lambda tx: channels.one(tx, number))

    def dialog_about(subject: str) -> DialogId:
        return shop.write(lambda tx: reaching.dialog_for(tx, row, EVERYTHING, "anna@example.org", subject=subject))

    assert dialog_about("Смета") == dialog_about("Re: смета")
    assert dialog_about("Смета") != dialog_about("Договор")


def test_a_scheduled_message_waits_is_promoted_and_then_shown_as_said(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    message = say(shop, dialog, "Напоминаем", at=shop.clock.at + HOUR)
    assert (shop.message(message).state, row_of(shop, dialog).preview) == ("scheduled", "Здравствуйте")
    assert shop.write(outbox.promote) == []
    assert nothing_to_claim(shop, channel)
    shop.clock.at += HOUR
    assert shop.write(outbox.promote) == [(message, channel)]
    row = row_of(shop, dialog)
    assert (row.preview, row.last_state, row.waiting_since) == ("Напоминаем", "queued", None)
    assert shop.message(message).at == shop.clock.at
    assert claim(shop, channel).message.id == message


def test_what_a_client_wrote_after_it_was_scheduled_is_not_answered_by_it(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    say(shop, dialog, "сразу")
    say(shop, dialog, "Напоминаем", at=shop.clock.at + HOUR)
    shop.clock.at += HOUR
    shop.hear(channel, "А ещё вопрос")
    shop.write(outbox.promote)
    assert (row_of(shop, dialog).unread, row_of(shop, dialog).waiting_since) == (1, shop.clock.at)


def test_what_is_not_claimed_can_be_taken_back_and_what_is_cannot(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    first, second = say(shop, dialog, "раз"), say(shop, dialog, "два", at=shop.clock.at + HOUR)
    shop.write(lambda tx: sending.cancel(tx, second))
    claim(shop, channel)
    with pytest.raises(Refused) as refused:
        shop.write(lambda tx: sending.cancel(tx, first))
    assert (refused.value.code, shop.message(second).state) == ("too_late", "cancelled")


def test_a_receipt_makes_it_sent_and_later_news_move_it_on_but_never_back(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    message = say(shop, dialog)
    mine = claim(shop, channel)
    assert mine.outbound.text == "Добрый день"
    assert shop.write(lambda tx: outbox.succeed(tx, mine, Receipt(ids=("77",), at=NOON + 5)))
    assert (shop.message(message).state, shop.message(message).ext_id, shop.message(message).at) == (
        "sent",
        "77",
        NOON + 5,
    )
    for state in (State.READ, State.DELIVERED):
        shop.take(channel, DeliveryChanged(ext_id="77", state=state, at=NOON + 6))
    assert (shop.message(message).state, row_of(shop, dialog).last_state) == ("read", "read")


def test_news_that_overtake_the_receipt_are_not_lost(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    message = say(shop, dialog)
    mine = claim(shop, channel)
    shop.take(channel, DeliveryChanged(ext_id="78", state=State.DELIVERED, at=NOON + 6))
    shop.take(channel, DeliveryChanged(ext_id="79", state=State.FAILED, code="no_such_user", at=NOON + 6))
    shop.write(lambda tx: outbox.succeed(tx, mine, Receipt(ids=("77", "78", "79"))))
    assert (shop.message(message).state, shop.message(message).code) == ("failed", "no_such_user")


def test_of_a_message_in_parts_a_failure_of_any_part_counts(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    message = say(shop, dialog)
    mine = claim(shop, channel)
    shop.write(lambda tx: outbox.succeed(tx, mine, Receipt(ids=("77", "78"))))
    shop.take(channel, DeliveryChanged(ext_id="78", state=State.READ, at=NOON + 6))
    assert shop.message(message).state == "sent"
    shop.take(channel, DeliveryChanged(ext_id="78", state=State.FAILED, code="too_big", at=NOON + 6))
    assert (shop.message(message).state, shop.message(message).code) == ("failed", "too_big")


@pytest.mark.parametrize("echo_first", [True, False])
def test_the_providers_copy_and_the_receipt_end_in_one_row(
    shop: Shop, channel: ChannelId, dialog: DialogId, echo_first: bool
) -> None:
    message = say(shop, dialog)
    mine = claim(shop, channel)

    def echo() -> None:
        for ext_id in ("77", "78"):
            shop.hear(channel, "Добрый день", ext_id=ext_id, from_us=True)

    if echo_first:
        echo()
    assert shop.write(lambda tx: outbox.succeed(tx, mine, Receipt(ids=("77", "78"))))
    if not echo_first:
        for ext_id in ("77", "78"):
            shop.take(channel, said("Добрый день", ext_id=ext_id, at=NOON + 1, from_us=True))
    assert shop.texts(dialog) == ["Здравствуйте", "Добрый день"]
    assert (shop.message(message).state, row_of(shop, dialog).last_state) == ("sent", "sent")


def test_an_id_that_another_message_bears_takes_nothing_from_it(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    first, second = say(shop, dialog, "раз"), say(shop, dialog, "два")
    for ext_id in ("77", "77"):
        mine = claim(shop, channel)
        assert shop.write(lambda tx, mine=mine, ext_id=ext_id: outbox.succeed(tx, mine, Receipt(ids=(ext_id,))))
    assert [shop.message(m).state for m in (first, second)] == ["sent", "sent"]
    third = say(shop, dialog, "себе")
    shop.hear(channel, "себе", ext_id="80")
    mine = claim(shop, channel)
    assert shop.write(lambda tx: outbox.succeed(tx, mine, Receipt(ids=("80",))))
    assert shop.message(third).state == "sent"
    assert shop.texts(dialog) == ["Здравствуйте", "раз", "два", "себе", "себе"]


def uncertain(shop: Shop, channel: ChannelId, *ids: str) -> None:
    mine = claim(shop, channel)
    assert shop.write(lambda tx: outbox.leave_uncertain(tx, mine, OutcomeUnknown("timeout", ids=ids)))


def test_a_copy_that_came_before_proves_that_an_unknown_outcome_was_good(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    message = say(shop, dialog)
    shop.hear(channel, "Добрый день", ext_id="77", from_us=True)
    uncertain(shop, channel, "77")
    assert (shop.message(message).state, shop.texts(dialog)) == ("sent", ["Здравствуйте", "Добрый день"])


def test_a_copy_that_comes_later_proves_it_too(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    message = say(shop, dialog)
    uncertain(shop, channel, "77")
    assert shop.message(message).state == "uncertain"
    shop.hear(channel, "Добрый день", ext_id="77", from_us=True)
    assert (shop.message(message).state, shop.texts(dialog)) == ("sent", ["Здравствуйте", "Добрый день"])


def test_a_person_decides_about_an_uncertain_message(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    first, second = say(shop, dialog, "раз"), say(shop, dialog, "два")
    uncertain(shop, channel)
    uncertain(shop, channel)
    assert nothing_to_claim(shop, channel)
    shop.write(lambda tx: sending.resolve(tx, first, "sent"))
    shop.write(lambda tx: sending.retry(tx, second))
    assert (shop.message(first).state, shop.message(first).code) == ("sent", "said_by_person")
    assert claim(shop, channel).outbound.key == shop.message(second).key
    with pytest.raises(Refused, match="not uncertain"):
        shop.write(lambda tx: sending.resolve(tx, first, "failed"))
    with pytest.raises(Refused, match="nothing to retry"):
        shop.write(lambda tx: sending.retry(tx, first))


def test_a_refusal_fails_it_and_the_trace_tells_the_whole_life(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    message = say(shop, dialog)
    again = claim(shop, channel)
    error = Retryable("busy", "503")
    shop.write(lambda tx: outbox.postpone(tx, again, error, seconds=2, counted=True))
    assert nothing_to_claim(shop, channel)
    waiting = shop.read(lambda tx: transcript.entry(tx, message)).waiting
    assert waiting is not None
    assert (waiting.wait_code, waiting.not_before, waiting.attempts) == ("busy", shop.clock.at + 2000, 1)
    shop.clock.at += 2000
    last = claim(shop, channel)
    shop.write(lambda tx: outbox.fail(tx, last, Rejected("no_such_user", "gone")))
    life = shop.read(lambda tx: trace.life(tx, message))
    assert (life.entry.message.state, life.entry.message.code, life.entry.message.detail) == (
        "failed",
        "no_such_user",
        "gone",
    )
    assert [(a.verdict, a.code) for a in life.attempts] == [("postponed", "busy"), ("failed", "no_such_user")]
    states = [news.event.state for news in life.news if isinstance(news.event, MessageStateChanged)]
    assert states == ["sending", "queued", "sending", "failed"]


def test_after_too_many_counted_attempts_a_person_has_to_look(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    message = say(shop, dialog)
    for _ in range(outbox.MOST_ATTEMPTS):
        mine = claim(shop, channel)
        shop.write(lambda tx, mine=mine: outbox.postpone(tx, mine, Retryable("busy"), seconds=0, counted=True))
    assert (shop.message(message).state, shop.message(message).code) == ("failed", "busy")


def test_a_sender_that_lost_its_claim_records_nothing(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    message = say(shop, dialog)
    old = claim(shop, channel)
    shop.write(lambda tx: outbox.postpone(tx, old, Retryable("interrupted"), seconds=0, counted=False))
    new = claim(shop, channel)
    for late in (
        lambda tx: outbox.succeed(tx, old, Receipt(ids=("1",))),
        lambda tx: outbox.fail(tx, old, Rejected("x")),
        lambda tx: outbox.leave_uncertain(tx, old, OutcomeUnknown("x")),
        lambda tx: outbox.postpone(tx, old, Retryable("x"), seconds=0, counted=True),
    ):
        assert shop.write(late) is False
    assert shop.message(message).state == "sending"
    assert shop.write(lambda tx: outbox.succeed(tx, new, Receipt(ids=("2",))))
    assert shop.message(message).ext_id == "2"


def test_edits_deletions_and_reactions_are_asked_carried_out_and_seen(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    message = say(shop, dialog)
    mine = claim(shop, channel)
    shop.write(lambda tx: outbox.succeed(tx, mine, Receipt(ids=("77",))))
    for action, value in ((Operation.EDIT, "Добрый вечер"), (Operation.REACT, "👍"), (Operation.DELETE, "")):
        shop.acting = owner("Пётр")
        shop.write(lambda tx, a=action, v=value: sending.change(tx, EVERYTHING, message, a, v, options=shop.order()))
        mine = claim(shop, channel)
        assert (mine.row.action, mine.row.value, mine.row.actor) == (action, value, "Пётр")
        assert shop.write(lambda tx, mine=mine: outbox.succeed(tx, mine, Receipt(ids=())))
    entry = shop.read(lambda tx: transcript.entry(tx, message))
    assert (entry.message.text, entry.message.deleted_at) == ("Добрый вечер", shop.clock.at)
    assert [(r.person, r.emoji, r.name) for r in entry.reactions] == [("", "👍", "Пётр")]
    assert shop.read(lambda tx: trace.life(tx, message)).said_before == [("Добрый день", shop.clock.at)]
    with pytest.raises(Refused, match="was deleted"):
        shop.write(lambda tx: sending.change(tx, EVERYTHING, message, Operation.EDIT, "x", options=shop.order()))


@pytest.mark.parametrize("action", [Operation.EDIT, Operation.DELETE, Operation.REACT])
def test_what_a_channel_cannot_do_to_a_message_is_refused(shop: Shop, dialog: DialogId, action: Operation) -> None:
    message = say(shop, dialog)
    for can, code in ((BARE, "not_here"), (EVERYTHING, "not_sent")):
        with pytest.raises(Refused) as refused:
            shop.write(lambda tx, can=can: sending.change(tx, can, message, action, "x", options=shop.order()))
        assert refused.value.code == code


def test_the_filter_for_those_who_wait_no_longer_shows_who_was_answered(shop: Shop, dialog: DialogId) -> None:
    waiting = DialogFilter(waiting=True)
    assert shop.read(lambda tx: dialog_list.ids(tx, shop.driver.dialect, waiting)) == [dialog]
    say(shop, dialog)
    assert shop.read(lambda tx: dialog_list.ids(tx, shop.driver.dialect, waiting)) == []


@pytest.mark.req("S-056")
def test_whom_we_write_to_first_is_called_what_we_say_until_they_tell_their_name(shop: Shop) -> None:
    channel = shop.channel()
    dialog = shop.write(lambda tx: reaching.dialog_for(tx, channels.one(tx, channel), EVERYTHING, "+79160000001"))
    draft = Draft(text="Добрый день", first_name="Анна", last_name="Белова")
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, draft, shop.order()))
    card = shop.read(lambda tx: dialogs.card(tx, dialog))
    assert (card.name, card.person, card.first_name, card.last_name) == ("Анна Белова", "Анна Белова", "Анна", "Белова")
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim is not None
    assert (claim.outbound.first_name, claim.outbound.last_name) == ("Анна", "Белова")


@ON_SQLITE
def test_the_next_message_is_found_without_sorting_all_that_wait(shop: Shop) -> None:
    sql = statements("sqlite")["outbox.claim"]
    asked = {"channel": 1, "epoch": 0, "now": shop.clock.now()}
    plan = shop.write(lambda tx: tx.compose(lambda *row: row[3], f"EXPLAIN QUERY PLAN {sql}", asked))
    assert "SEARCH o USING INDEX ix_outbox_claim (channel_id=? AND state=?)" in plan
    assert not [step for step in plan if "TEMP B-TREE" in step]
