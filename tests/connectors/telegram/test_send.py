"""What goes out: once, to whom it was meant, and every refusal named for what happens next."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatapp_cli.connectors.telegram.outgoing import opus_seconds
from chatapp_cli.connectors.telegram.peers import marked
from chatapp_cli.connectors.telegram.session import AccountSession
from chatapp_cli.domain.arrival import MessageArrived, PeerMoved
from chatapp_cli.domain.errors import NeedsRebind, OutcomeUnknown, RateLimited, Rejected, Retryable, SendingBlocked
from chatapp_cli.domain.outbound import LocalFile
from chatapp_cli.ports.connector import StoredArrival
from chatapp_cli.sandbox.stage import StageFile
from chatapp_cli.sandbox.telegram import TelegramSandbox
from tests.connectors.telegram.conftest import Desk, Store, outbound, texts
from tests.contract.connector_contract import ANNA, BORIS

PAGE = b"OggS\x00\x04" + (3 * 48_000).to_bytes(8, "little") + b"\0" * 20
"""The last page of a recording of three seconds."""


def requests(sandbox: TelegramSandbox, method: str = "messages.sendMessage") -> list:  # type: ignore[type-arg]
    return [asked.request for asked in sandbox.stage.asked(method)]


def local(tmp_path: Path, name: str, content: bytes, mime: str, kind: str = "document") -> LocalFile:
    path = tmp_path / str(abs(hash(name)))
    path.write_bytes(content)
    return LocalFile(path=path, name=name, mime=mime, size=len(content), kind=kind)  # type: ignore[arg-type]


@pytest.fixture
async def anna(session: AccountSession, desk: Desk, sandbox: TelegramSandbox) -> str:
    """The address of somebody who wrote to us."""
    await sandbox.say(ANNA, "Здравствуйте")
    return (await desk.one(MessageArrived)).peer.address


async def test_words_go_out_as_they_were_written(session: AccountSession, sandbox: TelegramSandbox, anna: str) -> None:
    await session.send(outbound(anna, "**ель** __2 м__ `шт` https://example.org"))
    (heard,) = await sandbox.heard(ANNA)
    assert heard.text == "**ель** __2 м__ `шт` https://example.org"
    (request,) = requests(sandbox)
    assert (request.no_webpage, request.entities) == (True, None)


async def test_an_answer_quotes_what_it_answers(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox, anna: str
) -> None:
    (first,) = desk.store.of(MessageArrived)
    await session.send(outbound(anna, "Добрый день", reply_to=first.ext_id))
    (heard,) = await sandbox.heard(ANNA)
    assert heard.reply_to == first.ext_id


async def test_the_same_key_twice_is_delivered_once_and_has_the_same_id(
    session: AccountSession, sandbox: TelegramSandbox, anna: str
) -> None:
    await session.send(outbound(anna, "Есть", key="a" * 32))
    first = await session.send(outbound(anna, "Ели есть", key="b" * 32))
    await session.send(outbound(anna, "Есть", key="c" * 32))
    again = await session.send(outbound(anna, "Ели есть", key="b" * 32))
    assert first.ids == again.ids
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["Есть", "Ели есть", "Есть"]


async def test_a_send_without_an_answer_is_unknown_and_sent_again_it_arrives_once(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    await sandbox.say(ANNA, "Есть ели?")
    sandbox.stage.hush("messages.sendMessage")
    async with desk.running() as session:
        address = (await desk.one(MessageArrived)).peer.address
        with pytest.raises(OutcomeUnknown, match="no_answer"):
            await session.send(outbound(address, "Есть"))
    async with desk.running() as session:
        receipt = await session.send(outbound(address, "Есть"))
        await desk.until(lambda store: any(message.from_us for message in store.of(MessageArrived)))
    (echo,) = [message for message in desk.store.of(MessageArrived) if message.from_us]
    assert (echo.ext_id,) == receipt.ids
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["Есть"]


async def test_our_own_messages_tear_no_hole_and_an_echo_has_the_id_of_the_receipt(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox, anna: str
) -> None:
    sent: list[str] = []
    for number in range(3):
        sent += (await session.send(outbound(anna, str(number), key=str(number) * 32))).ids
        await sandbox.say(ANNA, f"ответ {number}")
    await desk.until(texts("ответ 2"))
    heard = [message.text for message in desk.store.of(MessageArrived) if not message.from_us]
    assert heard == ["Здравствуйте", "ответ 0", "ответ 1", "ответ 2"]
    assert {message.ext_id for message in desk.store.of(MessageArrived) if message.from_us} <= set(sent)


async def test_sends_at_once_go_one_at_a_time(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox, anna: str
) -> None:
    await asyncio.gather(*(session.send(outbound(anna, str(n), key=f"{n:032}")) for n in range(12)))
    assert sorted(heard.text for heard in await sandbox.heard(ANNA)) == sorted(str(n) for n in range(12))


async def test_a_long_text_beside_a_file_goes_before_it(
    session: AccountSession, sandbox: TelegramSandbox, anna: str, tmp_path: Path
) -> None:
    price = local(tmp_path, "прайс.pdf", b"%PDF", "application/pdf")
    picture = local(tmp_path, "ель.jpg", b"\xff", "image/jpeg", "photo")
    receipt = await session.send(outbound(anna, "д" * 1025, files=(price, picture)))
    heard = await sandbox.heard(ANNA)
    assert [(one.text, [file.content for file in one.files]) for one in heard] == [
        ("д" * 1025, []),
        ("", [b"%PDF"]),
        ("", [b"\xff"]),
    ]
    assert len(set(receipt.ids)) == 3


async def test_a_short_text_stands_under_the_first_file(
    session: AccountSession, sandbox: TelegramSandbox, anna: str, tmp_path: Path
) -> None:
    files = tuple(local(tmp_path, f"{n}.pdf", b"%PDF" + str(n).encode(), "application/pdf") for n in range(2))
    await session.send(outbound(anna, "Прайсы", files=files))
    assert [(one.text, one.files[0].name) for one in await sandbox.heard(ANNA)] == [("Прайсы", "0.pdf"), ("", "1.pdf")]


async def test_a_recording_goes_out_as_a_voice_message_with_its_length(
    session: AccountSession, sandbox: TelegramSandbox, anna: str, tmp_path: Path
) -> None:
    voice = local(tmp_path, "голос.ogg", b"OggS" + b"\0" * 40 + PAGE, "audio/ogg", "voice")
    await session.send(outbound(anna, files=(voice,)))
    (request,) = requests(sandbox, "messages.sendMedia")
    sound = next(one for one in request.media.attributes if hasattr(one, "voice"))
    assert (sound.voice, sound.duration) == (True, 3)


def test_what_is_no_ogg_has_no_length(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"RIFF")
    assert opus_seconds(tmp_path / "x") == 0


@pytest.mark.req("S-056")
@pytest.mark.req("S-120")
@pytest.mark.req("S-125")
async def test_a_first_message_by_phone_enters_the_address_book_and_the_answer_lands_in_the_same_dialog(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    sandbox.stage.person(ANNA)
    first = outbound(ANNA.phone, "Ваш заказ готов", stranger=True, first_name="Анна", last_name="Белова (ели)")
    receipt = await session.send(first)
    moved = await desk.one(PeerMoved)
    assert (moved.old_key, moved.peer.key, moved.peer.address) == (ANNA.phone, str(ANNA.number), str(ANNA.number))
    (contact,) = [one for one in await session.contacts() if one.id == str(ANNA.number)]
    assert (contact.name, contact.phone) == ("Анна Белова (ели)", ANNA.phone)
    await sandbox.say(ANNA, "Спасибо")
    await desk.until(texts("Спасибо"))
    heard = desk.store.of(MessageArrived)[-1]
    assert (heard.peer.key, heard.sender.phone) == (moved.peer.key, ANNA.phone)
    assert receipt.ids == (str(int(heard.ext_id) - 1),)
    await session.send(outbound(ANNA.phone, "Ждём", key="b" * 32))
    assert len(requests(sandbox, "contacts.importContacts")) == 1, "whoever is known is not looked up again"


async def test_a_move_that_was_not_durable_when_the_desk_was_killed_comes_again(
    desk: Desk, sandbox: TelegramSandbox
) -> None:
    sandbox.stage.person(ANNA)
    async with desk.opened() as session:
        await session.send(outbound(ANNA.phone, "Ваш заказ готов"))
    async with desk.running():
        moved = await desk.one(PeerMoved)
        await desk.one(MessageArrived)  # the echo of what was sent
    assert isinstance(desk.store.events[0], PeerMoved), "before what was said under the new key"
    assert (moved.old_key, moved.peer.key) == (ANNA.phone, str(ANNA.number))
    again = desk.connector.understand(desk.bound, StoredArrival("again", moved.at, desk.store.raw[0]))
    assert list(again.events) == [moved]
    fresh = Store(desk.store.cursor)
    desk.store = fresh
    async with desk.running():
        await sandbox.say(ANNA, "Спасибо")
        await desk.until(texts("Спасибо"))
    assert fresh.of(PeerMoved) == [], "told once it is durable, and never again"


@pytest.mark.req("S-054")
@pytest.mark.parametrize("address", ["@Boris_Y", "boris_y"])
async def test_a_first_message_by_username(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox, address: str
) -> None:
    sandbox.stage.person(BORIS)
    await session.send(outbound(address, "Здравствуйте"))
    moved = await desk.one(PeerMoved)
    assert (moved.old_key, moved.peer.key) == (address, str(BORIS.number))
    assert [heard.text for heard in await sandbox.heard(BORIS)] == ["Здравствуйте"]


@pytest.mark.req("S-054")
@pytest.mark.parametrize("hidden", [True, False])
async def test_a_phone_that_nobody_has_or_that_is_hidden_is_refused_with_advice(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox, hidden: bool
) -> None:
    if hidden:
        sandbox.stage.person(ANNA).phone_hidden = True
    with pytest.raises(Rejected, match="phone_not_found"):
        await session.send(outbound(ANNA.phone, "Ау"))
    assert await session.find(ANNA.phone) is None


@pytest.mark.req("S-054")
async def test_whether_somebody_is_there_is_asked_without_touching_the_address_book(
    session: AccountSession, sandbox: TelegramSandbox
) -> None:
    sandbox.stage.person(ANNA)
    for address in (ANNA.phone, "anna_b", "@anna_b"):
        found = await session.find(address)
        assert found is not None
        assert (found.id, found.name, found.username) == (str(ANNA.number), ANNA.name, "anna_b")
    assert await session.find("nobody_here") is None
    assert await session.contacts() == []


@pytest.mark.parametrize("address", ["424242", "-424242", "-1000000424242"])
async def test_an_id_that_the_account_never_met_is_refused(session: AccountSession, address: str) -> None:
    with pytest.raises(Rejected, match="peer_unknown"):
        await session.send(outbound(address, "Ау"))


@pytest.mark.parametrize("address", ["@nobody_here", "не адрес"])
async def test_a_name_that_nobody_bears_is_refused(session: AccountSession, address: str) -> None:
    with pytest.raises(Rejected, match="username_not_found"):
        await session.send(outbound(address, "Ау"))


@pytest.mark.req("S-055")
@pytest.mark.parametrize(
    ("method", "refusal", "code", "seconds", "scope"),
    [
        ("messages.sendMessage", "FLOOD_WAIT_5", "flood", 5, "account"),
        ("messages.sendMessage", "FLOOD_WAIT_90", "flood", 90, "account"),
        ("messages.sendMessage", "FLOOD_PREMIUM_WAIT_7", "flood", 7, "account"),
        ("messages.sendMessage", "SLOWMODE_WAIT_30", "slow_mode", 30, "dialog"),
        ("messages.sendMessage", "PEER_FLOOD", "peer_flood", 86_400, "strangers"),
        ("contacts.resolvePhone", "FLOOD_WAIT_3600", "flood", 3600, "strangers"),
    ],
)
async def test_a_flood_is_told_exactly_and_holds_only_what_it_must(
    session: AccountSession,
    sandbox: TelegramSandbox,
    method: str,
    refusal: str,
    code: str,
    seconds: int,
    scope: str,
) -> None:
    sandbox.stage.person(ANNA)
    sandbox.stage.order(method, refusal)
    with pytest.raises(RateLimited) as told:
        await session.send(outbound(ANNA.phone, "Ау"))
    assert (told.value.code, told.value.retry_after, told.value.scope) == (code, seconds, scope)


async def test_a_flood_of_lookups_does_not_stop_answers(
    session: AccountSession, sandbox: TelegramSandbox, anna: str
) -> None:
    sandbox.stage.order("contacts.resolvePhone", "FLOOD_WAIT_3600")
    with pytest.raises(RateLimited):
        await session.send(outbound(BORIS.phone, "Ау"))
    await session.send(outbound(anna, "Да"))
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["Да"]


@pytest.mark.parametrize(
    ("refusal", "kind", "code"),
    [
        ("USER_PRIVACY_RESTRICTED", Rejected, "privacy"),
        ("PRIVACY_PREMIUM_REQUIRED", Rejected, "premium_required"),
        ("ALLOW_PAYMENT_REQUIRED_50", Rejected, "payment_required"),
        ("USER_IS_BLOCKED", Rejected, "blocked_by_user"),
        ("YOU_BLOCKED_USER", Rejected, "blocked_by_us"),
        ("INPUT_USER_DEACTIVATED", Rejected, "user_deactivated"),
        ("PEER_ID_INVALID", Rejected, "peer_unknown"),
        ("CHAT_WRITE_FORBIDDEN", Rejected, "no_rights"),
        ("CHAT_SEND_PLAIN_FORBIDDEN", Rejected, "no_rights"),
        ("MESSAGE_TOO_LONG", Rejected, "too_long"),
        ("SOMETHING_OF_TOMORROW", Rejected, "refused"),
        ("RPC_CALL_FAIL", Retryable, "server_trouble"),
        ("FROZEN_METHOD_INVALID", SendingBlocked, "frozen"),
        ("USER_DEACTIVATED", NeedsRebind, "account_deleted"),
        ("AUTH_KEY_DUPLICATED", NeedsRebind, "used_twice"),
    ],
)
async def test_each_refusal_is_named_for_what_happens_next(
    session: AccountSession, sandbox: TelegramSandbox, anna: str, refusal: str, kind: type[Exception], code: str
) -> None:
    sandbox.stage.order("messages.sendMessage", refusal)
    with pytest.raises(kind) as told:
        await session.send(outbound(anna, "Ау"))
    assert type(told.value) is kind
    assert (told.value.code, told.value.detail) == (code, refusal)  # type: ignore[attr-defined]


async def test_what_got_through_in_part_is_not_sent_again(
    session: AccountSession, sandbox: TelegramSandbox, anna: str, tmp_path: Path
) -> None:
    sandbox.stage.order("messages.sendMedia", "CHAT_SEND_DOCS_FORBIDDEN")
    with pytest.raises(Rejected, match="sent_in_part"):
        await session.send(outbound(anna, "д" * 2000, files=(local(tmp_path, "x.pdf", b"%PDF", "application/pdf"),)))


async def test_a_file_is_fetched_even_when_its_reference_has_expired(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox, tmp_path: Path
) -> None:
    picture = StageFile(name="ель.jpg", mime="image/jpeg", content=b"picture" * 100_000)
    await sandbox.say(ANNA, "вот", files=[picture])
    message = await desk.one(MessageArrived)
    (file,) = message.files
    assert (file.kind, file.mime, file.remote) == ("photo", "image/jpeg", f"{ANNA.number}/{message.ext_id}")
    sandbox.stage.expire_references()
    await session.fetch(file.remote, tmp_path / "photo")
    assert (tmp_path / "photo").read_bytes() == picture.content
    sandbox.stage.order("upload.getFile", "FILE_REFERENCE_EXPIRED")
    await session.fetch(file.remote, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == picture.content


async def test_a_file_of_a_deleted_message_is_gone(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox, tmp_path: Path
) -> None:
    await sandbox.say(ANNA, "вот", files=[StageFile(name="прайс.pdf", mime="application/pdf", content=b"%PDF")])
    message = await desk.one(MessageArrived)
    chat = sandbox.stage.private(sandbox.stage.person(ANNA))
    sandbox.stage.delete(sandbox.stage.letter(chat, sandbox.owner, message.ext_id))
    with pytest.raises(Rejected, match="file_gone"):
        await session.fetch(message.files[0].remote, tmp_path / "x")


async def test_edits_deletions_and_reactions_reach_the_client(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox, anna: str
) -> None:
    (first,) = desk.store.of(MessageArrived)
    (sent,) = (await session.send(outbound(anna, "Ель 2 м"))).ids
    await session.edit(anna, sent, "Ель 3 м")
    await session.edit(anna, sent, "Ель 3 м")
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["Ель 3 м"]
    await session.react(anna, first.ext_id, "❤️")
    letter = sandbox.stage.letter(sandbox.stage.private(sandbox.stage.person(ANNA)), sandbox.owner, first.ext_id)
    assert [one.emoticon for one in letter.reactions[sandbox.owner]] == ["❤"]
    await session.react(anna, first.ext_id, "")
    assert not letter.reactions.get(sandbox.owner)
    await session.delete(anna, sent)
    await session.delete(anna, sent)
    assert await sandbox.heard(ANNA) == []


async def test_the_client_sees_that_we_read_and_write(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox, anna: str
) -> None:
    (first,) = desk.store.of(MessageArrived)
    await session.mark_read(anna, first.ext_id)
    chat = sandbox.stage.private(sandbox.stage.person(ANNA))
    assert chat.read_inbox[sandbox.owner.id] == int(first.ext_id)
    await session.typing(anna)
    (typing,) = requests(sandbox, "messages.setTyping")
    assert type(typing.action).__name__ == "SendMessageTypingAction"


async def test_in_a_supergroup_everything_works_under_its_own_numbers(
    session: AccountSession, desk: Desk, sandbox: TelegramSandbox
) -> None:
    boris = sandbox.stage.person(BORIS)
    group = sandbox.stage.groups.channel("Опт", boris, broadcast=False)
    sandbox.stage.groups.add(boris, group, sandbox.owner)
    sandbox.stage.write(boris, group, "Почём?")
    heard = await desk.one(MessageArrived)
    (sent,) = (await session.send(outbound(heard.peer.address, "По сто", reply_to=heard.ext_id))).ids
    assert sent.endswith(f".{group.id}")
    await session.edit(heard.peer.address, sent, "По двести")
    await session.mark_read(heard.peer.address, heard.ext_id)
    await session.react(heard.peer.address, heard.ext_id, "👍")
    letters = group.box.of(group)
    assert [(one.text, one.reply_to and one.reply_to.text) for one in letters][:1] == [("По двести", "Почём?")]
    assert group.read_inbox[sandbox.owner.id] >= 1
    await session.delete(heard.peer.address, sent)
    assert next(iter(group.box.of(group))).text == "Почём?"
    assert heard.peer.key == str(marked(group.id))
