"""What VK delivers, and what the desk shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.connectors.vk.convert import WANTED, Reader
from chatapp_cli.connectors.vk.names import Book, mentioned
from chatapp_cli.domain.arrival import (
    ChatRead,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerChanged,
    Profile,
    ProviderEvent,
    ReactionsChanged,
)
from chatapp_cli.kit.manifests import manifest
from tests.contract.connector_contract import ODD

US = 42
NOW = 1_795_000_000_000
CHAT = 2_000_000_005
ANNA = Profile(id="7001", name="Анна Белова")
BORIS = Profile(id="7002", name="Борис Ёлкин")
READER = Reader(community=US, max_download=1000, book=Book({7001: ANNA, 7002: BORIS}))


def event(kind: str, content: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode({"type": kind, "event_id": "e1", "group_id": US, "v": "5.199", "object": content})


def read(kind: str, content: Mapping[str, Any]) -> ProviderEvent:
    arrival = READER.arrival(event(kind, content), NOW)
    assert (arrival.problem, arrival.provider_id) == ("", "e1")
    (found,) = arrival.events
    return found


def said(**content: Any) -> dict[str, Any]:
    head = {"id": 100, "conversation_message_id": 12, "date": 1_790_000_000, "from_id": 7001, "peer_id": 7001}
    return {**head, "out": 0, "text": "", "version": 3, **content}


def new(**content: Any) -> MessageArrived:
    found = read("message_new", {"message": said(**content), "client_info": {"keyboard": True}})
    assert isinstance(found, MessageArrived)
    return found


def attached(kind: str, **content: Any) -> MessageArrived:
    return new(attachments=[{"type": kind, kind: content}])


@pytest.mark.req("S-077")
def test_a_text_arrives_with_its_writer_and_its_number_in_the_conversation() -> None:
    assert new(text="Ёлки есть?") == MessageArrived(
        peer=Peer(key="7001", address="7001"), ext_id="12", at=1_790_000_000_000, text="Ёлки есть?", sender=ANNA
    )


@pytest.mark.req("S-077")
def test_a_voice_message_is_fetched_as_ogg_and_knows_its_length() -> None:
    (file,) = attached(
        "audio_message", id=5, owner_id=7001, duration=9, link_ogg="https://vk.test/5.ogg", link_mp3="https://vk.test/5"
    ).files
    assert (file.kind, file.name, file.mime, file.seconds) == ("voice", "voice_5.ogg", "audio/ogg", 9)
    assert file.remote == "https://vk.test/5.ogg"


@pytest.mark.req("S-077")
def test_of_a_photo_the_largest_size_is_fetched_in_whatever_order_they_are_listed() -> None:
    sizes = [
        {"type": "w", "width": 2000, "height": 1000, "url": "https://vk.test/large"},
        {"type": "s", "width": 75, "height": 50, "url": "https://vk.test/small"},
    ]
    for listed in (sizes, sizes[::-1]):
        (file,) = attached("photo", id=6, owner_id=7001, sizes=listed).files
        assert (file.kind, file.name, file.remote) == ("photo", "photo_6.jpg", "https://vk.test/large")


@pytest.mark.req("S-077")
@pytest.mark.parametrize(
    ("doc", "kind", "name", "mime", "problem"),
    [
        ({"title": "Прайс.pdf", "ext": "pdf", "size": 10}, "document", "Прайс.pdf", "application/pdf", ""),
        ({"title": "Прайс", "ext": "pdf", "size": 10}, "document", "Прайс.pdf", "application/pdf", ""),
        ({"title": "Песня.ogg", "ext": "ogg", "size": 10}, "audio", "Песня.ogg", "audio/ogg", ""),
        ({"title": "кино.bin", "ext": "bin", "size": 1001}, "document", "кино.bin", None, "file_too_big"),
        ({}, "document", "document_7", None, ""),
    ],
)
def test_documents_keep_their_names_and_those_that_are_too_large_say_so(
    doc: dict[str, Any], kind: str, name: str, mime: str | None, problem: str
) -> None:
    (file,) = attached("doc", id=7, owner_id=7001, url="https://vk.test/doc", **doc).files
    assert (file.kind, file.name, file.problem, file.remote) == (kind, name, problem, "https://vk.test/doc")
    assert file.mime == (mime or "application/octet-stream")


@pytest.mark.req("S-077")
def test_a_place_is_its_name_and_a_link_to_the_map() -> None:
    message = new(text="я тут", geo={"type": "point", "coordinates": {"latitude": 55.75, "longitude": 37.6}})
    link = "https://www.openstreetmap.org/?mlat=55.750000&mlon=37.600000#map=17/55.750000/37.600000"
    assert message.text == f"я тут\n{link}"
    named = new(geo={"coordinates": {"latitude": 55.75, "longitude": 37.6}, "place": {"title": "Красная площадь"}})
    assert named.text == f"Красная площадь\n{link}"
    assert new(geo={"place": {"title": "Двор"}}).text == "Двор"


@pytest.mark.req("S-077")
@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("video", {"id": 8, "owner_id": -1, "title": "Обзор"}, "🎬 Обзор\nhttps://vk.com/video-1_8"),
        ("video", {"id": 8, "owner_id": -1, "access_key": "k"}, "🎬\nhttps://vk.com/video-1_8_k"),
        ("wall", {"id": 9, "from_id": -3, "text": "Акция"}, "https://vk.com/wall-3_9\nАкция"),
        ("wall", {"id": 9, "owner_id": -4, "from_id": -3}, "https://vk.com/wall-4_9"),
        ("wall_reply", {"id": 5, "post_id": 9, "owner_id": -4}, "https://vk.com/wall-4_9?reply=5"),
        ("market", {"id": 4, "owner_id": -4, "title": "Ёлка"}, "🛒 Ёлка\nhttps://vk.com/product-4_4"),
        ("story", {"id": 4, "owner_id": 7001}, "https://vk.com/story7001_4"),
        ("link", {"url": "https://example.org", "title": "Пример"}, "Пример https://example.org"),
        ("audio", {"id": 1, "owner_id": 1, "artist": "Хор", "title": "Песня"}, "🎵 Хор – Песня"),
        ("poll", {"id": 1, "question": "Когда?", "answers": [{"text": "Сегодня"}]}, "📊 Когда?\n• Сегодня"),
        ("gift", {"id": 1}, "[gift]"),
        ("photo", {"id": "one"}, "[photo]"),
        ("photo", {"id": 1, "sizes": []}, "[photo]"),
        ("something_new", {"id": 1}, "[something_new]"),
    ],
)
def test_what_is_no_file_can_be_read_and_what_is_unknown_is_named(
    kind: str, content: dict[str, Any], text: str
) -> None:
    message = attached(kind, **content)
    assert (message.text, message.files) == (text, ())


@pytest.mark.parametrize("broken", [{}, {"type": 5}, {"type": "photo"}, {"type": "photo", "photo": None}])
def test_a_broken_attachment_does_not_hide_its_message(broken: dict[str, Any]) -> None:
    message = new(text="Смотрите", attachments=[broken])
    assert message.text.startswith("Смотрите\n[")


def test_songs_stickers_and_drawings_are_files_where_vk_gives_them() -> None:
    song = attached("audio", id=1, artist="Хор", title="Песня", url="https://vk.test/1.mp3", duration=60).files[0]
    assert (song.kind, song.name, song.seconds) == ("audio", "Хор – Песня.mp3", 60)
    images = [
        {"url": "https://vk.test/64", "width": 64, "height": 64},
        {"url": "https://vk.test/512", "width": 512, "height": 512},
    ]
    sticker = attached("sticker", sticker_id=3, images=images).files[0]
    assert (sticker.kind, sticker.remote) == ("sticker", "https://vk.test/512")
    drawing = attached("graffiti", id=2, owner_id=1, url="https://vk.test/g", width=1, height=1).files[0]
    assert (drawing.kind, drawing.name) == ("photo", "graffiti_2.png")


def test_forwarded_messages_are_readable_with_their_writers_and_files() -> None:
    photo = {"type": "photo", "photo": {"id": 1, "sizes": [{"width": 1, "height": 1, "url": "https://vk.test/p"}]}}
    inner = {"from_id": 9, "date": 1, "text": "до\nпосле", "conversation_message_id": 1}
    outer = {"from_id": 7002, "date": 1, "text": "раз", "fwd_messages": [inner], "attachments": [photo]}
    message = new(text="вот", fwd_messages=[outer])
    assert message.text == "вот\n↪ Борис Ёлкин\n> раз\n> ↪ 9\n> > до\n> > после"
    assert [file.remote for file in message.files] == ["https://vk.test/p"]


def test_a_quotation_names_the_message_that_it_answers() -> None:
    assert new(text="да", reply_message={"from_id": -US, "date": 1, "conversation_message_id": 11}).reply_to == "11"


def test_mentions_lose_their_markup() -> None:
    assert new(text="[club42|@bazar], [id7002|Борис] [заказ] [1|2]").text == "@bazar, Борис [заказ] [1|2]"


def test_an_address_behind_words_is_not_lost_and_other_formatting_leaves_the_text_alone() -> None:
    parts = [
        {"type": "url", "offset": 3, "length": 5, "url": "https://bazar.example/price"},
        {"type": "bold", "offset": 3, "length": 5},
    ]
    formatted = {"text": "🎄 прайс", "format_data": {"version": "1", "items": parts}}
    assert new(**formatted).text == "🎄 прайс (https://bazar.example/price)"
    forwarded = {"from_id": 7002, "date": 1, "conversation_message_id": 1, **formatted}
    assert new(fwd_messages=[forwarded]).text == "↪ Борис Ёлкин\n> 🎄 прайс (https://bazar.example/price)"


@pytest.mark.parametrize("odd", [[], None, "{}", {"items": [{"type": "url", "offset": "3"}]}])
def test_formatting_in_a_form_that_nobody_described_costs_no_message(odd: object) -> None:
    assert new(text="🎄 прайс", format_data=odd).text == "🎄 прайс"


def test_an_administrators_answer_is_ours_and_bears_their_name_and_a_programmes_bears_none() -> None:
    ours = said(out=1, from_id=-US, text="Есть")
    by_hand = read("message_reply", {**ours, "admin_author_id": 7002})
    by_api = read("message_reply", {**ours, "random_id": 77})
    assert isinstance(by_hand, MessageArrived)
    assert isinstance(by_api, MessageArrived)
    assert (by_hand.from_us, by_hand.sender, by_hand.peer.key) == (True, BORIS, "7001")
    assert (by_api.from_us, by_api.sender) == (True, Profile())


def test_in_a_group_chat_the_chat_is_the_dialog_and_other_communities_are_machines() -> None:
    message = new(peer_id=CHAT, from_id=7002, id=0, text="Привет")
    assert (message.peer, message.sender, message.automatic) == (
        Peer(key=str(CHAT), address=str(CHAT), kind="group"),
        BORIS,
        False,
    )
    assert new(peer_id=CHAT, from_id=-7, text="Я бот").automatic


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"type": "chat_title_update", "text": "Ёлки 2026"}, ("Ёлки 2026", True, "")),
        ({"type": "chat_create", "text": "Ёлки"}, ("Ёлки", True, "")),
        ({"type": "chat_kick_user", "member_id": -US}, ("", False, "removed_from_chat")),
        ({"type": "chat_invite_user", "member_id": -US}, ("", True, "")),
    ],
)
def test_what_happens_to_a_group_chat_changes_its_dialog(action: dict[str, Any], expected: tuple[Any, ...]) -> None:
    change = read("message_new", {"message": said(peer_id=CHAT, action=action)})
    assert isinstance(change, PeerChanged)
    assert (change.peer.title, change.reachable, change.code) == expected
    assert change.peer.kind == "group"


@pytest.mark.parametrize("action", [{"type": "chat_photo_update"}, {"type": "chat_kick_user", "member_id": 7002}])
def test_other_service_messages_are_nobodys_words(action: dict[str, Any]) -> None:
    assert READER.arrival(event("message_new", {"message": said(peer_id=CHAT, action=action)}), NOW).events == ()


def test_edits_reads_and_reactions() -> None:
    assert read("message_edit", said(text="Две ёлки", update_time=1_790_000_060)) == MessageEdited(
        peer_key="7001", ext_id="12", at=1_790_000_060_000, text="Две ёлки", from_us=False, by=ANNA
    )
    seen = {"peer_id": 7001, "read_message_id": 99, "conversation_message_id": 12}
    assert read("message_read", {"from_id": 7001, **seen}) == ChatRead(peer_key="7001", ext_id="12", at=NOW)
    assert read("message_read", {"from_id": -US, **seen}) == ChatRead(peer_key="7001", ext_id="12", at=NOW, by_us=True)
    mark = {"reacted_id": 7001, "peer_id": 7001, "cmid": 12}
    for number, emoji in ((1, ("❤",)), (4, ("👍",)), (16, ("🎉",)), (40, ("[40]",)), (0, ())):
        content = {**mark, "reaction_id": number} if number else mark
        assert read("message_reaction_event", content) == ReactionsChanged(
            peer_key="7001", ext_id="12", at=NOW, emoji=emoji, person=ANNA
        )


@pytest.mark.req("S-076")
def test_permission_and_its_end_change_whether_a_person_can_be_reached() -> None:
    peer = Peer(key="7001", address="7001")
    allowed = read("message_allow", {"user_id": 7001, "key": ""})
    assert allowed == PeerChanged(peer=Peer(key="7001", address="7001", title="Анна Белова"), at=NOW)
    denied = read("message_deny", {"user_id": 7001})
    assert denied == PeerChanged(peer=peer, at=NOW, reachable=False, code="denied")
    assert "denied" in manifest("vk").errors


def comment(**content: Any) -> dict[str, Any]:
    head = {"id": 678, "from_id": 7001, "date": 1_790_000_000, "post_id": 45, "owner_id": -US, "post_owner_id": -US}
    return {**head, "text": "Почём?", **content}


LINKS = "↪ https://vk.com/wall-42_45\n💬 https://vk.com/wall-42_45?reply=678"


@pytest.mark.req("S-079")
@pytest.mark.req("S-080", part="comments and private messages, without a CRM")
def test_a_comment_arrives_in_its_writers_dialog_with_links_to_its_post_and_to_itself() -> None:
    assert read("wall_reply_new", comment(reply_to_comment=600)) == MessageArrived(
        peer=Peer(key="7001", address="7001"),
        ext_id="wall-42_45_r678",
        at=1_790_000_000_000,
        text=f"Почём?\n\n{LINKS}",
        sender=ANNA,
        reply_to="wall-42_45_r600",
    )
    photo = {"type": "photo", "photo": {"id": 1, "sizes": [{"width": 1, "height": 1, "url": "https://vk.test/p"}]}}
    wordless = read("wall_reply_new", comment(text="", attachments=[photo]))
    assert isinstance(wordless, MessageArrived)
    assert (wordless.text, len(wordless.files)) == (LINKS, 1)


def test_our_own_public_answer_is_shown_to_whom_it_answers_and_a_comment_to_nobody_is_not() -> None:
    ours = read("wall_reply_new", comment(from_id=-US, reply_to_user=7001, reply_to_comment=600))
    assert isinstance(ours, MessageArrived)
    assert (ours.from_us, ours.peer.key, ours.ext_id) == (True, "7001", "ours:wall-42_45_r678")
    assert READER.arrival(event("wall_reply_new", comment(from_id=-US)), NOW).events == ()


def test_another_communitys_comment_is_answered_where_it_stands() -> None:
    theirs = read("wall_reply_new", comment(from_id=-7))
    assert isinstance(theirs, MessageArrived)
    assert theirs.peer == Peer(key="wall-42_45_r678", address="wall-42_45_r678")
    assert theirs.automatic


def test_comments_are_changed_and_taken_away() -> None:
    assert read("wall_reply_edit", comment(text="Сколько?")) == MessageEdited(
        peer_key="7001", ext_id="wall-42_45_r678", at=NOW, text=f"Сколько?\n\n{LINKS}", from_us=False, by=ANNA
    )
    gone = {"id": 678, "owner_id": -US, "post_id": 45}
    for who in ({"user_id": 7001}, {"deleter_id": 7001}):
        assert read("wall_reply_delete", {**gone, **who}) == MessagesDeleted(
            peer_key="7001", ext_ids=("wall-42_45_r678",), at=NOW, from_us=False, by=ANNA
        )


@pytest.mark.parametrize(
    ("raw", "identity"),
    [
        (event("message_new", {"message": {"from_id": "nobody"}}), "e1"),
        (b'{"type":"message_new","event_id":7}', "sha256:"),
        (b"nonsense", "sha256:"),
    ],
)
def test_poison_is_set_aside_with_its_reason(raw: bytes, identity: str) -> None:
    arrival = READER.arrival(raw, NOW)
    assert arrival.problem
    assert arrival.provider_id.startswith(identity)
    assert arrival.raw == raw
    assert mentioned(raw) <= {7001}


def test_events_that_nobody_asked_for_mean_nothing() -> None:
    arrival = READER.arrival(event("group_join", {"user_id": 7001, "join_type": "join"}), NOW)
    assert (arrival.events, arrival.problem) == ((), "")


def test_everybody_whose_name_is_shown_is_asked_for() -> None:
    forwarded = {"from_id": 7002, "date": 1, "fwd_messages": [{"from_id": 8, "date": 1}]}
    raw = event("message_new", {"message": said(fwd_messages=[forwarded], admin_author_id=9)})
    assert mentioned(raw) == {7001, 7002, 8, 9}


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["message", "from_id", "peer_id", "date", "attachments", "type", "photo", "id", "fwd_messages", "geo"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(WANTED), json)
def test_nothing_that_vk_may_invent_breaks_the_reader(kind: str, content: Any) -> None:
    arrival = READER.arrival(event(kind, content), NOW)
    assert arrival.provider_id == "e1"
    assert arrival.problem or len(arrival.events) <= 1
    assert all(isinstance(number, int) for number in mentioned(arrival.raw))


def test_an_endless_chain_of_forwards_is_set_aside() -> None:
    deep = b'{"type":"message_reply","event_id":"e1","object":' + b'{"from_id":1,"fwd_messages":[' * 50_000
    arrival = READER.arrival(deep, NOW)
    assert arrival.problem
    assert arrival.raw == deep


@pytest.mark.parametrize("depth", [15, 60, 300, 5_000])
def test_a_message_is_readable_however_deep_what_it_forwards_lies(depth: int) -> None:
    chain = b'{"from_id":7002,"text":"inner","fwd_messages":[' * depth + b"]}" * depth
    message = heard(b'"text":"outer","fwd_messages":[' + chain + b"]")
    assert message.text.startswith("outer\n")
    gap = {15: "", 60: "[…]", 300: "[…]", 5_000: "[fwd_messages]"}
    assert gap[depth] in message.text


def wire(fields: bytes, kind: str = "message_new") -> bytes:
    body = b'{"peer_id":7001,"from_id":7001,"conversation_message_id":12,"date":1790000000,' + fields + b"}"
    whole = b'{"message":' + body + b"}" if kind == "message_new" else body
    return b'{"type":"%s","event_id":"e1","object":%s}' % (kind.encode(), whole)


def heard(fields: bytes) -> MessageArrived:
    arrival = READER.arrival(wire(fields), NOW)
    assert arrival.problem == ""
    (message,) = arrival.events
    assert isinstance(message, MessageArrived)
    return message


DECORATIONS = (
    "id", "out", "date", "attachments", "geo", "fwd_messages", "reply_message", "action", "format_data",
    "admin_author_id", "update_time", "random_id", "deleted", "odd",
)  # fmt: skip


@pytest.mark.parametrize("name", DECORATIONS)
@pytest.mark.parametrize("value", [*ODD, b'"x"', b"{}", b"[[]]", b"[null,7]", b"1e999", b"-1.5"], ids=len)
def test_no_decoration_of_a_message_takes_its_words_away(name: str, value: bytes) -> None:
    message = heard(b'"text":"words","%s":%s' % (name.encode(), value))
    assert message.text.startswith("words")
    assert message.peer.key == "7001"
    assert message.sender == ANNA


def test_what_cannot_be_read_of_a_message_is_named_in_brackets() -> None:
    assert heard(b'"text":"words","geo":7,"attachments":{"a":1}').text == "words\n[attachments]\n[geo]"
    assert heard(b'"text":"a\xffb"').text == "a\ufffdb"
    assert heard(rb'"text":"a\ud83d"').text == "a\ufffd"


def test_a_message_whose_text_alone_cannot_be_read_has_a_placeholder_and_is_kept() -> None:
    arrival = READER.arrival(wire(b'"text":' + ODD[1]), NOW)
    (shown,) = arrival.events
    assert isinstance(shown, MessageArrived)
    assert arrival.problem == "cannot be read: text"
    assert (shown.placeholder, shown.text, shown.sender) == (True, "", ANNA)


@pytest.mark.parametrize("size", [b"9" * 400, b"-1", b"null", b'"big"', b"9223372036854775808"])
def test_a_size_beyond_all_numbers_is_not_known(size: bytes) -> None:
    doc = b'{"type":"doc","doc":{"id":1,"title":"a.pdf","url":"https://vk.test/a","size":%s}}' % size
    voice = b'{"type":"audio_message","audio_message":{"id":1,"link_ogg":"https://vk.test/b","duration":%s}}' % size
    message = heard(b'"text":"words","attachments":[%s,%s]' % (doc, voice))
    assert [(file.name, file.size, file.seconds) for file in message.files] == [("a.pdf", 0, 0), ("voice_1.ogg", 0, 0)]


@pytest.mark.parametrize("number", [b"0", b"null", b'"x"', b"-5", b"9223372036854775808", b"9" * 400, ODD[1]], ids=len)
def test_a_number_that_is_none_makes_a_dead_letter_and_no_message_that_others_are_taken_for(number: bytes) -> None:
    head = b'"peer_id":7001,"from_id":7001,"date":1790000000,"text":"words"'
    raw = b'{"type":"message_new","event_id":"e1","object":{"message":{%s,"conversation_message_id":%s}}}'
    arrival = READER.arrival(raw % (head, number), NOW)
    assert (arrival.events, arrival.provider_id) == ((), "e1")
    assert arrival.problem
    for kind, name in (("message_read", b"conversation_message_id"), ("message_reaction_event", b"cmid")):
        body = b'{"from_id":1,"reacted_id":1,"peer_id":7001,"%s":%s}' % (name, number)
        assert READER.arrival(b'{"type":"%s","object":%s}' % (kind.encode(), body), NOW).problem


@pytest.mark.parametrize(
    ("change", "from_us", "by"),
    [
        ({"from_id": 7001}, False, "7001"),
        ({"from_id": 7002, "peer_id": CHAT}, False, "7002"),
        ({"from_id": -7, "peer_id": CHAT}, False, "-7"),
        ({"from_id": -US, "out": 1}, True, ""),
        ({"from_id": -US, "peer_id": CHAT}, True, ""),
    ],
)
def test_an_edit_tells_who_made_it_as_messages_tell_who_wrote_them(
    change: dict[str, Any], from_us: bool, by: str
) -> None:
    edited = read("message_edit", said(text="Две ёлки", **change))
    arrived = read("message_new", {"message": said(**change)})
    assert isinstance(edited, MessageEdited)
    assert isinstance(arrived, MessageArrived)
    assert (edited.from_us, edited.by.id) == (from_us, by) == (arrived.from_us, arrived.sender.id)


@given(st.binary(max_size=300))
def test_understanding_raises_at_nothing(raw: bytes) -> None:
    assert READER.arrival(raw, NOW).problem
    READER.arrival(wire(b'"text":"' + raw + b'"'), NOW)
    READER.arrival(wire(b'"text":"a","odd":' + raw), NOW)
