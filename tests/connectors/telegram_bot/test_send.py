"""What goes out, and what an answer, a refusal or silence means for the message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.connectors.telegram_bot.connector import create
from chatapp_cli.connectors.telegram_bot.outgoing import MAX_PHOTO, shape
from chatapp_cli.domain.arrival import FileKind
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, OutcomeUnknown, RateLimited, Rejected, Retryable
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.kit.system import SystemChance, SystemClock
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Deletes, Edits, Reacts, Session
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.sandbox.telegram_bot.server import Fault
from chatapp_cli.sandbox.telegram_bot.town import admin
from tests.contract.connector_contract import ANNA


class Rich(Session, Edits, Deletes, Reacts):  # type: ignore[misc]
    """What the bot's session can do."""


@pytest.fixture
async def chat(sandbox: TelegramBotSandbox) -> str:
    await sandbox.say(ANNA, "Здравствуйте")
    return str(ANNA.number)


def out(address: str, text: str = "Ответ", **more: Any) -> Outbound:
    return Outbound(message_id=MessageId(1), key="k" * 32, address=address, text=text, **more)


def local(folder: Path, name: str, mime: str, kind: FileKind = "document") -> LocalFile:
    path = folder / str(len(list(folder.iterdir())))
    path.write_bytes(name.encode())
    return LocalFile(path=path, name=name, mime=mime, size=path.stat().st_size, kind=kind)


def called(sandbox: TelegramBotSandbox) -> list[str]:
    return [e.method for e in sandbox.exchanges if e.method.startswith(("send", "edit", "delete", "set"))][1:]


async def test_a_text_goes_out_as_it_was_written(session: Session, sandbox: TelegramBotSandbox, chat: str) -> None:
    receipt = await session.send(out(chat, "**не жирно** <b>и</b> _так_"))
    assert receipt.ids == ("2",)
    assert receipt.at
    assert (await sandbox.heard(ANNA))[0].text == "**не жирно** <b>и</b> _так_"


async def test_an_answer_quotes_and_goes_out_even_if_the_quoted_one_is_gone(
    session: Session, sandbox: TelegramBotSandbox, chat: str
) -> None:
    await session.send(out(chat, "на это", reply_to="1"))
    await session.send(out(chat, "на то", reply_to="999"))
    await session.send(out(chat, "на кнопку", reply_to="button:77"))
    assert [heard.reply_to for heard in await sandbox.heard(ANNA)] == ["1", "", ""]


@pytest.mark.parametrize(
    ("kind", "mime", "method"),
    [
        ("photo", "image/jpeg", "sendPhoto"),
        ("photo", "image/heic", "sendDocument"),
        ("video", "video/mp4", "sendVideo"),
        ("audio", "audio/mpeg", "sendAudio"),
        ("voice", "audio/ogg", "sendVoice"),
        ("sticker", "image/webp", "sendDocument"),
        ("document", "image/jpeg", "sendDocument"),
    ],
)
async def test_a_file_goes_as_what_telegram_can_show(
    session: Session, sandbox: TelegramBotSandbox, chat: str, tmp_path: Path, kind: FileKind, mime: str, method: str
) -> None:
    await session.send(out(chat, "вот", files=[local(tmp_path, "ель", mime, kind)]))
    assert called(sandbox) == [method]
    (heard,) = await sandbox.heard(ANNA)
    assert (heard.text, [f.content.decode() for f in heard.files]) == ("вот", ["ель"])


def test_a_photo_too_large_to_be_shown_goes_as_a_document(tmp_path: Path) -> None:
    photo = LocalFile(path=tmp_path, name="ель.jpg", mime="image/jpeg", size=MAX_PHOTO + 1, kind="photo")
    assert shape(photo) == "document"


async def test_several_files_are_an_album_with_an_id_each(
    session: Session, sandbox: TelegramBotSandbox, chat: str, tmp_path: Path
) -> None:
    photos = [local(tmp_path, f"ель {n}.jpg", "image/jpeg", "photo") for n in range(3)]
    receipt = await session.send(out(chat, "Три ели", files=photos))
    assert called(sandbox) == ["sendMediaGroup"]
    assert len(set(receipt.ids)) == 3
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["Три ели", "", ""]


async def test_albums_hold_ten_of_a_family(
    session: Session, sandbox: TelegramBotSandbox, chat: str, tmp_path: Path
) -> None:
    photos = [local(tmp_path, f"{n}.jpg", "image/jpeg", "photo") for n in range(11)]
    papers = [local(tmp_path, f"{n}.pdf", "application/pdf") for n in range(2)]
    voices = [local(tmp_path, f"{n}.ogg", "audio/ogg", "voice") for n in range(2)]
    receipt = await session.send(out(chat, "", files=[*photos, *papers, *voices]))
    assert called(sandbox) == ["sendMediaGroup", "sendPhoto", "sendMediaGroup", "sendVoice", "sendVoice"]
    assert len(receipt.ids) == 15


async def test_a_text_too_long_for_a_caption_goes_before_the_file(
    session: Session, sandbox: TelegramBotSandbox, chat: str, tmp_path: Path
) -> None:
    paper = local(tmp_path, "Счёт.pdf", "application/pdf")
    beside = await session.send(out(chat, "ё" * 1024, files=[paper]))
    apart = await session.send(out(chat, "ё" * 1025, files=[paper], reply_to="1"))
    bare = await session.send(out(chat, "", files=[paper]))
    assert (beside.texts, apart.texts, bare.texts) == (beside.ids, apart.ids[:1], ())
    heard = (await sandbox.heard(ANNA))[:3]
    assert [(len(h.text), len(h.files), h.reply_to) for h in heard] == [(1024, 1, ""), (1025, 0, "1"), (0, 1, "")]


REFUSALS = [
    (401, "Unauthorized", NeedsRebind, "unauthorized"),
    (403, "Forbidden: bot was blocked by the user", Rejected, "blocked_by_user"),
    (403, "Forbidden: user is deactivated", Rejected, "user_deactivated"),
    (403, "Forbidden: bot can't initiate conversation with a user", Rejected, "never_started"),
    (403, "Forbidden: bot was kicked from the supergroup chat", Rejected, "removed_from_chat"),
    (403, "Forbidden: bot is not a member of the channel chat", Rejected, "removed_from_chat"),
    (403, "Forbidden: something new", Rejected, "no_rights"),
    (400, "Bad Request: chat not found", Rejected, "chat_not_found"),
    (400, "Bad Request: PEER_ID_INVALID", Rejected, "chat_not_found"),
    (400, "Bad Request: message is too long", Rejected, "too_long"),
    (400, "Bad Request: not enough rights to send text messages to the chat", Rejected, "no_rights"),
    (400, "Bad Request: something new", Rejected, "bad_request"),
    (413, "Request Entity Too Large", Rejected, "file_too_big"),
    (409, "Conflict: terminated by other getUpdates request", Retryable, "second_reader"),
    (500, "Internal Server Error", OutcomeUnknown, "server_trouble"),
    (502, "Bad Gateway", OutcomeUnknown, "server_trouble"),
    (0, "", OutcomeUnknown, "no_answer"),
]


@pytest.mark.req("S-070")
@pytest.mark.parametrize(("status", "words", "error", "code"), REFUSALS, ids=[f"{r[0]} {r[3]}" for r in REFUSALS])
async def test_each_refusal_says_what_happens_next(
    session: Session,
    sandbox: TelegramBotSandbox,
    chat: str,
    status: int,
    words: str,
    error: type[ChannelError],
    code: str,
) -> None:
    sandbox.faults.append(Fault("sendMessage", status, words))
    with pytest.raises(ChannelError) as caught:
        await session.send(out(chat))
    assert (type(caught.value), caught.value.code) == (error, code)
    assert len(await sandbox.heard(ANNA)) == (0 if status else 1), "silence came after the message was delivered"


async def test_a_message_that_never_left_is_queued_again(session: Session, sandbox: TelegramBotSandbox) -> None:
    await sandbox.vanish()
    with pytest.raises(Retryable):
        await anext(aiter(session.events(None)))  # the open connection is found broken
    with pytest.raises(Retryable, match="unreachable"):
        await session.send(out("7001"))
    await sandbox.come_back()


@pytest.mark.parametrize(("address", "scope"), [("7001", "account"), ("-42", "dialog")])
async def test_a_pause_is_as_long_as_telegram_says(
    session: Session, sandbox: TelegramBotSandbox, chat: str, address: str, scope: str
) -> None:
    sandbox.faults.append(Fault("sendMessage", 429, "Too Many Requests: retry after 17", {"retry_after": 17}))
    with pytest.raises(RateLimited) as caught:
        await session.send(out(address))
    assert (caught.value.retry_after, caught.value.scope, caught.value.code) == (17, scope, "flood")


class Impatient(SystemClock):
    """Does not wait, but remembers for how long it was asked to."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def test_a_short_pause_between_the_parts_of_a_message_is_waited_for(
    bound: Bound, sandbox: TelegramBotSandbox, chat: str, tmp_path: Path
) -> None:
    clock = Impatient()
    sandbox.faults.append(Fault("sendDocument", 429, "Too Many Requests", {"retry_after": 60}))
    async with create(World(clock=clock, chance=SystemChance())).open(ChannelId(1), bound) as session:
        receipt = await session.send(out(chat, "ё" * 1025, files=[local(tmp_path, "a.pdf", "application/pdf")]))
    assert clock.slept == [60]
    assert len(receipt.ids) == 2
    assert [len(heard.text) for heard in await sandbox.heard(ANNA)] == [1025, 0]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("sendDocument", 429, "Too Many Requests", {"retry_after": 61}),
        Fault("sendDocument", 403, "Forbidden: bot was blocked by the user"),
        Fault("sendDocument", 500, "Internal Server Error"),
    ],
    ids=["long pause", "refusal", "trouble"],
)
async def test_a_message_that_got_through_in_part_is_never_sent_again_by_itself(
    session: Session, sandbox: TelegramBotSandbox, chat: str, tmp_path: Path, fault: Fault
) -> None:
    sandbox.faults.append(fault)
    with pytest.raises(OutcomeUnknown, match="sent_in_part") as caught:
        await session.send(out(chat, "ё" * 1025, files=[local(tmp_path, "a.pdf", "application/pdf")]))
    assert caught.value.ids == ("2",)


async def test_a_group_that_moved_gets_the_message_at_its_new_address(
    session: Session, sandbox: TelegramBotSandbox
) -> None:
    group = sandbox.town.gather("group", "Опт")
    large = await sandbox.migrate(ANNA, group)
    receipt = await session.send(out(str(group.id), "всем", chat_kind="group"))
    assert [heard.text for heard in sandbox.heard_in(large)] == ["всем"]
    assert len(receipt.ids) == 1


async def test_an_edit_reaches_texts_and_captions_and_saying_the_same_is_a_success(
    session: Rich, sandbox: TelegramBotSandbox, chat: str, tmp_path: Path
) -> None:
    (text,) = (await session.send(out(chat, "Завтра"))).ids
    (paper,) = (await session.send(out(chat, "Счёт", files=[local(tmp_path, "a.pdf", "application/pdf")]))).ids
    for _ in range(2):
        await session.edit(chat, text, "Послезавтра")
        await session.edit(chat, paper, "Счёт-фактура")
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["Послезавтра", "Счёт-фактура"]


async def test_a_text_that_went_apart_from_its_file_is_edited_where_it_stands(
    session: Rich, sandbox: TelegramBotSandbox, chat: str, tmp_path: Path
) -> None:
    receipt = await session.send(out(chat, "ё" * 1025, files=[local(tmp_path, "a.pdf", "application/pdf")]))
    await session.edit(chat, receipt.texts[0], "е" * 1025)
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["е" * 1025, ""]


async def test_what_cannot_be_edited_is_refused(session: Rich, sandbox: TelegramBotSandbox, chat: str) -> None:
    with pytest.raises(Rejected, match="cannot_edit"):
        await session.edit(chat, "1", "чужое")
    with pytest.raises(Rejected, match="message_gone"):
        await session.edit(chat, "999", "нет такого")


@pytest.mark.req("S-067")
async def test_deleting_takes_a_message_away_and_twice_is_no_error(
    session: Rich, sandbox: TelegramBotSandbox, chat: str
) -> None:
    (sent,) = (await session.send(out(chat, "Ой"))).ids
    await session.delete(chat, sent)
    await session.delete(chat, sent)
    assert await sandbox.heard(ANNA) == []


@pytest.mark.req("S-067")
async def test_a_refused_deletion_tells_age_from_lack_of_rights(
    session: Rich, sandbox: TelegramBotSandbox, chat: str
) -> None:
    group = sandbox.town.gather("supergroup", "Опт")
    theirs = await sandbox.arrive(group, ANNA, {"text": "чужое"})
    with pytest.raises(Rejected, match="delete_no_rights"):
        await session.delete(str(group.id), str(theirs["message_id"]))
    group.bot = admin(can_delete_messages=True)
    theirs["date"] -= 48 * 3600
    with pytest.raises(Rejected, match="delete_too_old"):
        await session.delete(str(group.id), str(theirs["message_id"]))
    sandbox.town.private(ANNA).messages[1]["date"] -= 48 * 3600
    with pytest.raises(Rejected, match="delete_too_old"):
        await session.delete(chat, "1")


async def test_a_reaction_is_set_taken_back_or_refused(session: Rich, sandbox: TelegramBotSandbox, chat: str) -> None:
    await session.react(chat, "1", "👍")
    assert sandbox.town.reactions == {(ANNA.number, 1): ["👍"]}
    await session.react(chat, "1", "❤\N{VARIATION SELECTOR-16}")
    assert sandbox.town.reactions == {(ANNA.number, 1): ["❤"]}
    await session.react(chat, "1", "")
    assert sandbox.town.reactions == {(ANNA.number, 1): []}
    with pytest.raises(Rejected, match="reaction_not_allowed"):
        await session.react(chat, "1", "🪵")


async def test_an_edit_lost_on_the_way_may_be_done_again(session: Rich, sandbox: TelegramBotSandbox, chat: str) -> None:
    (sent,) = (await session.send(out(chat, "Завтра"))).ids
    sandbox.faults.append(Fault("editMessageText", 0))
    with pytest.raises(Retryable, match="no_answer"):
        await session.edit(chat, sent, "Послезавтра")
    await session.edit(chat, sent, "Послезавтра")
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["Послезавтра"]
