"""What arrives becomes messages, dialogs and marks; twice is once, and what cannot be used is kept."""

import pytest

from chatapp_cli.domain.arrival import (
    Arrival,
    Batch,
    ChatRead,
    DeliveryChanged,
    IncomingFile,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerChanged,
    PeerMoved,
    Profile,
    ProviderEvent,
    ReactionsChanged,
)
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.message import Origin, State
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import (
    channels,
    deadletters,
    dialogs,
    ingest,
    journal,
    operators,
    outbox,
    raw_bodies,
    reaching,
    sending,
    trace,
    transcript,
)
from chatapp_cli.store.rows.dialogs import DialogCard
from tests.services.dialogs import the_list
from tests.stores import EVERYTHING, NOON, Shop, hand_over, said


def card_of(shop: Shop, dialog: DialogId) -> DialogCard:
    return shop.read(lambda tx: dialogs.card(tx, dialog))


def dead(shop: Shop) -> list[str]:
    return [letter.problem for letter in shop.read(deadletters.everything)]


def test_a_first_message_opens_a_dialog_that_waits_and_is_unread(shop: Shop) -> None:
    channel = shop.channel()
    message = shop.message(shop.hear(channel, "Есть ли доставка?"))
    assert (message.direction, message.state, message.text, message.author) == (
        "in",
        "received",
        "Есть ли доставка?",
        "Anna",
    )
    (row,) = the_list(shop)
    assert (row.name, row.unread, row.waiting_since, row.preview) == ("Anna", 1, shop.clock.at, "Есть ли доставка?")


def test_the_same_delivery_twice_is_stored_once(shop: Shop) -> None:
    channel = shop.channel()
    batch = Batch(arrivals=(Arrival(provider_id="p", raw=b"{}", events=(said(ext_id="1", at=NOON + 1),)),))
    first = shop.write(lambda tx: ingest.ingest(tx, channel, batch))
    again = shop.write(lambda tx: ingest.ingest(tx, channel, batch))
    assert (first.messages, again.messages, again.duplicates) == (1, 0, 1)
    assert [row.unread for row in the_list(shop)] == [1]


def test_the_same_message_in_another_delivery_is_stored_once(shop: Shop) -> None:
    channel = shop.channel()
    result = shop.take(channel, said(ext_id="1", at=NOON + 1), said(ext_id="1", at=NOON + 1))
    assert (result.messages, result.duplicates) == (1, 1)
    assert [row.unread for row in the_list(shop)] == [1]


def test_an_error_in_one_arrival_rolls_back_the_batch_and_its_cursor(shop: Shop) -> None:
    channel = shop.channel(cursor="10")
    with pytest.raises(UnicodeEncodeError):
        shop.take(channel, said(ext_id="1", at=NOON + 1), said("\ud83d", ext_id="2", at=NOON + 2), cursor="20")
    row = shop.read(lambda tx: channels.one(tx, channel))
    assert (row.cursor, the_list(shop)) == ("10", [])


def test_a_batch_says_what_it_brought(shop: Shop) -> None:
    channel = shop.channel()
    new = Arrival(provider_id="1", raw=b"{}", events=(said("раз", ext_id="1", at=NOON),))
    odd = Arrival(provider_id="2", raw=b"?", problem="not_json")
    batch = Batch(arrivals=(new, new, odd, odd))
    found = shop.write(lambda tx: ingest.ingest(tx, channel, batch))
    assert found == ingest.Ingested(messages=1, duplicates=2, dead=1, files_wanted=False)
    assert dead(shop) == ["not_json"]


def test_a_dialog_and_its_person_have_numbers_of_their_own(shop: Shop) -> None:
    channel = shop.channel()
    shop.hear(channel, "Всем привет", peer=Peer(key="group", address="group", kind="group"))
    message = shop.message(shop.hear(channel, "Здравствуйте", who="anna"))
    card = card_of(shop, message.dialog_id)
    assert (card.name, shop.texts(message.dialog_id)) == ("Anna", ["Здравствуйте"])
    assert card.contact_id not in {None, message.dialog_id}


def test_what_our_code_could_not_apply_becomes_a_dead_letter_once(shop: Shop) -> None:
    channel = shop.channel()
    arrival = Arrival(provider_id="p", raw=b"\xff", events=(said("\ud83d", ext_id="2", at=NOON + 2),))
    for _ in range(2):
        shop.write(lambda tx: ingest.set_aside(tx, channel, arrival, problem="UnicodeEncodeError", cursor="7"))
    assert dead(shop) == ["UnicodeEncodeError"]
    assert shop.read(lambda tx: channels.one(tx, channel)).cursor == "7"
    (letter,) = shop.read(deadletters.everything)
    assert shop.read(lambda tx: deadletters.arrival(tx, letter)).raw == b"\xff"
    shop.write(lambda tx: deadletters.delete(tx, letter.id))
    assert shop.read(deadletters.count) == 0


def test_an_edit_keeps_what_was_said_before_and_a_repeated_one_changes_nothing(shop: Shop) -> None:
    channel = shop.channel()
    message = shop.hear(channel, "в пять", ext_id="1")
    edit = MessageEdited(peer_key="anna", ext_id="1", at=NOON + 5, text="в шесть")
    shop.take(channel, edit, edit)
    life = shop.read(lambda tx: trace.life(tx, message))
    assert (life.entry.message.text, life.entry.message.edited_at, life.said_before) == (
        "в шесть",
        NOON + 5,
        [("в пять", NOON + 5)],
    )
    assert [news.event.topic for news in life.news] == ["message.in", "message.edited"]
    assert the_list(shop)[0].preview == "в шесть"


def test_a_deleted_message_is_kept_and_marked(shop: Shop) -> None:
    channel = shop.channel()
    message = shop.hear(channel, "ой", ext_id="1")
    shop.take(channel, MessagesDeleted(peer_key="anna", ext_ids=("1", "unknown"), at=NOON + 9))
    found = shop.message(message)
    assert (found.text, found.deleted_at) == ("ой", NOON + 9)


def test_one_persons_reactions_replace_their_earlier_ones(shop: Shop) -> None:
    channel = shop.channel()
    message = shop.hear(channel, ext_id="1")
    for person, emoji in (("anna", ("👍", "🔥")), ("boris", ("👍",)), ("anna", ("👎",))):
        event = ReactionsChanged(peer_key="anna", ext_id="1", at=NOON + 1, emoji=emoji, person=Profile(id=person))
        shop.take(channel, event)
    reactions = shop.read(lambda tx: transcript.entry(tx, message)).reactions
    assert [(r.person, r.emoji) for r in reactions] == [("anna", "👎"), ("boris", "👍")]


@pytest.mark.req("S-118")
def test_a_blocked_dialog_keeps_what_arrives_but_stays_silent(shop: Shop) -> None:
    channel = shop.channel()
    dialog = shop.message(shop.hear(channel, "купите окна")).dialog_id
    shop.write(lambda tx: dialogs.block(tx, dialog, blocked=True))
    shop.hear(channel, "купите двери")
    card = card_of(shop, dialog)
    assert (card.blocked, card.unread, card.waiting_since) == (1, 0, None)
    assert shop.texts(dialog) == ["купите окна", "купите двери"]
    assert the_list(shop) == []
    assert [row.id for row in the_list(shop, DialogFilter(blocked=True))] == [dialog]


def test_a_peer_that_cannot_be_reached_can_again_once_it_writes(shop: Shop) -> None:
    channel = shop.channel()
    dialog = shop.message(shop.hear(channel)).dialog_id
    peer = Peer(key="anna", address="anna")
    shop.take(channel, PeerChanged(peer=peer, at=NOON + 1, reachable=False, code="blocked_by_client"))
    assert (card_of(shop, dialog).reachable, card_of(shop, dialog).unreachable_code) == (0, "blocked_by_client")
    shop.hear(channel)
    assert (card_of(shop, dialog).reachable, card_of(shop, dialog).unreachable_code) == (1, "")


def test_a_moved_peer_keeps_its_one_dialog(shop: Shop) -> None:
    channel = shop.channel()
    dialog = shop.message(shop.hear(channel, "до", ext_id="1")).dialog_id
    shop.take(channel, PeerMoved(old_key="anna", peer=Peer(key="anna-2", address="anna-2"), at=NOON + 2))
    shop.take(channel, said("после", ext_id="1", at=NOON + 3, peer=Peer(key="anna-2", address="anna-2")))
    assert shop.read(lambda tx: tx.value("dialogs.at_key", channel=channel, key="anna-2")) == dialog
    assert len(the_list(shop)) == 1


@pytest.mark.req("S-098")
def test_an_answer_joins_the_dialog_of_the_thread_it_descends_from(shop: Shop) -> None:
    channel = shop.channel()
    first = shop.message(shop.hear(channel, "Смета", ext_id="a", peer=Peer(key="anna\nсмета", address="anna")))
    other = Peer(key="anna\nдругая тема", address="anna")
    answer = shop.message(shop.hear(channel, "Re", ext_id="b", peer=other, thread=("x", "a")))
    stranger = shop.hear(channel, "Re", ext_id="c", peer=Peer(key="boris", address="boris"), thread=("a",))
    assert answer.dialog_id == first.dialog_id
    assert shop.message(stranger).dialog_id != first.dialog_id


def test_what_we_wrote_on_the_phone_answers_the_client(shop: Shop) -> None:
    channel = shop.channel()
    shop.hear(channel)
    message = shop.message(shop.hear(channel, "Да, есть", from_us=True))
    (row,) = the_list(shop)
    assert (message.direction, message.origin, message.state) == ("out", "phone", "sent")
    assert (row.waiting_since, row.last_direction, row.preview) == (None, "out", "Да, есть")


def test_a_new_phone_is_learned_in_one_spelling_and_found_even_after_a_rename(shop: Shop) -> None:
    channel = shop.channel()
    dialog = shop.message(shop.hear(channel)).dialog_id
    shop.write(lambda tx: dialogs.rename(tx, dialog, "Анна из Твери"))
    shop.hear(channel, sender=Profile(id="anna", name="Анна Котова", phone="8 912 000-11-22"))
    card = card_of(shop, dialog)
    assert (card.name, card.person, card.phone) == ("Анна из Твери", "Анна Котова", "+79120001122")
    for text in ("твери", "КОТОВА", "+7 (912) 000-11-22", "anna"):
        assert [row.id for row in the_list(shop, DialogFilter(text=text))] == [dialog], text
    shop.write(lambda tx: dialogs.rename(tx, dialog, ""))
    assert card_of(shop, dialog).name == "Анна Котова"


def test_a_file_that_is_still_to_be_fetched_is_wanted(shop: Shop) -> None:
    channel = shop.channel()
    files = (
        IncomingFile(kind="photo", name="a.jpg", remote="r"),
        IncomingFile(kind="document", name="b.pdf", content=b"%PDF"),
        IncomingFile(kind="video", name="c.mp4", remote="r", problem="file_too_big"),
    )
    batch = Batch(
        arrivals=(Arrival(provider_id="p", raw=b"{}", events=(said("", ext_id="1", at=NOON + 1, files=files),)),)
    )
    result = shop.write(lambda tx: ingest.ingest(tx, channel, raw_bodies.store_large(shop.media, batch)))
    (row,) = the_list(shop)
    (entry,) = shop.read(lambda tx: transcript.latest(tx, row.id))
    assert (result.files_wanted, row.preview) == (True, "a.jpg, b.pdf, c.mp4")
    assert [(f.state, f.code) for f in entry.files] == [("wanted", ""), ("here", ""), ("missing", "file_too_big")]
    assert shop.media.path(entry.files[1].sha256).read_bytes() == b"%PDF"


def test_a_large_raw_arrival_lies_among_the_files(shop: Shop) -> None:
    channel = shop.channel()
    raw = b"x" * (raw_bodies.LARGE + 1)
    batch = raw_bodies.store_large(
        shop.media, Batch(arrivals=(Arrival(provider_id="p", raw=raw, events=(said(ext_id="1", at=NOON + 1),)),))
    )
    shop.write(lambda tx: ingest.ingest(tx, channel, batch))
    (row,) = the_list(shop)
    (entry,) = shop.read(lambda tx: transcript.latest(tx, row.id))
    arrived = shop.read(lambda tx: trace.life(tx, entry.message.id)).arrived
    assert arrived is not None
    assert (arrived.raw, shop.media.path(arrived.raw_sha256).read_bytes()) == (b"", raw)


def test_a_text_of_20_mb_is_shown_in_part_and_kept_whole(shop: Shop) -> None:
    channel = shop.channel()
    words = "Ёлка зелёная. " * 800_000
    arrival = Arrival(provider_id="p", raw=b"{}", events=(said(words, ext_id="1", at=NOON + 1),))
    assert raw_bodies.has_large(Batch(arrivals=(arrival,)))
    batch = raw_bodies.store_large(shop.media, Batch(arrivals=(arrival,)))
    shop.write(lambda tx: ingest.ingest(tx, channel, batch))
    (row,) = the_list(shop)
    (entry,) = shop.read(lambda tx: transcript.latest(tx, row.id))
    (whole,) = entry.files
    assert entry.message.text == words[: raw_bodies.LONGEST_TEXT]
    assert whole.name == "message.txt"
    assert shop.media.path(whole.sha256).read_text("utf-8") == words


def test_news_of_a_message_of_ours_never_touch_a_clients_message_with_the_same_id(shop: Shop) -> None:
    channel = shop.channel()
    ours = shop.hear(channel, "наше", ext_id="7", from_us=True)
    theirs = shop.hear(channel, "чужое", ext_id="7", who="boris")
    shop.take(channel, DeliveryChanged(ext_id="7", state=State.READ, at=NOON + 3))
    assert (shop.message(ours).state, shop.message(theirs).state) == ("read", "received")


def test_whoever_tails_the_journal_sees_everything_in_order(shop: Shop) -> None:
    channel = shop.channel()
    start = shop.read(journal.last)
    shop.hear(channel)
    news = shop.read(lambda tx: journal.after(tx, start))
    assert [row.event.topic for row in news] == ["dialog.new", "message.in"]
    assert {row.event.channel for row in news} == {ChannelId(channel)}


def ours(shop: Shop, dialog: DialogId, ext_id: str, at: int) -> MessageId:
    channel = card_of(shop, dialog).channel_id
    shop.take(channel, said("от нас", ext_id=ext_id, at=at, from_us=True))
    return MessageId(shop.read(lambda tx: tx.value("messages.ref_anywhere", channel=channel, ext_id=ext_id)))


def test_a_client_who_read_up_to_a_message_read_those_before_it_and_none_after(shop: Shop) -> None:
    channel = shop.channel()
    dialog = shop.message(shop.hear(channel, ext_id="9", at=NOON + 1)).dialog_id
    numbers = [ours(shop, dialog, ext_id, at) for ext_id, at in (("10", 2), ("11", 3), ("100", 4))]
    shop.take(channel, ChatRead(peer_key="anna", ext_id="11", at=NOON + 5))
    assert [shop.message(n).state for n in numbers] == ["read", "read", "sent"]
    shop.take(
        channel,
        ChatRead(peer_key="anna", ext_id="100.77", at=NOON + 6),
        ChatRead(peer_key="nobody", ext_id="1", at=NOON + 6),
    )
    assert [shop.message(n).state for n in numbers] == ["read", "read", "read"]


def test_what_we_read_on_the_phone_is_read_here_unless_more_came(shop: Shop) -> None:
    channel = shop.channel()
    dialog = shop.message(shop.hear(channel, ext_id="9", at=NOON + 1)).dialog_id
    shop.hear(channel, ext_id="10", at=NOON + 2)
    shop.take(channel, ChatRead(peer_key="anna", ext_id="9", at=NOON + 3, by_us=True))
    assert card_of(shop, dialog).unread == 2
    shop.take(channel, ChatRead(peer_key="anna", ext_id="10", at=NOON + 3, by_us=True))
    assert card_of(shop, dialog).unread == 0


def test_two_dialogs_that_turn_out_to_be_one_person_become_one_and_lose_nothing(shop: Shop) -> None:
    channel = shop.channel()
    bare = shop.write(lambda tx: reaching.dialog_for(tx, channels.one(tx, channel), EVERYTHING, "+7 916 000-00-01"))
    queued = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, bare, Draft(text="Добрый день"), shop.order()))
    shop.write(lambda tx: dialogs.tag(tx, bare, "срочно"))
    known = shop.message(shop.hear(channel, "Это Анна", ext_id="1", at=shop.clock.at + 5)).dialog_id
    address = Peer(key="anna", address="anna")
    shop.take(channel, PeerMoved(old_key="+79160000001", peer=address, at=shop.clock.at))
    assert [row.id for row in the_list(shop)] == [known]
    assert shop.message(queued).dialog_id == known
    assert sorted(shop.texts(known)) == ["Добрый день", "Это Анна"]
    assert shop.read(lambda tx: dialogs.tags(tx, known)) == ["срочно"]
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim is not None
    assert (claim.outbound.address, claim.outbound.stranger) == ("anna", False)


@pytest.mark.req("S-117")
@pytest.mark.parametrize(
    ("then", "waiting", "unread"), [([], None, 0), ([said("Ещё вопрос", ext_id="2", at=NOON + 9)], NOON + 9, 1)]
)
def test_an_answer_by_phone_is_one_to_the_client_whose_dialog_it_turns_out_to_belong_to(
    shop: Shop, then: list[ProviderEvent], waiting: int | None, unread: int
) -> None:
    shop.write(lambda tx: operators.add(tx, "Ольга", "", ()))
    channel = shop.channel()
    known = shop.message(shop.hear(channel, "Где заказ?", ext_id="1", at=NOON + 5)).dialog_id
    bare = shop.write(lambda tx: reaching.dialog_for(tx, channels.one(tx, channel), EVERYTHING, "+7 916 000-00-01"))
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, bare, Draft(text="Уже едет"), shop.order()))
    assert card_of(shop, known).waiting_since == NOON + 5
    shop.take(channel, *then)
    shop.take(channel, PeerMoved(old_key="+79160000001", peer=Peer(key="anna", address="anna"), at=NOON + 10))
    (row,) = the_list(shop)
    assert (row.id, row.waiting_since, row.unread) == (known, waiting, unread)
    assert [one.id for one in the_list(shop, DialogFilter(waiting=True))] == ([known] if waiting else [])
    assert [one.id for one in the_list(shop, DialogFilter(unread=True))] == ([known] if unread else [])


def test_what_was_only_scheduled_or_said_by_a_machine_answers_nobody_when_dialogs_become_one(shop: Shop) -> None:
    channel = shop.channel()
    known = shop.message(shop.hear(channel, "Где заказ?", ext_id="1", at=NOON + 5)).dialog_id
    bare = shop.write(lambda tx: reaching.dialog_for(tx, channels.one(tx, channel), EVERYTHING, "+7 916 000-00-01"))
    for order in (shop.order(at=shop.clock.at + 86_400_000), shop.order(origin=Origin.AUTOREPLY)):
        shop.write(lambda tx, order=order: sending.enqueue(tx, EVERYTHING, bare, Draft(text="Мы тут"), order))
    shop.take(channel, PeerMoved(old_key="+79160000001", peer=Peer(key="anna", address="anna"), at=NOON + 10))
    assert (card_of(shop, known).waiting_since, card_of(shop, known).unread) == (NOON + 5, 1)


def test_what_failed_answers_nobody_when_dialogs_become_one(shop: Shop) -> None:
    channel = shop.channel()
    known = shop.message(shop.hear(channel, "Где заказ?", ext_id="1", at=NOON + 5)).dialog_id
    bare = shop.write(lambda tx: reaching.dialog_for(tx, channels.one(tx, channel), EVERYTHING, "+7 916 000-00-01"))
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, bare, Draft(text="Уже едет"), shop.order()))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim is not None
    assert shop.write(lambda tx: outbox.fail(tx, claim, Rejected("no_such_user")))
    shop.take(channel, PeerMoved(old_key="+79160000001", peer=Peer(key="anna", address="anna"), at=NOON + 10))
    assert (card_of(shop, known).waiting_since, card_of(shop, known).unread) == (NOON + 5, 1)


@pytest.mark.parametrize(("automatic", "waiting"), [(False, None), (True, NOON + 5)])
def test_what_a_machine_said_under_our_name_elsewhere_answers_nobody(
    shop: Shop, automatic: bool, waiting: int | None
) -> None:
    channel = shop.channel()
    known = shop.message(shop.hear(channel, "Где заказ?", ext_id="1", at=NOON + 5)).dialog_id
    shop.take(channel, said("Мы в отпуске", ext_id="2", at=NOON + 6, from_us=True, automatic=automatic))
    assert card_of(shop, known).waiting_since == waiting


def test_who_never_wrote_is_a_stranger_until_they_do(shop: Shop) -> None:
    channel = shop.channel()
    bare = shop.write(lambda tx: reaching.dialog_for(tx, channels.one(tx, channel), EVERYTHING, "@anna"))
    assert card_of(shop, bare).heard_at is None
    shop.hear(channel, ext_id="1", at=NOON + 7, peer=Peer(key="anna", address="anna"))
    assert card_of(shop, bare).heard_at == NOON + 7


def test_a_message_on_its_way_keeps_its_verdict_when_its_dialog_becomes_another(shop: Shop) -> None:
    channel = shop.channel()
    bare = shop.write(lambda tx: reaching.dialog_for(tx, channels.one(tx, channel), EVERYTHING, "+79160000001"))
    message = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, bare, Draft(text="Добрый день"), shop.order()))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    known = shop.message(shop.hear(channel, ext_id="1", at=NOON + 1)).dialog_id
    shop.take(channel, PeerMoved(old_key="+79160000001", peer=Peer(key="anna", address="anna"), at=NOON + 2))
    shop.take(channel, said("Добрый день", ext_id="7", at=NOON + 3, from_us=True))
    assert claim is not None
    assert shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=("7", "8"))))
    found = shop.message(message)
    assert (found.dialog_id, found.state, found.ext_id) == (known, "sent", "7")
    assert shop.texts(known).count("Добрый день") == 1
