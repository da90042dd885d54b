"""What neonize tells, built with its own protobuf classes, means the right thing to the desk."""

from __future__ import annotations

import pytest

pytest.importorskip("neonize", reason="needs libmagic1: apt install libmagic1", exc_type=ImportError)

from neonize.proto import Neonize_pb2 as events
from neonize.proto.waCommon.WACommon_pb2 import MessageKey
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import (
    AudioMessage,
    ContactMessage,
    ContextInfo,
    DocumentMessage,
    ExtendedTextMessage,
    FutureProofMessage,
    ImageMessage,
    LocationMessage,
    Message,
    PollCreationMessage,
    ProtocolMessage,
    ReactionMessage,
    SenderKeyDistributionMessage,
)

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child.endings import ending
from chatapp_cli.connectors.whatsapp_web.child.feed import entry_of
from chatapp_cli.connectors.whatsapp_web.child.scene import Known
from chatapp_cli.connectors.whatsapp_web.child.translate import LASTING, group, hidden, translated
from chatapp_cli.connectors.whatsapp_web.convert import arrival
from chatapp_cli.domain.arrival import (
    DeliveryChanged,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    PeerChanged,
    PeerMoved,
    Profile,
    ReactionsChanged,
)
from chatapp_cli.domain.message import State
from tests.connectors.whatsapp_web import library
from tests.connectors.whatsapp_web.library import ANNA, ANNA_HIDDEN, AT, GROUP, OWNER, OWNER_HIDDEN
from tests.unit.kit.worlds import NOON

MEGABYTE = 1_048_576


def told(event: object, known: Known | None = None) -> tuple[object, ...]:
    """The desk's events, through the bytes of the library, the journal and the protocol."""
    entry = entry_of(event)
    again = LASTING[entry.type].FromString(entry.data)
    said = translated(again, known or Known(), entry.id)
    if said is None:
        return ()
    result = arrival(wire.encode(said), 100 * MEGABYTE, NOON)
    assert result.problem == ""
    return tuple(result.events)


def heard(event: object, known: Known | None = None) -> MessageArrived:
    (message,) = [one for one in told(event, known) if isinstance(one, MessageArrived)]
    return message


def test_a_text_arrives_with_name_phone_and_time() -> None:
    message = heard(library.text("Здравствуйте, ёлки есть?"))
    assert (message.text, message.ext_id, message.at) == ("Здравствуйте, ёлки есть?", "3EB0A1", AT)
    assert (message.sender.name, message.sender.phone) == ("Анна Белова", "+79160000001")
    assert (message.peer.key, message.peer.address, message.peer.kind) == ("+79160000001", "+79160000001", "private")
    assert not message.from_us


def test_a_quotation_names_what_it_quotes() -> None:
    content = Message(extendedTextMessage=ExtendedTextMessage(text="Да", contextInfo=ContextInfo(stanzaID="3EB0FF")))
    message = heard(library.message(content))
    assert (message.text, message.reply_to) == ("Да", "3EB0FF")


def test_a_picture_brings_its_caption_and_can_be_fetched() -> None:
    picture = ImageMessage(caption="Такая?", mimetype="image/jpeg", fileLength=1234)
    message = heard(library.message(Message(imageMessage=picture)))
    (file,) = message.files
    assert message.text == "Такая?"
    assert (file.kind, file.name, file.size, file.remote) == ("photo", "photo.jpg", 1234, "3EB0A1")


def test_a_document_keeps_its_name() -> None:
    paper = DocumentMessage(fileName="Счёт №7.pdf", mimetype="application/pdf", fileLength=10, caption="счёт")
    wrapped = Message(documentWithCaptionMessage=FutureProofMessage(message=Message(documentMessage=paper)))
    message = heard(library.message(wrapped))
    (file,) = message.files
    assert (message.text, file.kind, file.name, file.mime) == ("счёт", "document", "Счёт №7.pdf", "application/pdf")


def test_a_voice_message_has_its_length() -> None:
    voice = AudioMessage(PTT=True, seconds=7, mimetype="audio/ogg; codecs=opus", fileLength=99)
    (file,) = heard(library.message(Message(audioMessage=voice))).files
    assert (file.kind, file.name, file.mime, file.seconds) == ("voice", "voice.ogg", "audio/ogg", 7)


def test_a_file_above_the_limit_is_named_as_such() -> None:
    film = DocumentMessage(fileName="кино.mkv", fileLength=200 * MEGABYTE)
    (file,) = heard(library.message(Message(documentMessage=film))).files
    assert file.problem == "file_too_big"


def test_a_place_is_a_link_to_the_map_and_a_card_its_phone() -> None:
    place = LocationMessage(degreesLatitude=55.75, degreesLongitude=37.61, name="Садовая, 12")
    assert heard(library.message(Message(locationMessage=place))).text == (
        "Садовая, 12\nhttps://www.openstreetmap.org/?mlat=55.750000&mlon=37.610000#map=17/55.750000/37.610000"
    )
    card = ContactMessage(displayName="Борис", vcard="BEGIN:VCARD\nTEL;waid=7916:+7 916 000-00-02\nEND:VCARD")
    assert heard(library.message(Message(contactMessage=card))).text == "Борис\n+7 916 000-00-02"


def test_a_poll_and_what_is_not_known_are_shown_by_name() -> None:
    poll = PollCreationMessage(name="Когда?", options=[PollCreationMessage.Option(optionName="завтра")])
    assert heard(library.message(Message(pollCreationMessage=poll))).text == "[poll] Когда?\n– завтра"
    event = Message()
    event.eventMessage.name = "встреча"
    assert heard(library.message(event)).text == "[event]"


@pytest.mark.parametrize("wrapper", ["ephemeralMessage", "viewOnceMessageV2", "groupMentionedMessage"])
def test_what_vanishes_or_mentions_is_unwrapped(wrapper: str) -> None:
    inner = FutureProofMessage(message=Message(conversation="внутри"))
    assert heard(library.message(Message(**{wrapper: inner}))).text == "внутри"


def test_bookkeeping_of_whatsapp_says_nothing() -> None:
    keys = Message(senderKeyDistributionMessage=SenderKeyDistributionMessage(groupID=GROUP))
    assert told(library.message(keys)) == ()
    assert told(library.message(library.protocol(ProtocolMessage.HISTORY_SYNC_NOTIFICATION, "x"))) == ()
    assert told(library.text("статус", chat="status@broadcast")) == ()
    assert told(library.text("новость", chat="120363@newsletter")) == ()


def test_a_clients_broadcast_is_a_message_in_their_own_dialog() -> None:
    message = heard(library.text("Скидки всем", chat="1795000000@broadcast", sender=ANNA_HIDDEN, sender_alt=ANNA))
    assert message.peer.key == "+79160000001"
    assert told(library.text("Наша рассылка", chat="1795000000@broadcast", sender=OWNER, from_me=True)) == ()


def test_keys_that_come_along_do_not_hide_the_words() -> None:
    both = Message(conversation="слова", senderKeyDistributionMessage=SenderKeyDistributionMessage(groupID=GROUP))
    assert heard(library.message(both)).text == "слова"


def test_a_hidden_sender_whose_phone_is_told_is_the_same_person() -> None:
    by_phone = heard(library.text("раз"))
    hidden_one = library.text("раз", chat=ANNA_HIDDEN, sender=ANNA_HIDDEN, sender_alt=ANNA)
    assert heard(hidden_one).peer == by_phone.peer
    assert hidden(hidden_one) == []


def test_the_same_message_under_both_addresses_is_one_arrival() -> None:
    known = Known()
    twice = [library.text("раз"), library.text("раз", chat=ANNA_HIDDEN, sender=ANNA_HIDDEN, sender_alt=ANNA)]
    ids = {arrival(wire.encode(translated(one, known, "")), 1, NOON).provider_id for one in twice}
    assert ids == {"+79160000001/3EB0A1"}


def test_a_hidden_sender_is_looked_up_and_until_then_a_dialog_of_its_own() -> None:
    event = library.text("раз", chat=ANNA_HIDDEN, sender=ANNA_HIDDEN)
    assert hidden(event) == [ANNA_HIDDEN]
    assert heard(event).peer.key == ANNA_HIDDEN
    assert heard(event, Known(phones={ANNA_HIDDEN: "79160000001"})).peer.key == "+79160000001"


def test_learning_the_phone_moves_the_dialog() -> None:
    moves = [one for one in told(library.text("два", chat=ANNA_HIDDEN, sender_alt=ANNA)) if isinstance(one, PeerMoved)]
    assert [move.old_key for move in moves] == [ANNA_HIDDEN, ANNA, "79160000001"]
    assert {move.peer.key for move in moves} == {"+79160000001"}


def test_what_the_owner_wrote_on_the_phone_is_an_echo_in_the_clients_dialog() -> None:
    where = {"chat": ANNA_HIDDEN, "sender": OWNER_HIDDEN, "recipient_alt": ANNA, "from_me": True}
    message = heard(library.text("Ответил с телефона", **where))
    assert message.from_us
    assert message.peer.key == "+79160000001"


def test_a_group_keeps_its_address_and_names_who_wrote() -> None:
    event = library.text("Всем привет", chat=GROUP, sender=ANNA_HIDDEN, sender_alt=ANNA)
    message = heard(event, Known(titles={GROUP: "Ёлки оптом"}))
    assert group(event) == GROUP
    assert (message.peer.key, message.peer.kind, message.peer.title) == (GROUP, "group", "Ёлки оптом")
    assert (message.sender.name, message.sender.id) == ("Анна Белова", "+79160000001")


def test_an_edit_names_the_message_that_it_changes_in_both_shapes() -> None:
    bare = library.protocol(ProtocolMessage.MESSAGE_EDIT, "3EB0A1", Message(conversation="исправлено"))
    wrapped = Message(editedMessage=FutureProofMessage(message=bare))
    anna = Profile(id="+79160000001", name="Анна Белова", phone="+79160000001")
    about = {"peer_key": "+79160000001", "ext_id": "3EB0A1", "at": AT}
    expected = MessageEdited(**about, text="исправлено", from_us=False, by=anna)
    assert told(library.message(bare, "3EB0B2"))[-1] == expected
    assert told(library.message(wrapped, "3EB0B2"))[-1] == expected


def test_a_message_that_is_taken_back_is_named() -> None:
    event = library.message(library.protocol(ProtocolMessage.REVOKE, "3EB0A1"), "3EB0B3")
    anna = Profile(id="+79160000001", name="Анна Белова", phone="+79160000001")
    about = {"peer_key": "+79160000001", "ext_ids": ("3EB0A1",), "at": AT}
    assert told(event)[-1] == MessagesDeleted(**about, from_us=False, by=anna)


def test_a_reaction_and_its_removal() -> None:
    def reaction(emoji: str) -> Message:
        return Message(reactionMessage=ReactionMessage(key=MessageKey(ID="3EB0A1"), text=emoji))

    *_, loved = told(library.message(reaction("❤"), "3EB0B4"))
    *_, removed = told(library.message(reaction(""), "3EB0B5"))
    assert isinstance(loved, ReactionsChanged)
    assert isinstance(removed, ReactionsChanged)
    assert (loved.ext_id, loved.emoji, loved.person.id) == ("3EB0A1", ("❤",), "+79160000001")
    assert removed.emoji == ()


def test_receipts_tell_delivery_and_reading_of_every_message() -> None:
    kinds = events.Receipt
    (delivered,) = told(library.receipt(kinds.DELIVERED, "3EB0C1"))
    assert delivered == DeliveryChanged(ext_id="3EB0C1", state=State.DELIVERED, at=AT)
    read = told(library.receipt(kinds.READ, "3EB0C1", "3EB0C2"))
    assert [(one.ext_id, one.state) for one in read if isinstance(one, DeliveryChanged)] == [
        ("3EB0C1", State.READ),
        ("3EB0C2", State.READ),
    ]
    assert told(library.receipt(kinds.PLAYED, "3EB0C1"))[0] == DeliveryChanged(ext_id="3EB0C1", state=State.READ, at=AT)


def test_receipts_of_our_own_devices_and_misencoded_ones_mean_nothing() -> None:
    kinds = events.Receipt
    for kind in (kinds.SERVER_ERROR, kinds.READ_SELF, kinds.SENDER, kinds.RETRY, kinds.INACTIVE):
        assert told(library.receipt(kind, "3EB0C1")) == ()
    assert told(library.receipt(kinds.READ, "3EB0C1", from_me=True)) == ()


def test_groups_appear_are_renamed_and_are_left() -> None:
    known = Known(me=frozenset({OWNER, OWNER_HIDDEN}))
    (appeared,) = told(library.joined("Ёлки"), known)
    (renamed,) = told(library.group_news(name="Ёлки оптом"), known)
    (left,) = told(library.group_news(left=OWNER_HIDDEN), known)
    assert [one.peer.title for one in (appeared, renamed) if isinstance(one, PeerChanged)] == ["Ёлки", "Ёлки оптом"]
    assert isinstance(left, PeerChanged)
    assert (left.reachable, left.code, left.peer.title) == (False, "not_in_group", "Ёлки оптом")
    assert told(library.group_news(left=ANNA), known) == ()
    assert isinstance(told(library.group_news(deleted=True), known)[0], PeerChanged)


def test_every_end_of_a_connection_says_what_follows() -> None:
    reasons = events.ConnectFailureReason
    node = events.Node(Tag="failure")
    bans = events.TemporaryBan

    def outcome(event: object) -> tuple[str, str, float]:
        failure = ending(event)
        assert failure is not None
        return failure.code, failure.outcome, failure.retry_after

    def failure(reason: int) -> object:
        return events.ConnectFailure(Reason=reason, Message="", Raw=node)

    removed = events.LoggedOut(OnConnect=True, Reason=reasons.Value("MAIN_DEVICE_GONE"))
    assert outcome(removed) == ("logged_out", "rebind", 0)
    assert outcome(events.StreamReplaced()) == ("replaced", "retry", 0)
    assert outcome(events.ClientOutdated()) == ("outdated", "misconfigured", 0)
    assert outcome(bans(Code=bans.BLOCKED_BY_USERS, Expire=7200)) == ("ban_blocked", "wait", 7200)
    assert outcome(bans(Code=bans.SEND_TO_TOO_MANY_PEOPLE, Expire=0)) == ("ban_strangers", "wait", 60)
    assert outcome(failure(reasons.Value("SERVICE_UNAVAILABLE"))) == ("connect_failure", "retry", 0)
    assert outcome(failure(reasons.Value("LOGGED_OUT"))) == ("logged_out", "rebind", 0)
    assert outcome(failure(reasons.Value("CLIENT_OUTDATED"))) == ("outdated", "misconfigured", 0)
    assert ending(events.Connected(status=True)) is None
