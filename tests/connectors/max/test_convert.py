"""Every kind of update, as the words that all channels share."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatapp_cli.connectors.max.convert import Ears, arrival
from chatapp_cli.domain.arrival import (
    FileKind,
    IncomingFile,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerChanged,
    Profile,
    ProviderEvent,
)
from tests.unit.kit.worlds import NOON

BOT = "42"
EARS = Ears(BOT, NOON)
ANNA = {"user_id": 7001, "first_name": "Анна", "last_name": "Белова", "username": "anna_b"}
DIALOG = {"chat_id": 9, "chat_type": "dialog", "user_id": 42}
GROUP = {"chat_id": -9, "chat_type": "chat"}
PLACE = "https://www.openstreetmap.org/?mlat=55.750000&mlon=37.610000#map=17/55.750000/37.610000"
VCARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Анна Белова\r\nTEL;TYPE=cell:79160000001\r\nEND:VCARD\r\n"


def events(update_type: str, **update: Any) -> tuple[ProviderEvent, ...]:
    found = arrival(json.dumps({"update_type": update_type, "timestamp": 1_775_025_604_499, **update}).encode(), EARS)
    assert found.problem == ""
    return tuple(found.events)


def said(*attachments: object, text: str | None = None, to: Any = DIALOG, **more: Any) -> MessageArrived:
    body = {"mid": "mid.1", "seq": 116, "text": text, "attachments": list(attachments)}
    message = {"recipient": to, "timestamp": 1_775_025_603_399, "sender": ANNA, "body": body, **more}
    (event,) = events("message_created", message=message)
    assert isinstance(event, MessageArrived)
    return event


def test_a_message_bears_its_chat_its_author_and_its_time() -> None:
    event = said(text="Добрый день")
    assert event.peer == Peer(key="9", address="9", kind="private", title="Анна Белова")
    assert event.sender == Profile(id="7001", name="Анна Белова", username="anna_b")
    assert (event.ext_id, event.text, event.at) == ("mid.1", "Добрый день", 1_775_025_603_399)
    assert not event.from_us
    assert not event.automatic


def test_an_address_behind_words_is_not_lost_and_other_formatting_leaves_the_text_alone() -> None:
    markup = [
        {"type": "strong", "from": 0, "length": 3},
        {"type": "link", "from": 4, "length": 5, "url": "https://bazar.example/price"},
        {"type": "link", "from": 11, "length": 21, "url": "https://bazar.example/"},
        {"type": "user_mention", "from": 0, "length": 3, "user_link": None, "user_id": 7001},
    ]
    body = {"mid": "mid.1", "seq": 1, "text": "Вот прайс: https://bazar.example", "markup": markup}
    message = {"recipient": DIALOG, "timestamp": 1, "sender": ANNA, "body": body}
    (event,) = events("message_created", message=message)
    assert isinstance(event, MessageArrived)
    assert event.text == "Вот прайс (https://bazar.example/price): https://bazar.example"
    (silent,) = events("message_created", message={**message, "body": {**body, "markup": None}})
    assert isinstance(silent, MessageArrived)
    assert silent.text == body["text"]


def test_what_max_leaves_out_is_no_trouble() -> None:
    message = {"recipient": {"chat_id": 9}, "timestamp": 1, "body": {"mid": "m", "seq": 1}, "sender": {"user_id": 5}}
    (event,) = events("message_created", message=message)
    assert isinstance(event, MessageArrived)
    assert (event.text, event.sender.name, event.peer.kind) == ("", "", "private")
    old = {"user_id": 5, "name": "Анна Белова"}
    (event,) = events("message_created", message={**message, "sender": old})
    assert isinstance(event, MessageArrived)
    assert event.sender.name == "Анна Белова"


def test_the_bots_own_words_are_ours_and_other_bots_are_machines() -> None:
    assert said(text="да", sender={"user_id": 42, "first_name": "Базар", "is_bot": True}).from_us
    other = said(text="да", sender={"user_id": 43, "first_name": "Робот", "is_bot": True})
    assert (other.from_us, other.automatic) == (False, True)


def test_a_channels_post_has_no_author() -> None:
    body = {"mid": "mid.1", "seq": 1, "text": "Скидки"}
    post = {"recipient": {"chat_id": -8, "chat_type": "channel"}, "timestamp": 1, "body": body}
    (event,) = events("message_created", message=post)
    assert isinstance(event, MessageArrived)
    assert (event.peer.kind, event.sender, event.automatic) == ("channel", Profile(), True)


@pytest.mark.parametrize(
    ("attachment", "text"),
    [
        ({"type": "location", "latitude": 55.75, "longitude": 37.61}, PLACE),
        ({"type": "contact", "payload": {"vcf_info": VCARD}}, "Анна Белова +79160000001"),
        ({"type": "contact", "payload": {"max_info": ANNA}}, "Анна Белова"),
        ({"type": "share", "payload": {"url": "https://a.test"}, "title": "Плед"}, "Плед https://a.test"),
        ({"type": "inline_keyboard", "payload": {"buttons": []}}, ""),
        ({"type": "hologram"}, "[hologram]"),
        ({"type": "image", "payload": {}}, "[image]"),
    ],
)
def test_what_can_be_read_is_read_and_the_rest_is_named(attachment: object, text: str) -> None:
    assert said(attachment).text == text
    assert said(attachment, text="Вот").text == f"Вот\n{text}".rstrip()


def test_a_shared_card_proves_a_phone_only_if_it_is_the_senders_own() -> None:
    own = {"type": "contact", "payload": {"vcf_info": VCARD, "max_info": ANNA}}
    others = {"type": "contact", "payload": {"vcf_info": VCARD, "max_info": {**ANNA, "user_id": 5}}}
    assert said(own).sender.phone == "+79160000001"
    assert said(others).sender.phone == ""


@pytest.mark.parametrize(
    ("attachment", "kind", "name", "mime", "remote"),
    [
        (
            {"type": "image", "payload": {"photo_id": 1, "token": "t", "url": "u"}},
            "photo",
            "image_116_1.jpg",
            "image/jpeg",
            "link:u",
        ),
        (
            {"type": "video", "payload": {"token": "t", "url": "page"}},
            "video",
            "video_116_1.mp4",
            "video/mp4",
            "video:t",
        ),
        ({"type": "video", "payload": {"url": "u"}}, "video", "video_116_1.mp4", "video/mp4", "link:u"),
        ({"type": "audio", "payload": {"token": "t", "url": "u"}}, "voice", "audio_116_1.mp3", "audio/mpeg", "link:u"),
        (
            {"type": "file", "payload": {"url": "u"}, "filename": "Счёт.pdf", "size": 5},
            "document",
            "Счёт.pdf",
            "application/pdf",
            "link:u",
        ),
        (
            {"type": "sticker", "payload": {"url": "u", "code": "c"}, "width": 9},
            "sticker",
            "sticker_116_1.webp",
            "image/webp",
            "link:u",
        ),
    ],
)
def test_files_are_fetched_by_link_or_token(
    attachment: object, kind: FileKind, name: str, mime: str, remote: str
) -> None:
    (file,) = said(attachment).files
    size = 5 if kind == "document" else 0
    assert file == IncomingFile(kind=kind, name=name, mime=mime, remote=remote, size=size)


def test_a_voice_message_is_read_out_where_max_wrote_it_down() -> None:
    assert said({"type": "audio", "payload": {"url": "u"}, "transcription": "Алло"}).text == "Алло"


def test_an_answer_quotes_and_what_is_passed_on_bears_its_author() -> None:
    original = {"mid": "mid.0", "seq": 1, "text": "Ёлка", "attachments": [{"type": "image", "payload": {"url": "u"}}]}
    reply = said(text="да", link={"type": "reply", "message": original, "sender": ANNA})
    assert (reply.reply_to, reply.text, reply.files) == ("mid.0", "да", ())
    passed_on = said(text=None, link={"type": "forward", "message": original, "sender": ANNA})
    assert (passed_on.reply_to, passed_on.text) == ("", "↪ Анна Белова\nЁлка")
    assert [file.remote for file in passed_on.files] == ["link:u"]


def test_edits_and_deletions_find_their_message() -> None:
    message = {"recipient": DIALOG, "timestamp": 1, "sender": ANNA, "body": {"mid": "mid.1", "seq": 1, "text": "нет"}}
    assert events("message_edited", message=message) == (
        MessageEdited(
            peer_key="9",
            ext_id="mid.1",
            at=1_775_025_604_499,
            text="нет",
            from_us=False,
            by=Profile(id="7001", name="Анна Белова", username="anna_b"),
        ),
    )
    assert events("message_removed", message_id="mid.1", chat_id=9, user_id=7001) == (
        MessagesDeleted(peer_key="9", ext_ids=("mid.1",), at=1_775_025_604_499, from_us=False, by=Profile(id="7001")),
    )


@pytest.mark.parametrize(("user_id", "chat_id", "expected"), [(42, 9, (True, False)), (5, -9, (False, True))])
def test_who_took_a_message_back_is_told_and_in_a_group_only_who_may(
    user_id: int, chat_id: int, expected: tuple[bool, bool]
) -> None:
    (event,) = events("message_removed", message_id="mid.1", chat_id=chat_id, user_id=user_id)
    assert isinstance(event, MessagesDeleted)
    assert (event.from_us, event.by_admin) == expected


def test_an_edit_in_a_group_is_by_who_had_written_it_and_a_channels_by_nobody() -> None:
    message = {"recipient": GROUP, "timestamp": 1, "sender": ANNA, "body": {"mid": "mid.1", "text": "нет"}}
    (wrote,) = events("message_created", message=message)
    (edited,) = events("message_edited", message=message)
    assert isinstance(wrote, MessageArrived)
    assert isinstance(edited, MessageEdited)
    assert (edited.by, edited.from_us) == (wrote.sender, False)
    (ours,) = events("message_edited", message={**message, "sender": {"user_id": 42}})
    (nobodys,) = events("message_edited", message={**message, "sender": None})
    assert isinstance(ours, MessageEdited)
    assert isinstance(nobodys, MessageEdited)
    assert (ours.from_us, nobodys.from_us, nobodys.by) == (True, None, Profile())


def test_a_start_makes_the_client_known_and_says_what_the_link_carried() -> None:
    (met,) = events("bot_started", chat_id=9, user=ANNA)
    assert met == PeerChanged(peer=Peer(key="9", address="9", title="Анна Белова"), at=1_775_025_604_499)
    _, carried = events("bot_started", chat_id=9, user=ANNA, payload="avito_42")
    assert isinstance(carried, MessageArrived)
    assert (carried.text, carried.sender.name) == ("/start avito_42", "Анна Белова")


@pytest.mark.parametrize("kind", ["bot_stopped", "dialog_removed"])
def test_a_client_who_stops_the_bot_cannot_be_reached(kind: str) -> None:
    (event,) = events(kind, chat_id=9, user=ANNA)
    assert isinstance(event, PeerChanged)
    assert (event.reachable, event.code, event.peer.key) == (False, "blocked_by_user", "9")


@pytest.mark.parametrize(
    ("kind", "is_channel", "expected"),
    [("bot_added", False, (True, "", "group")), ("bot_removed", True, (False, "removed_from_chat", "channel"))],
)
def test_chats_come_and_go(kind: str, is_channel: bool, expected: tuple[bool, str, str]) -> None:
    (event,) = events(kind, chat_id=-9, user=ANNA, is_channel=is_channel)
    assert isinstance(event, PeerChanged)
    assert (event.reachable, event.code, event.peer.kind) == expected


def test_titles_change_and_members_come_and_go() -> None:
    (titled,) = events("chat_title_changed", chat_id=-9, user=ANNA, title="Розница")
    assert isinstance(titled, PeerChanged)
    assert (titled.peer.key, titled.peer.title) == ("-9", "Розница")
    for kind, text in (("user_added", "+ Анна Белова"), ("user_removed", "− Анна Белова")):
        (event,) = events(kind, chat_id=-9, user=ANNA, is_channel=False)
        assert isinstance(event, MessageArrived)
        assert (event.text, event.automatic) == (text, True)


def test_a_pressed_button_is_what_its_person_says() -> None:
    message = {"recipient": GROUP, "timestamp": 1, "body": {"mid": "mid.1", "seq": 1, "text": "?"}}
    press = {"callback_id": "c1", "timestamp": NOON - 5, "user": ANNA, "payload": "да"}
    (event,) = events("message_callback", callback=press, message=message)
    assert isinstance(event, MessageArrived)
    assert (event.text, event.ext_id, event.sender.name, event.at) == (
        "да",
        f"button:c1:{NOON - 5}",
        "Анна Белова",
        NOON - 5,
    )
    assert events("message_callback", callback=press, message=None) == ()


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"nonsense", "JSONDecodeError"),
        (b'{"timestamp": 5}', "Unfit: Update without update_type"),
        (b'{"update_type": "message_created", "message": 5}', "Unfit: message"),
        (b'{"update_type": "message_edited"}', "Unfit: message_edited without message"),
        (b'{"update_type": "bot_started", "user": {}}', "Unfit: bot_started without chat_id"),
        (b'{"update_type": "message_removed", "message_id": "m"}', "Unfit: message_removed without chat_id"),
    ],
)
def test_what_cannot_be_understood_is_kept_with_the_reason(raw: bytes, problem: str) -> None:
    found = arrival(raw, EARS)
    assert found.problem.startswith(problem)
    assert found.raw == raw
    assert found.provider_id.startswith("sha256:")


def test_the_same_thing_delivered_again_has_the_same_name_and_another_edit_another_one() -> None:
    message = {"recipient": DIALOG, "timestamp": 1, "sender": ANNA, "body": {"mid": "mid.1", "seq": 1, "text": "x"}}
    names = [
        arrival(json.dumps({"update_type": kind, "timestamp": at, "message": message}).encode(), EARS).provider_id
        for kind, at in (("message_created", 1), ("message_created", 2), ("message_edited", 1), ("message_edited", 2))
    ]
    assert names == [
        "message_created:mid.1",
        "message_created:mid.1",
        "message_edited:mid.1:1",
        "message_edited:mid.1:2",
    ]
