"""What happens to a message afterwards: only its author changes it, in whatever order things come, at a real time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import (
    Arrival,
    Batch,
    DeliveryChanged,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerMoved,
    Profile,
    ProviderEvent,
    ReactionsChanged,
)
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.message import Operation, State
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import channels, ingest, outbox, sending, trace, transcript, upkeep
from chatapp_cli.store.rows.messages import MessageRow
from tests.services.dialogs import claim, say, the_list
from tests.stores import EVERYTHING, NOON, Shop, said

DAY = 86_400_000


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel()


def the_messages(shop: Shop) -> list[MessageRow]:
    (dialog,) = the_list(shop)
    return [entry.message for entry in shop.read(lambda tx: transcript.latest(tx, dialog.id, n=100))]


def test_a_receipt_from_another_century_leaves_the_message_where_it_stood(shop: Shop, channel: ChannelId) -> None:
    dialog = shop.message(shop.hear(channel)).dialog_id
    message = say(shop, dialog)
    mine = claim(shop, channel)
    shop.write(lambda tx: outbox.succeed(tx, mine, Receipt(ids=("7",), at=10**16)))
    assert shop.message(message).at == shop.clock.at


def test_an_echo_is_our_message_even_if_no_database_takes_its_id(shop: Shop, channel: ChannelId) -> None:
    dialog = shop.message(shop.hear(channel, "Где заказ?")).dialog_id
    message = say(shop, dialog)
    mine = claim(shop, channel)
    shop.write(lambda tx: outbox.succeed(tx, mine, Receipt(ids=("7\0",), texts=("7\0",))))
    shop.take(channel, said("повтор", ext_id=border.external_id("7\0"), at=NOON, from_us=True))
    assert len(shop.texts(dialog)) == 2
    assert shop.message(message).ext_id == border.external_id("7\0")


@pytest.mark.parametrize("from_us", [True, False])
def test_nobody_but_the_author_edits_or_deletes_in_a_chat_of_two(shop: Shop, channel: ChannelId, from_us: bool) -> None:
    dialog = shop.message(shop.hear(channel, "вопрос", ext_id="theirs")).dialog_id
    shop.take(channel, said("цена 100 000", ext_id="ours", at=NOON, from_us=True))
    foreign, own = ("theirs", "ours") if from_us else ("ours", "theirs")
    shop.take(
        channel,
        MessageEdited(peer_key="anna", ext_id=foreign, at=NOON, text="1 рубль", from_us=from_us),
        MessagesDeleted(peer_key="anna", ext_ids=(foreign,), at=NOON, from_us=from_us),
        MessageEdited(peer_key="anna", ext_id=own, at=NOON, text="исправлено", from_us=from_us),
    )
    found = {m.ext_id: (m.text, m.deleted_at) for m in the_messages(shop) if m.dialog_id == dialog}
    untouched = "вопрос" if from_us else "цена 100 000"
    assert found == {foreign: (untouched, None), own: ("исправлено", None)}


def test_in_a_group_one_member_does_not_rewrite_another_but_an_admin_may_take_it_back(
    shop: Shop, channel: ChannelId
) -> None:
    number = shop.hear(channel, "пишет Боря", ext_id="1", sender=Profile(id="boris", name="Боря"))
    edit = MessageEdited(peer_key="anna", ext_id="1", at=NOON, text="чужое", from_us=False, by=Profile(id="anna"))
    revoke = MessagesDeleted(peer_key="anna", ext_ids=("1",), at=NOON, from_us=False, by=Profile(id="anna"))
    shop.take(channel, edit, revoke)
    assert (shop.message(number).text, shop.message(number).deleted_at) == ("пишет Боря", None)
    news = [row.event.topic for row in shop.read(lambda tx: trace.life(tx, number)).news]
    assert news.count("message.not_theirs") == 2
    own = MessageEdited(
        peer_key="anna", ext_id="1", at=NOON, text="Боря поправил", from_us=False, by=Profile(id="boris")
    )
    shop.take(channel, own)
    assert shop.message(number).text == "Боря поправил"
    shop.take(channel, MessagesDeleted(peer_key="anna", ext_ids=("1",), at=NOON, by=Profile(id="x"), by_admin=True))
    assert shop.message(number).deleted_at == NOON


EARLY: dict[str, ProviderEvent] = {
    "edited": MessageEdited(peer_key="anna", ext_id="1", at=NOON, text="после правки"),
    "deleted": MessagesDeleted(peer_key="anna", ext_ids=("1",), at=NOON),
    "reacted": ReactionsChanged(peer_key="anna", ext_id="1", at=NOON, emoji=("👍",), person=Profile(id="anna")),
}


@pytest.mark.parametrize("known", [True, False], ids=["in a known dialog", "before the dialog's first message"])
@pytest.mark.parametrize("early", EARLY)
def test_a_change_that_overtakes_its_message_is_seen_once_the_message_is_there(
    shop: Shop, channel: ChannelId, early: str, known: bool
) -> None:
    if known:
        shop.hear(channel, ext_id="0", at=NOON)
    shop.take(channel, EARLY[early])
    shop.hear(channel, "в другом чате", ext_id="1", who="boris")
    number = shop.hear(channel, "как написано", ext_id="1", at=NOON)
    entry = shop.read(lambda tx: transcript.entry(tx, number))
    seen = (entry.message.text, entry.message.deleted_at, [r.emoji for r in entry.reactions])
    assert (
        seen
        == {
            "edited": ("после правки", None, []),
            "deleted": ("как написано", NOON, []),
            "reacted": ("как написано", None, ["👍"]),
        }[early]
    )
    again = shop.hear(channel, "как написано", ext_id="1", at=NOON)
    assert again == number


@pytest.mark.parametrize("joins", [True, False], ids=["two dialogs become one", "the dialog moves"])
def test_a_change_finds_its_message_also_after_the_chat_has_moved(shop: Shop, channel: ChannelId, joins: bool) -> None:
    shop.hear(channel, ext_id="0", at=NOON)
    if joins:
        shop.hear(channel, ext_id="2", at=NOON, who="anna-2")
    shop.take(channel, EARLY["edited"])
    shop.take(channel, PeerMoved(old_key="anna", peer=Peer(key="anna-2", address="anna-2"), at=NOON))
    number = shop.hear(channel, "как написано", ext_id="1", at=NOON, who="anna-2")
    assert shop.message(number).text == "после правки"


def test_early_changes_happen_in_their_order_and_only_by_the_author(shop: Shop, channel: ChannelId) -> None:
    shop.take(
        channel,
        *(MessageEdited(peer_key="anna", ext_id="1", at=NOON, text=text, from_us=False) for text in ("раз", "два")),
        MessageEdited(peer_key="anna", ext_id="1", at=NOON, text="не их", from_us=True),
    )
    number = shop.hear(channel, "начало", ext_id="1", at=NOON)
    assert shop.message(number).text == "два"
    assert [text for text, _ in shop.read(lambda tx: trace.life(tx, number)).said_before] == ["начало", "раз"]


def test_a_reaction_that_comes_before_our_own_receipt_stays_with_our_message(shop: Shop, channel: ChannelId) -> None:
    dialog = shop.message(shop.hear(channel)).dialog_id
    message = say(shop, dialog)
    mine = claim(shop, channel)
    shop.take(
        channel, ReactionsChanged(peer_key="anna", ext_id="77", at=NOON, emoji=("🔥",), person=Profile(id="anna"))
    )
    shop.write(lambda tx: outbox.succeed(tx, mine, Receipt(ids=("77",))))
    assert [r.emoji for r in shop.read(lambda tx: transcript.entry(tx, message)).reactions] == ["🔥"]


def placeholder(**values: object) -> MessageArrived:
    return said("[ожидается сообщение]", ext_id="1", placeholder=True, **{"at": NOON} | values)


def test_the_message_takes_the_place_of_what_stood_for_it_and_waits_for_an_answer_again(
    shop: Shop, channel: ChannelId
) -> None:
    shop.take(channel, placeholder())
    dialog = the_list(shop)[0]
    shop.write(lambda tx: tx.run("dialogs.read", id=dialog.id))
    result = shop.take(channel, said("Сколько стоит доставка?", ext_id="1", at=NOON + 5, subject="Реклама"))
    (message,) = the_messages(shop)
    assert (message.text, message.subject, message.at) == ("Сколько стоит доставка?", "Реклама", NOON + 5)
    assert (result.messages, result.duplicates) == (1, 0)
    (row,) = the_list(shop)
    assert (row.preview, row.unread, row.waiting_since) == ("Сколько стоит доставка?", 1, NOON)


@pytest.mark.parametrize("first", [placeholder(), said("текст", ext_id="1", at=NOON)], ids=["itself", "a message"])
def test_a_placeholder_replaces_nothing(shop: Shop, channel: ChannelId, first: MessageArrived) -> None:
    shop.take(channel, first, placeholder())
    (message,) = the_messages(shop)
    (row,) = the_list(shop)
    assert (message.text, row.unread) == (first.text, 1)


def test_our_own_message_that_could_not_be_shown_is_replaced_too(shop: Shop, channel: ChannelId) -> None:
    shop.hear(channel, ext_id="0")
    shop.take(channel, placeholder(from_us=True))
    shop.take(channel, said("с телефона", ext_id="1", at=NOON, from_us=True))
    assert sorted(m.text for m in the_messages(shop)) == ["Здравствуйте", "с телефона"]
    assert the_list(shop)[0].unread == 1


def test_what_took_a_placeholders_place_is_not_replaced_by_another(shop: Shop, channel: ChannelId) -> None:
    shop.take(
        channel, placeholder(), said("текст", ext_id="1", at=NOON), said("подменённый текст", ext_id="1", at=NOON)
    )
    assert [m.text for m in the_messages(shop)] == ["текст"]


def test_what_changes_a_placeholder_changes_the_message_that_takes_its_place(shop: Shop, channel: ChannelId) -> None:
    shop.take(channel, placeholder(), MessageEdited(peer_key="anna", ext_id="1", at=NOON, text="исправлено"))
    assert [m.text for m in the_messages(shop)] == ["[ожидается сообщение]"]
    shop.take(channel, said("как было", ext_id="1", at=NOON))
    assert [m.text for m in the_messages(shop)] == ["исправлено"]


@pytest.mark.parametrize(
    "other", [{"sender": Profile(id="boris")}, {"from_us": True}], ids=["another member", "we ourselves"]
)
def test_nobody_else_takes_the_place_of_somebodys_message(
    shop: Shop, channel: ChannelId, other: dict[str, object]
) -> None:
    shop.take(channel, placeholder(), said("подделка", ext_id="1", at=NOON, **other), said("своё", ext_id="1", at=NOON))
    assert [m.text for m in the_messages(shop)] == ["своё"]


@pytest.mark.parametrize("first", ["the placeholder's", "the message's"])
def test_when_two_chats_become_one_the_message_stays_and_its_placeholder_goes(
    shop: Shop, channel: ChannelId, first: str
) -> None:
    stands = placeholder(peer=Peer(key="phone", address="phone"))
    words = said("настоящее", ext_id="1", at=NOON, peer=Peer(key="lid", address="lid"))
    shop.take(channel, stands, words)
    old, new = ("phone", "lid") if first == "the placeholder's" else ("lid", "phone")
    shop.take(channel, PeerMoved(old_key=old, peer=Peer(key=new, address=new), at=NOON))
    assert [m.text for m in the_messages(shop)] == ["настоящее"]
    (row,) = the_list(shop)
    assert row.preview == "настоящее"


def test_a_change_waits_also_for_a_later_message_of_a_dialog_that_was_not_there(shop: Shop, channel: ChannelId) -> None:
    shop.take(channel, MessageEdited(peer_key="anna", ext_id="2", at=NOON, text="исправлено"))
    shop.hear(channel, "первое", ext_id="1", at=NOON)
    assert shop.message(shop.hear(channel, "второе", ext_id="2", at=NOON)).text == "исправлено"


def test_dialogs_stop_looking_for_changes_once_these_are_forgotten(shop: Shop, channel: ChannelId) -> None:
    shop.take(channel, MessageEdited(peer_key="anna", ext_id="2", at=NOON, text="исправлено"))
    dialog = shop.message(shop.hear(channel, "первое", ext_id="1", at=NOON)).dialog_id
    assert shop.read(lambda tx: tx.value("dialogs.early_key", id=dialog)) == "anna"
    shop.clock.at += 2 * DAY
    shop.write(upkeep.delete_early_changes)
    assert shop.read(lambda tx: tx.value("dialogs.early_key", id=dialog)) is None


def test_two_mails_that_share_an_id_are_two_messages_and_the_same_one_again_is_not(
    shop: Shop, channel: ChannelId
) -> None:
    first = said("заявка 1", ext_id="<c@x>", at=NOON, spare_id="<c@x>#1")
    second = said("заявка 2", ext_id="<c@x>", at=NOON, spare_id="<c@x>#2")
    shop.take(channel, first, second, second)
    assert sorted((m.ext_id, m.text) for m in the_messages(shop)) == [("<c@x>", "заявка 1"), ("<c@x>#2", "заявка 2")]


def test_what_a_machine_wrote_waits_like_anything_else_unless_nobody_need_look_at_it(
    shop: Shop, channel: ChannelId
) -> None:
    shop.take(channel, said("Заказ 17", ext_id="1", at=NOON, automatic=True))
    assert the_list(shop)[0].unread == 1
    shop.take(channel, said("Я в отпуске", ext_id="2", at=NOON, automatic=True, silent=True))
    assert the_list(shop)[0].unread == 1


def split(shop: Shop, channel: ChannelId, receipt: Receipt) -> tuple[DialogId, outbox.Claim]:
    dialog = shop.message(shop.hear(channel)).dialog_id
    say(shop, dialog)
    mine = claim(shop, channel)
    shop.write(lambda tx: outbox.succeed(tx, mine, receipt))
    return dialog, mine


@pytest.mark.parametrize(
    ("action", "texts", "parts"),
    [
        (Operation.DELETE, ("3",), ("1", "2", "3")),
        (Operation.EDIT, ("3",), ("3",)),
        (Operation.EDIT, (), ("1",)),
        (Operation.EDIT, ("2", "3"), ("2", "3")),
        (Operation.REACT, ("3",), ("1",)),
    ],
)
def test_a_change_of_a_split_message_means_the_right_parts(
    shop: Shop, channel: ChannelId, action: Operation, texts: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    _, mine = split(shop, channel, Receipt(ids=("1", "2", "3"), texts=texts))
    order = shop.order()
    shop.write(lambda tx: sending.change(tx, EVERYTHING, mine.message.id, action, "иначе", options=order))
    assert claim(shop, channel).parts == parts


def test_what_was_taken_back_while_it_waited_for_its_turn_is_not_handed_over(shop: Shop, channel: ChannelId) -> None:
    dialog = shop.message(shop.hear(channel)).dialog_id
    message = say(shop, dialog)
    mine = shop.write(lambda tx: outbox.claim(tx, shop.media, channel))
    assert mine is not None
    assert shop.message(message).state == State.QUEUED
    shop.write(lambda tx: sending.cancel(tx, message))
    assert shop.write(lambda tx: outbox.begin(tx, mine)) is False
    assert shop.message(message).state == State.CANCELLED


def test_after_delivered_nothing_is_left_of_the_chain_whatever_is_reported_then(shop: Shop, channel: ChannelId) -> None:
    _, mine = split(shop, channel, Receipt(ids=("1",)))
    shop.write(lambda tx: tx.run("chain.put", id=mine.message.id, chain='{"steps": [[2, "anna"]]}'))
    shop.take(channel, DeliveryChanged(ext_id="1", state=State.DELIVERED, at=NOON))
    shop.take(channel, DeliveryChanged(ext_id="1", state=State.FAILED, code="undelivered", at=NOON))
    assert shop.message(mine.message.id).state == State.DELIVERED
    assert not shop.read(lambda tx: tx.value("chain.of", id=mine.message.id))


def test_a_part_that_failed_is_told_also_after_the_first_was_delivered_and_goes_no_other_way(
    shop: Shop, channel: ChannelId
) -> None:
    _, mine = split(shop, channel, Receipt(ids=("1", "2")))
    shop.write(lambda tx: tx.run("chain.put", id=mine.message.id, chain='{"steps": [[2, "anna"]]}'))
    shop.take(channel, DeliveryChanged(ext_id="1", state=State.DELIVERED, at=NOON))
    shop.take(channel, DeliveryChanged(ext_id="2", state=State.FAILED, code="too_big", at=NOON))
    assert (shop.message(mine.message.id).state, shop.message(mine.message.id).code) == (State.FAILED, "too_big")
    assert shop.read(lambda tx: tx.value("chain.of", id=mine.message.id)) == ""


@pytest.mark.parametrize("state", [State.SENT, State.DELIVERED, State.READ])
def test_what_the_provider_tells_under_our_key_while_its_answer_is_waited_for_proves_the_send(
    shop: Shop, channel: ChannelId, state: State
) -> None:
    dialog = shop.message(shop.hear(channel)).dialog_id
    message = say(shop, dialog)
    mine = claim(shop, channel)
    shop.take(channel, DeliveryChanged(ext_id="77", state=state, at=NOON, key=mine.outbound.key))
    assert shop.message(message).state == State.SENDING
    shop.write(lambda tx: outbox.leave_uncertain(tx, mine, OutcomeUnknown("timeout")))
    assert (shop.message(message).state, shop.message(message).ext_id) == (state, "77")


def test_an_id_that_was_only_expected_proves_nothing_of_the_next_attempt(shop: Shop, channel: ChannelId) -> None:
    dialog = shop.message(shop.hear(channel)).dialog_id
    message = say(shop, dialog)
    first = claim(shop, channel)
    shop.write(lambda tx: outbox.leave_uncertain(tx, first, OutcomeUnknown("timeout", ids=("77",))))
    shop.write(lambda tx: sending.retry(tx, message))
    second = claim(shop, channel)
    shop.write(lambda tx: outbox.leave_uncertain(tx, second, OutcomeUnknown("timeout", ids=("78",))))
    assert shop.message(message).state == State.UNCERTAIN


@pytest.mark.parametrize("proof", ["a receipt", "an echo"])
def test_what_a_person_sends_again_and_turns_out_to_be_there_does_not_go_twice(
    shop: Shop, channel: ChannelId, proof: str
) -> None:
    dialog = shop.message(shop.hear(channel)).dialog_id
    message = say(shop, dialog)
    mine = claim(shop, channel)
    shop.write(lambda tx: outbox.leave_uncertain(tx, mine, OutcomeUnknown("timeout", ids=("77",))))
    shop.write(lambda tx: sending.retry(tx, message))
    news = DeliveryChanged(ext_id="77", state=State.DELIVERED, at=NOON)
    shop.take(channel, news if proof == "a receipt" else said("Добрый день", ext_id="77", at=NOON, from_us=True))
    assert shop.message(message).state == (State.DELIVERED if proof == "a receipt" else State.SENT)
    assert shop.write(lambda tx: outbox.claim(tx, shop.media, channel)) is None


@pytest.mark.parametrize("fails", [True, False])
def test_what_was_read_stays_read_while_a_program_is_told_once_more(
    shop: Shop, channel: ChannelId, fails: bool
) -> None:
    _, mine = split(shop, channel, Receipt(ids=("1",)))
    shop.take(channel, DeliveryChanged(ext_id="1", state=State.READ, at=NOON))
    row, can = shop.read(lambda tx: channels.one(tx, channel)), replace(EVERYTHING, idempotent_send=True)
    assert shop.write(lambda tx: sending.replay(tx, row, can, sending.sent_since(tx, row, 0))) == 1
    again = claim(shop, channel)
    assert shop.message(mine.message.id).state == State.READ
    verdict = (
        partial(outbox.fail, claim=again, error=Rejected("too_big"))
        if fails
        else partial(outbox.succeed, claim=again, receipt=Receipt(ids=("1",)))
    )
    shop.write(verdict)
    assert shop.message(mine.message.id).state == State.READ


@pytest.mark.parametrize("there", [True, False], ids=["the message is there already", "it comes afterwards"])
def test_a_change_that_waits_for_a_dialog_that_was_never_there_follows_the_chats_new_name(
    shop: Shop, channel: ChannelId, there: bool
) -> None:
    if there:
        shop.hear(channel, "как было", ext_id="1", at=NOON, who="phone")
    shop.take(channel, MessageEdited(peer_key="lid", ext_id="1", at=NOON, text="исправлено"))
    shop.take(channel, PeerMoved(old_key="lid", peer=Peer(key="phone", address="phone"), at=NOON))
    if not there:
        shop.hear(channel, "как было", ext_id="1", at=NOON, who="phone")
    assert [m.text for m in the_messages(shop)] == ["исправлено"]


def test_raw_is_kept_of_what_bears_an_impossible_time(shop: Shop, channel: ChannelId) -> None:
    arrival = Arrival(provider_id="p", raw=b'{"at": 99999999999999}', events=(said(ext_id="1", at=99999999999999),))
    shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(arrival,))))
    (message,) = the_messages(shop)
    kept = shop.read(lambda tx: trace.life(tx, message.id)).arrived
    assert kept is not None
    assert bytes(kept.raw) == b'{"at": 99999999999999}'
