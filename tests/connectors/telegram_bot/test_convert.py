"""Every kind of update, as the words that all channels share."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatapp_cli.connectors.telegram_bot.convert import Ears, arrival
from chatapp_cli.domain.arrival import (
    FileKind,
    IncomingFile,
    MessageArrived,
    MessageEdited,
    Peer,
    PeerChanged,
    PeerMoved,
    Profile,
    ProviderEvent,
    ReactionsChanged,
)

LIMIT = 20 * 1024 * 1024
EARS = Ears(bot="42", max_download=LIMIT)
NOW = 1_790_000_000_000
ANNA = {"id": 7001, "is_bot": False, "first_name": "Анна", "last_name": "Белова", "username": "anna_b"}
PRIVATE = {"id": 7001, "type": "private", "first_name": "Анна", "last_name": "Белова", "username": "anna_b"}
GROUP = {"id": -42, "type": "group", "title": "Опт: ёлки"}
FORUM = {"id": -10042, "type": "supergroup", "title": "Опт: ёлки", "is_forum": True}
CHANNEL = {"id": -10077, "type": "channel", "title": "Новости базара"}
HEAD = {"message_id": 5, "date": 1_700_000_000, "chat": PRIVATE, "from": ANNA}
FILE = {"file_id": "f1", "file_unique_id": "u1", "file_size": 1000}
PLACE = {"latitude": 55.751244, "longitude": 37.618423}
LINK = "https://www.openstreetmap.org/?mlat=55.751244&mlon=37.618423#map=17/55.751244/37.618423"


def understood(**update: Any) -> ProviderEvent:
    found = arrival(json.dumps({"update_id": 9, **update}).encode(), EARS, NOW)
    assert (found.provider_id, found.problem) == ("9", "")
    (event,) = found.events
    return event


def said(**content: Any) -> MessageArrived:
    event = understood(message={**HEAD, **content})
    assert isinstance(event, MessageArrived)
    return event


def test_a_text_brings_its_person_chat_time_and_id() -> None:
    assert said(text="Здравствуйте") == MessageArrived(
        peer=Peer(key="7001", address="7001", kind="private", title="Анна Белова"),
        ext_id="5",
        at=1_700_000_000_000,
        text="Здравствуйте",
        sender=Profile(id="7001", name="Анна Белова", username="anna_b"),
    )


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"location": PLACE}, LINK),
        (
            {"location": PLACE, "venue": {"location": PLACE, "title": "Базар", "address": "Лесная, 1"}},
            f"Базар\nЛесная, 1\n{LINK}",
        ),
        ({"dice": {"emoji": "🎲", "value": 4}}, "🎲 4"),
        ({"poll": {"question": "Какую?", "options": [{"text": "Ель"}, {"text": "Пихту"}]}}, "Какую?\n• Ель\n• Пихту"),
        ({"contact": {"phone_number": "79160000003", "first_name": "Пётр"}}, "Пётр +79160000003"),
        ({"story": {"id": 1, "chat": PRIVATE}}, "[story]"),
        ({"something_of_next_year": {}}, "[something_of_next_year]"),
        (
            {"text": "Смотрите", "forward_origin": {"type": "user", "sender_user": {"id": 3, "first_name": "Пётр"}}},
            "↪ Пётр\nСмотрите",
        ),
        ({"text": "Тайна", "forward_origin": {"type": "hidden_user", "sender_user_name": "Кто-то"}}, "↪ Кто-то\nТайна"),
        ({"text": "Акция", "forward_origin": {"type": "channel", "chat": CHANNEL}}, "↪ Новости базара\nАкция"),
    ],
)
def test_whatever_can_be_read_is_text(content: dict[str, Any], text: str) -> None:
    assert said(**content).text == text


@pytest.mark.parametrize("field", ["text", "caption"])
def test_an_address_behind_words_is_not_lost_and_other_formatting_leaves_the_text_alone(field: str) -> None:
    entities = [
        {"type": "bold", "offset": 0, "length": 2},
        {"type": "text_link", "offset": 3, "length": 5, "url": "https://bazar.example/price"},
        {"type": "text_mention", "offset": 10, "length": 4, "user": {"id": 3, "is_bot": False, "first_name": "Пётр"}},
    ]
    post = {field: "🎄 прайс, Пётр", "entities" if field == "text" else "caption_entities": entities}
    assert said(**post).text == "🎄 прайс (https://bazar.example/price), Пётр"
    edited = understood(edited_message={**HEAD, "edit_date": 1_700_000_060, **post})
    assert isinstance(edited, MessageEdited)
    assert edited.text == said(**post).text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"photo": [{**FILE, "file_size": 10, "file_id": "thumb"}, FILE]}, ("photo", "photo_5.jpg", "image/jpeg", 0)),
        ({"photo": [{"file_id": "thumb"}, FILE]}, ("photo", "photo_5.jpg", "image/jpeg", 0)),
        ({"voice": {**FILE, "duration": 7}}, ("voice", "voice_5.ogg", "audio/ogg", 7)),
        ({"audio": {**FILE, "duration": 180, "file_name": "Гимн.mp3"}}, ("audio", "Гимн.mp3", "audio/mpeg", 180)),
        ({"video": {**FILE, "duration": 5}}, ("video", "video_5.mp4", "video/mp4", 5)),
        ({"video_note": {**FILE, "duration": 3}}, ("video", "video_note_5.mp4", "video/mp4", 3)),
        (
            {"document": {**FILE, "file_name": "Счёт.pdf", "mime_type": "application/pdf"}},
            ("document", "Счёт.pdf", "application/pdf", 0),
        ),
        ({"animation": FILE, "document": FILE}, ("video", "animation_5.mp4", "video/mp4", 0)),
        ({"sticker": FILE}, ("sticker", "sticker_5.webp", "image/webp", 0)),
        ({"sticker": {**FILE, "is_animated": True}}, ("sticker", "sticker_5.tgs", "application/x-tgsticker", 0)),
        ({"sticker": {**FILE, "is_video": True}}, ("sticker", "sticker_5.webm", "video/webm", 0)),
    ],
)
def test_files_come_with_kind_name_size_and_length(
    content: dict[str, Any], expected: tuple[FileKind, str, str, int]
) -> None:
    kind, name, mime, seconds = expected
    wanted = IncomingFile(kind=kind, name=name, mime=mime, seconds=seconds, size=1000, remote="f1")
    assert list(said(**content).files) == [wanted]


def test_a_sticker_can_be_read_as_its_emoji() -> None:
    assert said(sticker={**FILE, "emoji": "🎄"}).text == "🎄"


@pytest.mark.req("S-066")
@pytest.mark.req("C-05")
def test_a_file_that_telegram_will_not_hand_over_says_so_at_once() -> None:
    (fits,) = said(document={**FILE, "file_size": LIMIT}).files
    (large,) = said(document={**FILE, "file_size": LIMIT + 1}).files
    assert (fits.problem, large.problem) == ("", "file_too_big")


def test_pictures_of_one_album_share_its_name() -> None:
    assert said(photo=[FILE], media_group_id="a1", caption="Три ели").album == "a1"


@pytest.mark.req("S-064")
def test_only_a_card_of_their_own_proves_a_phone() -> None:
    card = {"phone_number": "79160000001", "first_name": "Анна"}
    assert said(contact={**card, "user_id": 7001}).sender.phone == "+79160000001"
    assert said(contact={**card, "user_id": 7002}).sender.phone == ""
    assert said(contact=card).sender.phone == ""


def test_a_quotation_is_kept_but_a_forums_topic_is_none() -> None:
    topic = {"chat": FORUM, "is_topic_message": True, "message_thread_id": 2}
    assert said(text="да", reply_to_message={**HEAD, "message_id": 3}).reply_to == "3"
    assert said(**topic, text="да", reply_to_message={**HEAD, "message_id": 2}).reply_to == ""
    assert said(**topic, text="да", reply_to_message={**HEAD, "message_id": 3}).reply_to == "3"


@pytest.mark.req("S-068")
def test_a_group_is_one_dialog_in_which_people_speak() -> None:
    message = said(chat=GROUP, text="Почём?")
    assert message.peer == Peer(key="-42", address="-42", kind="group", title="Опт: ёлки")
    assert message.sender.name == "Анна Белова"


@pytest.mark.req("S-068")
def test_a_channels_post_is_spoken_by_the_channel_and_answered_by_no_machine() -> None:
    event = understood(
        channel_post={"message_id": 1, "date": 1, "chat": CHANNEL, "sender_chat": CHANNEL, "text": "Акция"}
    )
    assert isinstance(event, MessageArrived)
    assert (event.peer.kind, event.sender.name, event.automatic) == ("channel", "Новости базара", True)


def test_another_bot_is_a_machine_and_a_person_is_none() -> None:
    robot = {"id": 1, "is_bot": True, "first_name": "Погода"}
    assert said(chat=GROUP, text="+5", **{"from": robot}).automatic
    assert not said(chat=GROUP, text="+5").automatic


def test_an_edit_names_the_message_its_new_text_and_who_changed_it() -> None:
    edited = {**HEAD, "edit_date": 1_700_000_060, "text": "Исправил"}
    assert understood(edited_message=edited) == MessageEdited(
        peer_key="7001",
        ext_id="5",
        at=1_700_000_060_000,
        text="Исправил",
        from_us=False,
        by=Profile(id="7001", name="Анна Белова", username="anna_b"),
    )


@pytest.mark.parametrize(
    ("who", "more"), [(ANNA, {}), (ANNA, {"sender_chat": GROUP}), ({**ANNA, "id": 42, "is_bot": True}, {})]
)
def test_who_edits_in_a_group_is_who_had_written_it(who: dict[str, Any], more: dict[str, Any]) -> None:
    post = {**HEAD, "chat": GROUP, "from": who, "text": "да", **more}
    wrote, edited = understood(message=post), understood(edited_message=post)
    assert isinstance(wrote, MessageArrived)
    assert isinstance(edited, MessageEdited)
    assert (edited.by.id, edited.from_us) == (wrote.sender.id, wrote.from_us)
    assert wrote.from_us == (who["id"] == 42)


def test_in_a_channel_any_administrator_edits_and_none_is_named() -> None:
    post = {"message_id": 5, "date": 1, "chat": CHANNEL, "sender_chat": CHANNEL, "text": "Акция"}
    found = understood(edited_channel_post={**post, "edit_date": 1_780_000_000})
    assert found == MessageEdited(peer_key="-10077", ext_id="5", at=1_780_000_000_000, text="Акция")


def test_reactions_are_those_that_remain() -> None:
    change = {"chat": PRIVATE, "message_id": 5, "date": 1, "user": ANNA, "old_reaction": []}
    new = [{"type": "emoji", "emoji": "👍"}, {"type": "custom_emoji", "custom_emoji_id": "1"}]
    event = understood(message_reaction={**change, "new_reaction": new})
    assert isinstance(event, ReactionsChanged)
    assert (event.peer_key, event.ext_id, event.emoji, event.person.id) == (
        "7001",
        "5",
        ("👍", "[custom_emoji]"),
        "7001",
    )


@pytest.mark.req("S-068")
@pytest.mark.req("S-070")
@pytest.mark.parametrize(
    ("chat", "member", "code"),
    [
        (PRIVATE, {"status": "member"}, ""),
        (PRIVATE, {"status": "kicked", "until_date": 0}, "blocked_by_user"),
        (GROUP, {"status": "member"}, ""),
        (GROUP, {"status": "left"}, "removed_from_chat"),
        (GROUP, {"status": "kicked"}, "removed_from_chat"),
        (GROUP, {"status": "restricted", "is_member": True, "can_send_messages": False}, "no_rights"),
        (GROUP, {"status": "restricted", "is_member": False}, "removed_from_chat"),
        (GROUP, {"status": "administrator"}, ""),
        (GROUP, {"status": "of next year"}, ""),
        (CHANNEL, {"status": "administrator", "can_post_messages": True}, ""),
        (CHANNEL, {"status": "administrator", "can_post_messages": False}, "no_rights"),
    ],
)
def test_the_bots_standing_in_a_chat_says_whether_it_can_be_reached(
    chat: dict[str, Any], member: dict[str, Any], code: str
) -> None:
    change = {"chat": chat, "from": ANNA, "date": 1, "old_chat_member": {"status": "left"}, "new_chat_member": member}
    event = understood(my_chat_member=change)
    assert isinstance(event, PeerChanged)
    assert (event.reachable, event.code) == (not code, code)


def test_a_group_that_grows_moves_with_its_history() -> None:
    event = understood(message={**HEAD, "chat": GROUP, "migrate_to_chat_id": -10042})
    peer = Peer(key="-10042", address="-10042", kind="group", title="Опт: ёлки")
    assert event == PeerMoved(old_key="-42", peer=peer, at=1_700_000_000_000)


def test_a_new_title_renames_the_dialog() -> None:
    event = understood(message={**HEAD, "chat": {**GROUP, "title": "Опт"}, "new_chat_title": "Опт"})
    assert isinstance(event, PeerChanged)
    assert (event.peer.title, event.reachable) == ("Опт", True)


def test_a_pressed_button_is_said_by_its_person() -> None:
    event = understood(callback_query={"id": "77", "from": ANNA, "chat_instance": "1", "data": "yes", "message": HEAD})
    assert isinstance(event, MessageArrived)
    assert (event.ext_id, event.text, event.sender.id) == ("button:77", "yes", "7001")


@pytest.mark.parametrize("date", [0, 1_600_000_000, 1_700_000_000_000, None])
def test_a_pressed_button_is_said_when_it_is_pressed_however_old_its_message_is(date: int | None) -> None:
    press = {"id": "77", "from": ANNA, "chat_instance": "1", "data": "yes", "message": {**HEAD, "date": date}}
    event = understood(callback_query=press)
    assert isinstance(event, MessageArrived)
    assert event.at == NOW


@pytest.mark.parametrize("date", [0, -1, 9999, 1_700_000_000_000, 253_402_300_799, 10**18, 10**30, 1e300])
def test_no_time_of_the_outside_world_takes_the_words_away(date: float) -> None:
    assert said(text="Когда это было?", date=date).text == "Когда это было?"
    assert isinstance(understood(edited_message={**HEAD, "text": "да", "edit_date": date}), MessageEdited)


@pytest.mark.parametrize(
    "update",
    [
        {"message": {**HEAD, "new_chat_members": [ANNA]}},
        {"message": {**HEAD, "pinned_message": HEAD}},
        {"message": {**HEAD, "forum_topic_created": {"name": "Цены", "icon_color": 1}, "is_topic_message": True}},
        {"message": {**HEAD, "migrate_from_chat_id": -42}},
        {"poll_answer": {"poll_id": "1", "option_ids": [0]}},
        {"callback_query": {"id": "77", "from": ANNA, "chat_instance": "1", "game_short_name": "chess"}},
    ],
)
def test_service_messages_and_what_we_did_not_ask_for_make_no_noise(update: dict[str, Any]) -> None:
    found = arrival(json.dumps({"update_id": 9, **update}).encode(), EARS, NOW)
    assert (found.provider_id, found.problem, list(found.events)) == ("9", "", [])


@pytest.mark.parametrize(
    ("raw", "provider_id"),
    [
        (b'{"update_id": 9, "message": {"message_id": "five"}}', "9"),
        (b'{"update_id": 9, "my_chat_member": {"chat": 1}}', "9"),
        (b'{"message": {}}', "sha256:"),
        (b"\xff\xfe", "sha256:"),
    ],
)
def test_what_cannot_be_understood_is_set_aside_with_a_reason(raw: bytes, provider_id: str) -> None:
    found = arrival(raw, EARS, NOW)
    assert found.provider_id.startswith(provider_id)
    assert found.raw == raw
    assert found.problem
    assert not found.events
