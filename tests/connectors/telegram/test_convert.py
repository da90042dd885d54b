"""Telegram's updates in the desk's words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.convert import arrival, understand
from chatapp_cli.connectors.telegram.names import View
from chatapp_cli.connectors.telegram.peers import seen
from chatapp_cli.domain.arrival import MessageArrived, PeerChanged, ReactionsChanged

ME, ANNA, BOT, GROUP, CHANNEL = 5, 7, 8, 30, 40
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
NOW = 1_795_338_000_000
PEOPLE = {
    ME: tl.User(ME, is_self=True, access_hash=1, first_name="Ёлочный базар"),
    ANNA: tl.User(ANNA, access_hash=2, first_name="Анна", last_name="Белова", username="anna_b", phone="79160000001"),
    BOT: tl.User(BOT, access_hash=3, first_name="Счётчик", bot=True, bot_info_version=1),
    -GROUP: tl.Chat(GROUP, "Опт", tl.ChatPhotoEmpty(), 2, AT, 1),
    -1_000_000_000_000 - CHANNEL: tl.Channel(
        CHANNEL, "Лес", tl.ChatPhotoEmpty(), AT, access_hash=4, broadcast=True, username="forest"
    ),
}
VIEW = View(me=ME, max_download=1000, entities=PEOPLE, now=NOW)


def posted(peer: Any = None, /, **said: Any) -> Any:
    message = tl.Message(id=9, peer_id=peer or tl.PeerUser(ANNA), date=AT, **{"message": "", **said})
    return tl.UpdateNewMessage(message, 1, 1)


def events(update: Any) -> list[Any]:
    found = arrival(update, VIEW)
    return list(found.events) if found else []


def heard(peer: Any = None, /, **said: Any) -> MessageArrived:
    (event,) = events(posted(peer, **said))
    assert isinstance(event, MessageArrived)
    return event


def document(mime: str, *attributes: Any, size: int = 500) -> Any:
    found = tl.Document(1, 2, b"", AT, mime, size, 2, list(attributes))
    return tl.MessageMediaDocument(document=found)


def test_a_client_is_described_as_far_as_telegram_shows_them() -> None:
    message = heard(message="Здравствуйте")
    assert (message.peer.key, message.peer.address, message.peer.kind) == ("7", "7", "private")
    assert (message.sender.id, message.sender.name, message.sender.username, message.sender.phone) == (
        "7",
        "Анна Белова",
        "anna_b",
        "+79160000001",
    )
    assert (message.ext_id, message.at, message.from_us, message.automatic) == ("9", 1_795_338_000_000, False, False)


def test_an_address_behind_words_is_not_lost_and_other_formatting_leaves_the_text_alone() -> None:
    entities = [
        tl.MessageEntityTextUrl(3, 5, "https://bazar.example/price"),
        tl.MessageEntityMentionName(10, 4, ANNA),
        tl.MessageEntityPre(0, 2, "python"),
    ]
    shown = "🎄 прайс (https://bazar.example/price), Анна"
    assert heard(message="🎄 прайс, Анна", entities=entities).text == shown
    origin = tl.MessageFwdHeader(AT, from_name="Кто-то")
    assert heard(message="🎄 прайс, Анна", entities=entities, fwd_from=origin).text == f"↪ Кто-то\n{shown}"


@pytest.mark.parametrize(
    ("media", "kind", "name", "seconds"),
    [
        (document("application/pdf", tl.DocumentAttributeFilename("прайс.pdf")), "document", "прайс.pdf", 0),
        (document("audio/ogg", tl.DocumentAttributeAudio(7, voice=True)), "voice", "voice_9.ogg", 7),
        (document("audio/mpeg", tl.DocumentAttributeAudio(180)), "audio", "audio_9.mp3", 180),
        (document("video/mp4", tl.DocumentAttributeVideo(12.4, 640, 480)), "video", "video_9.mp4", 12),
        (
            document("image/webp", tl.DocumentAttributeSticker("🌲", tl.InputStickerSetEmpty())),
            "sticker",
            "sticker_9.webp",
            0,
        ),
    ],
)
def test_each_kind_of_file_is_known(media: Any, kind: str, name: str, seconds: int) -> None:
    (file,) = heard(media=media).files
    assert (file.kind, file.name, file.seconds, file.size, file.remote) == (kind, name, seconds, 500, "7/9")


def test_a_sticker_can_be_read_as_its_emoji() -> None:
    assert (
        heard(media=document("image/webp", tl.DocumentAttributeSticker("🌲", tl.InputStickerSetEmpty()))).text == "🌲"
    )


def test_of_a_picture_the_largest_size_counts() -> None:
    sizes = [tl.PhotoSize("s", 90, 90, 90), tl.PhotoSizeProgressive("y", 900, 900, [100, 900])]
    (file,) = heard(media=tl.MessageMediaPhoto(photo=tl.Photo(1, 2, b"", AT, sizes, 2))).files
    assert (file.kind, file.mime, file.size, file.problem) == ("photo", "image/jpeg", 900, "")


def test_a_file_that_the_desk_does_not_carry_is_marked() -> None:
    (file,) = heard(media=document("application/zip", size=1001)).files
    assert file.problem == "file_too_big"


def test_what_cannot_be_shown_is_named() -> None:
    story = tl.MessageMediaStory(peer=tl.PeerUser(ANNA), id=1)
    assert heard(media=story).text == "[Story]"


def test_an_album_is_held_together() -> None:
    assert heard(grouped_id=123, message="ель").album == "123"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (tl.MessageFwdHeader(AT, from_id=tl.PeerUser(BOT)), "↪ Счётчик\nель"),
        (tl.MessageFwdHeader(AT, from_id=tl.PeerChannel(CHANNEL)), "↪ Лес\nель"),
        (tl.MessageFwdHeader(AT, from_name="Тайная Вера"), "↪ Тайная Вера\nель"),
    ],
)
def test_a_forwarded_message_names_who_wrote_it_first(header: Any, words: str) -> None:
    assert heard(message="ель", fwd_from=header).text == words


@pytest.mark.parametrize(
    ("header", "quoted"),
    [
        (tl.MessageReplyHeader(reply_to_msg_id=4), "4"),
        (tl.MessageReplyHeader(forum_topic=True, reply_to_msg_id=4), ""),
        (tl.MessageReplyHeader(forum_topic=True, reply_to_msg_id=4, reply_to_top_id=2), "4"),
        (tl.MessageReplyHeader(reply_to_msg_id=4, reply_to_peer_id=tl.PeerChannel(1)), ""),
        (tl.MessageReplyStoryHeader(tl.PeerUser(ANNA), 1), ""),
    ],
)
def test_only_what_is_quoted_here_is_a_quotation(header: Any, quoted: str) -> None:
    assert heard(message="да", reply_to=header).reply_to == quoted


def test_bots_and_channels_are_never_answered_by_a_machine() -> None:
    assert heard(tl.PeerUser(BOT), message="Готово").automatic
    post = heard(tl.PeerChannel(CHANNEL), message="Новость", post=True)
    assert (post.automatic, post.ext_id, post.sender.name) == (True, f"9.{CHANNEL}", "Лес")
    assert not heard(tl.PeerChat(GROUP), message="Почём?", from_id=tl.PeerUser(ANNA)).automatic


def test_somebody_of_whom_nothing_is_known_still_arrives() -> None:
    message = heard(tl.PeerChat(99), message="Ау", from_id=tl.PeerUser(98))
    assert (message.peer.key, message.peer.kind, message.sender.id) == ("-99", "group", "98")


@pytest.mark.parametrize(("duration", "words"), [(None, "☎ 0:00"), (75, "☎ 1:15")])
def test_a_call_is_told(duration: int | None, words: str) -> None:
    call = tl.MessageActionPhoneCall(call_id=1, duration=duration)
    service = tl.MessageService(id=9, peer_id=tl.PeerUser(ANNA), date=AT, action=call)
    (event,) = events(tl.UpdateNewMessage(service, 1, 1))
    assert (event.text, event.sender.name) == (words, "Анна Белова")


def test_what_only_a_service_would_tell_is_no_message() -> None:
    pinned = tl.MessageService(id=9, peer_id=tl.PeerChat(GROUP), date=AT, action=tl.MessageActionPinMessage())
    assert events(tl.UpdateNewMessage(pinned, 1, 1)) == []


def test_being_put_out_of_a_channel_is_told() -> None:
    gone = tl.ChannelForbidden(CHANNEL, 4, "Лес", broadcast=True)
    view = View(me=ME, max_download=1, entities={-1_000_000_000_000 - CHANNEL: gone}, now=NOW)
    found = arrival(tl.UpdateChannel(CHANNEL), view)
    assert found is not None
    (event,) = found.events
    assert isinstance(event, PeerChanged)
    assert (event.reachable, event.code) == (False, "removed_from_chat")


def reaction(who: int, emoji: str, *, my: bool = False) -> Any:
    return tl.MessagePeerReaction(tl.PeerUser(who), AT, tl.ReactionEmoji(emoji), my=my)


def test_reactions_are_told_person_by_person_and_without_our_own() -> None:
    given = tl.MessageReactions(
        [], recent_reactions=[reaction(ANNA, "👍"), reaction(ANNA, "❤"), reaction(ME, "👎", my=True)]
    )
    (event,) = events(tl.UpdateMessageReactions(tl.PeerChat(GROUP), 9, given))
    assert isinstance(event, ReactionsChanged)
    assert (event.peer_key, event.person.name, list(event.emoji)) == (f"-{GROUP}", "Анна Белова", ["👍", "❤"])


def test_poison_becomes_a_dead_letter() -> None:
    undated = posted(message="яд")
    undated.message.date = None
    found = arrival(undated, VIEW)
    assert found is not None
    assert found.problem.partition(":")[0] == "AttributeError"
    (shown,) = found.events
    assert isinstance(shown, MessageArrived)
    assert (shown.placeholder, shown.text, shown.at) == (True, "", VIEW.now)
    assert "яд".encode() in found.raw


def test_what_cannot_even_be_written_down_is_kept_as_words() -> None:
    torn = posted(message="яд")
    torn.message.id = None
    found = arrival(torn, VIEW)
    assert found is not None
    assert found.problem
    assert "яд".encode() in found.raw


def test_what_was_kept_raw_says_the_same_again() -> None:
    found = arrival(posted(tl.PeerChat(GROUP), message="Почём?", from_id=tl.PeerUser(ANNA)), VIEW)
    assert found is not None
    again = understand(found.raw, me=ME, max_download=1000, at=NOW)
    assert list(again.events) == list(found.events)


@pytest.mark.parametrize("number", PEOPLE)
def test_whoever_is_remembered_can_be_described_again_as_telegram_would(number: int) -> None:
    known = seen(PEOPLE[number])
    assert known is not None
    assert seen(known.entity) == known
    assert bytes(known.entity)


@pytest.mark.parametrize("peer", [777_000, ME])
def test_login_codes_and_own_notes_are_nothing(peer: int) -> None:
    assert arrival(posted(tl.PeerUser(peer), message="Login code: 24680"), VIEW) is None
    assert arrival(tl.UpdateReadHistoryInbox(tl.PeerUser(peer), 9, 0, 1, 1), VIEW) is None
