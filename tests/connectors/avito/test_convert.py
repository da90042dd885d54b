"""Every type of message, as words and files that a person can use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatapp_cli.connectors.avito.convert import Mine, arrival, raw_of
from chatapp_cli.domain.arrival import FileKind, MessageArrived, MessagesDeleted, Profile
from tests.unit.kit.worlds import NOON

EVENING = NOON // 1000 - 40_000
MINE = Mine(account=1, site="https://avito.test")
CHAT = {
    "id": "u2i-abc",
    "users": [{"id": 1, "name": "Ёлочный базар"}, {"id": 2, "name": "Анна"}],
    "context": {"type": "item", "value": {"title": "Ёлка", "price_string": "900 ₽", "url": "https://avito.test/1"}},
}


def understood(kind: str, content: object, author: object = 2, chat: Any = None, **more: object) -> MessageArrived:
    message = {"id": "m1", "author_id": author, "created": 1_763_700_000, "type": kind, "content": content, **more}
    found = arrival(raw_of(json.dumps(chat or CHAT).encode(), json.dumps(message).encode()), MINE, NOON)
    (event,) = found.events
    assert isinstance(event, MessageArrived)
    assert (found.provider_id, found.problem) == ("message:m1", "")
    return event


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("text", {"text": "Добрый день"}, "Добрый день"),
        (
            "item",
            {"item": {"title": "Ёлка", "price_string": "900 ₽", "item_url": "https://a.test/1"}},
            "Ёлка\n900 ₽\nhttps://a.test/1",
        ),
        ("item", {"item": {"title": "Ёлка", "price_string": None, "item_url": ""}}, "Ёлка"),
        ("link", {"link": {"text": "вот https://a.test/1", "url": "https://a.test/1"}}, "вот https://a.test/1"),
        ("link", {"link": {"text": "вот", "url": "https://a.test/1"}}, "вот\nhttps://a.test/1"),
        (
            "location",
            {"location": {"lat": 55.75, "lon": 37.61, "title": "Москва", "text": "Манежная площадь", "kind": "house"}},
            "Москва\nМанежная площадь\nhttps://www.openstreetmap.org/?mlat=55.750000&mlon=37.610000#map=17/55.750000/37.610000",
        ),
        ("call", {"call": {"status": "missed", "target_user_id": 1}}, "📞 [call: missed]"),
        ("appCall", {}, "[appCall] https://avito.test/profile/messenger/channel/u2i-abc"),
        ("file", {}, "[file] https://avito.test/profile/messenger/channel/u2i-abc"),
        ("video", None, "[video] https://avito.test/profile/messenger/channel/u2i-abc"),
        ("hologram", {"hologram": {}}, "[hologram] https://avito.test/profile/messenger/channel/u2i-abc"),
    ],
)
def test_what_can_be_read_is_read_and_the_rest_leads_to_the_chat(kind: str, content: object, text: str) -> None:
    event = understood(kind, content)
    assert event.text == text
    assert event.at == 1_763_700_000_000
    assert event.sender == Profile(id="2", name="Анна")
    assert not event.automatic


@pytest.mark.parametrize(
    ("kind", "content", "shape", "remote"),
    [
        (
            "image",
            {
                "image": {
                    "sizes": {
                        "32x32": "https://i.test/s",
                        "1280x960": "https://i.test/l",
                        "140x105": "https://i.test/m",
                    }
                }
            },
            "photo",
            "image:https://i.test/l",
        ),
        ("voice", {"voice": {"voice_id": "v-7"}}, "voice", "voice:v-7"),
    ],
)
def test_the_largest_picture_and_the_voice_are_files(kind: str, content: object, shape: FileKind, remote: str) -> None:
    event = understood(kind, content)
    (file,) = event.files
    assert (file.kind, file.remote, event.text) == (shape, remote, "")


def test_the_dialog_bears_the_client_and_the_advertisement_with_its_price_and_its_link() -> None:
    assert understood("text", {"text": "да"}).peer.title == "Анна · Ёлка, 900 ₽ · https://avito.test/1"
    between_profiles = {"id": "u2u-1", "users": CHAT["users"]}
    assert understood("text", {"text": "да"}, chat=between_profiles).peer.title == "Анна"
    assert understood("text", {"text": "да"}, chat={"id": "u2u-1"}).peer.title == ""


def test_avito_itself_is_a_machine() -> None:
    event = understood("system", {"text": "Объявление снято", "flow_id": "x"}, author=0)
    assert (event.sender.name, event.automatic, event.from_us) == ("Avito", True, False)


def test_our_own_words_are_ours_and_a_quotation_is_kept() -> None:
    event = understood("text", {"text": "да"}, author=1, quote={"id": "m0", "type": "text"})
    assert (event.from_us, event.reply_to) == (True, "m0")
    assert understood("text", {"text": "да"}, author=77, direction="out").from_us


def test_a_deleted_message_is_taken_back() -> None:
    message = {"id": "m1", "author_id": 2, "created": EVENING, "type": "deleted", "content": {}}
    chat, at = {**CHAT, "updated": EVENING + 9}, (EVENING + 9) * 1000
    found = arrival(raw_of(json.dumps(chat).encode(), json.dumps(message).encode()), MINE, NOON)
    assert found.provider_id == "deleted:m1"
    assert found.events == (
        MessagesDeleted(peer_key="u2i-abc", ext_ids=("m1",), at=at, from_us=False, by=Profile(id="2", name="Анна")),
    )


@pytest.mark.parametrize(
    ("who", "from_us"), [({"author_id": 1}, True), ({"author_id": None, "direction": "out"}, True), ({}, None)]
)
def test_a_deletion_tells_whether_we_did_it(who: dict[str, object], from_us: bool | None) -> None:
    message = {"id": "m1", "created": 5, "type": "deleted", "content": {}, **who}
    (event,) = arrival(raw_of(json.dumps(CHAT).encode(), json.dumps(message).encode()), MINE, NOON).events
    assert isinstance(event, MessagesDeleted)
    assert event.from_us == from_us


def test_what_cannot_be_understood_is_kept_with_the_reason() -> None:
    found = arrival(b'{"chat": {"id": 5}}', MINE, NOON)
    assert found.provider_id.startswith("sha256:")
    assert found.problem
    assert found.events == ()
