"""What the desk sends and changes, and what VK's answers lead to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatapp_cli.connectors.vk.errors import refused
from chatapp_cli.connectors.vk.outgoing import random_id
from chatapp_cli.connectors.vk.session import PollingSession
from chatapp_cli.domain.arrival import FileKind
from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retryable,
    SendingBlocked,
)
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, ProvesAccess
from chatapp_cli.sandbox.stage import StageFile
from chatapp_cli.sandbox.vk import VkSandbox
from chatapp_cli.sandbox.vk.server import TOKEN, Exchange, Fault
from tests.connectors.vk.hearing import message
from tests.contract.connector_contract import ANNA, BORIS

KEY = "0123456789abcdef0123456789abcdef"
PNG = b"\x89PNG of a fir tree"


@pytest.fixture
async def session(connector: Connector, bound: Bound, sandbox: VkSandbox) -> AsyncIterator[PollingSession]:
    await sandbox.say(ANNA, "Есть ёлки?")
    async with connector.open(ChannelId(1), bound) as session:
        assert isinstance(session, PollingSession)
        yield session


def outbound(text: str = "Есть", *, key: str = KEY, address: str = "7001", **changes: object) -> Outbound:
    return Outbound(message_id=MessageId(1), key=key, address=address, text=text, **changes)  # type: ignore[arg-type]


def file(folder: Path, name: str, mime: str, content: bytes, kind: FileKind = "document") -> LocalFile:
    path = folder / f"blob-{name}"
    path.write_bytes(content)
    return LocalFile(path=path, name=name, mime=mime, size=len(content), kind=kind)


def calls(sandbox: VkSandbox, method: str) -> list[Exchange]:
    return [one for one in sandbox.exchanges if one.method == method]


async def test_a_message_is_named_by_its_number_in_the_conversation(
    session: PollingSession, sandbox: VkSandbox
) -> None:
    receipt = await session.send(outbound("Есть"))
    assert receipt.ids == ("2",)
    assert sandbox.town.talks[7001][2]["text"] == "Есть"


async def test_the_same_key_is_delivered_once_even_if_the_answer_is_lost(
    session: PollingSession, sandbox: VkSandbox
) -> None:
    sandbox.faults.append(Fault("messages.send", 0))
    with pytest.raises(OutcomeUnknown, match="no_answer"):
        await session.send(outbound("Есть"))
    again = await session.send(outbound("Есть"))
    other = await session.send(outbound("Есть", key="f" * 32))
    assert (again.ids, other.ids) == (("2",), ("3",))
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["Есть", "Есть"]
    assert manifest("vk").capabilities.idempotent_send


@pytest.mark.parametrize("status", [502, 203])
async def test_a_page_instead_of_an_answer_leaves_a_message_unknown_and_anything_else_to_be_tried_again(
    session: PollingSession, sandbox: VkSandbox, status: int
) -> None:
    sandbox.faults.append(Fault("messages.send", 0, status=status))
    with pytest.raises(OutcomeUnknown, match="no_answer"):
        await session.send(outbound("Есть"))
    assert (await session.send(outbound("Есть"))).ids == ("2",)
    sandbox.faults.append(Fault("messages.markAsRead", 0, status=status))
    with pytest.raises(Retryable):
        await session.mark_read("7001", "1")


async def test_a_server_that_sends_us_elsewhere_is_not_followed(session: PollingSession, sandbox: VkSandbox) -> None:
    sandbox.faults.append(Fault("messages.send", 0, status=302))
    with pytest.raises(Misconfigured, match="redirected"):
        await session.send(outbound("Есть"))


def test_the_number_of_a_part_has_31_bits_and_never_is_zero() -> None:
    numbers = {random_id(f"{n:032x}", part) for n in range(300) for part in range(3)}
    assert len(numbers) == 900
    assert all(0 < number < 1 << 31 for number in numbers)
    assert random_id(KEY, 0) == random_id(KEY, 0) != random_id(KEY, 1)


async def test_a_quotation_goes_along(session: PollingSession, sandbox: VkSandbox) -> None:
    await session.send(outbound("Да", reply_to="1"))
    (heard,) = await sandbox.heard(ANNA)
    assert heard.reply_to == "1"


@pytest.mark.req("S-077")
async def test_photos_documents_and_text_go_as_one_message_and_a_voice_message_alone(
    session: PollingSession, sandbox: VkSandbox, tmp_path: Path
) -> None:
    files = (
        file(tmp_path, "ёлка.png", "image/png", PNG, "photo"),
        file(tmp_path, 'Прайс "новый".pdf', "application/pdf", b"%PDF", "document"),
        file(tmp_path, "голос.ogg", "audio/ogg", b"OggS", "voice"),
    )
    receipt = await session.send(outbound("Вот https://example.org", files=files, reply_to="1"))
    first, second = await sandbox.heard(ANNA)
    assert receipt.ids == ("2", "3")
    assert [f.content for f in first.files] == [PNG, b"%PDF"]
    assert (first.text, first.reply_to) == ("Вот https://example.org", "1")
    assert ([f.content for f in second.files], second.text, second.reply_to) == ([b"OggS"], "", "")
    shown = [a["type"] for m in (2, 3) for a in sandbox.town.talks[7001][m]["attachments"]]
    assert shown == ["photo", "doc", "audio_message"]
    assert sandbox.town.talks[7001][2]["attachments"][1]["doc"]["title"] == 'Прайс "новый".pdf'
    assert [one.params.get("dont_parse_links") for one in calls(sandbox, "messages.send")] == ["1", "1"]


async def test_a_picture_that_vk_cannot_show_goes_as_a_document(
    session: PollingSession, sandbox: VkSandbox, tmp_path: Path
) -> None:
    await session.send(outbound("", files=(file(tmp_path, "план.png", "image/png", b"odd", "photo"),)))
    (heard,) = await sandbox.heard(ANNA)
    assert [f.content for f in heard.files] == [b"odd"]
    assert sandbox.uploads == ["план.png", "план.png"]


async def test_a_file_that_vk_refuses_is_refused_and_nothing_is_sent(
    session: PollingSession, sandbox: VkSandbox, tmp_path: Path
) -> None:
    with pytest.raises(Rejected, match="file_refused File extension is not allowed"):
        await session.send(outbound("Вот", files=(file(tmp_path, "игра.exe", "application/x-msdownload", b"MZ"),)))
    assert await sandbox.heard(ANNA) == []


async def test_a_message_that_got_through_in_part_says_so(
    session: PollingSession, sandbox: VkSandbox, tmp_path: Path
) -> None:
    voice = file(tmp_path, "голос.ogg", "audio/ogg", b"OggS", "voice")
    sandbox.faults.append(Fault("docs.getMessagesUploadServer", 901, "Can't send messages for users"))
    with pytest.raises(Rejected, match="sent_in_part 901"):
        await session.send(outbound("Слушайте", files=(voice,)))
    sandbox.faults.append(Fault("docs.save", 10, "Internal server error"))
    with pytest.raises(Retryable, match="server_trouble"):
        await session.send(outbound("Слушайте", files=(voice,)))
    assert (await session.send(outbound("Слушайте", files=(voice,)))).ids == ("2", "3")
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["Слушайте", ""]


@pytest.mark.req("S-078")
def test_files_of_more_than_50_megabytes_do_not_go_out() -> None:
    assert manifest("vk").capabilities.max_upload == 50 * 1024 * 1024


@pytest.mark.req("S-076")
async def test_whoever_never_wrote_is_refused_before_anything_is_uploaded(
    session: PollingSession, sandbox: VkSandbox, tmp_path: Path
) -> None:
    sandbox.town.meet(BORIS)
    with pytest.raises(Rejected, match="not_allowed 901"):
        await session.send(outbound(address="7002", stranger=True))
    price = file(tmp_path, "прайс.pdf", "application/pdf", b"%PDF")
    with pytest.raises(Rejected, match="not_allowed"):
        await session.send(outbound(address="7002", stranger=True, files=(price,)))
    assert sandbox.uploads == []
    await sandbox.permit(BORIS, allow=True)
    assert (await session.send(outbound(address="7002", stranger=True, files=(price,)))).ids == ("1",)
    assert manifest("vk").capabilities.write_first == ()


async def test_an_edit_keeps_what_is_attached(session: PollingSession, sandbox: VkSandbox, tmp_path: Path) -> None:
    receipt = await session.send(outbound("Вот", files=(file(tmp_path, "ёлка.png", "image/png", PNG, "photo"),)))
    await session.edit("7001", receipt.ids[0], "Вот она")
    (heard,) = await sandbox.heard(ANNA)
    assert (heard.text, [f.content for f in heard.files]) == ("Вот она", [PNG])
    with pytest.raises(Rejected, match="cannot_edit 920"):
        await session.edit("7001", "1", "чужое")


async def test_messages_are_taken_back_from_everybody_and_foreign_ones_are_not(
    session: PollingSession, sandbox: VkSandbox
) -> None:
    receipt = await session.send(outbound())
    await session.delete("7001", receipt.ids[0])
    assert await sandbox.heard(ANNA) == []
    assert calls(sandbox, "messages.delete")[0].params["delete_for_all"] == "1"
    with pytest.raises(Rejected, match="cannot_delete 924"):
        await session.delete("7001", "1")
    assert manifest("vk").capabilities.delete_within == 24 * 3600


async def test_reactions_are_set_and_removed_and_unknown_ones_refused(
    session: PollingSession, sandbox: VkSandbox
) -> None:
    await session.react("7001", "1", "❤️")
    assert sandbox.town.reactions == {(7001, 1): 1}
    await session.react("7001", "1", "👍")
    assert sandbox.town.reactions == {(7001, 1): 4}
    await session.react("7001", "1", "")
    assert sandbox.town.reactions == {}
    for emoji in ("🦔", "👍👍"):
        with pytest.raises(Rejected, match="reaction_not_allowed"):
            await session.react("7001", "1", emoji)


async def test_the_client_is_shown_that_we_read_and_write(session: PollingSession, sandbox: VkSandbox) -> None:
    await session.mark_read("7001", "1")
    await session.typing("7001")
    await session.mark_read("7001", "wall-220000042_45_r601")
    await session.typing("wall-220000042_45_r601")
    assert (sandbox.town.read, sandbox.town.typing) == ({7001: 1}, [7001])


async def test_files_are_fetched_and_those_that_are_gone_or_too_large_say_so(
    session: PollingSession, bound: Bound, sandbox: VkSandbox, tmp_path: Path
) -> None:
    await sandbox.say(BORIS, "", files=[StageFile(name="план.pdf", mime="application/pdf", content=b"%PDF plan")])
    cursor = bound.cursor
    assert (await message(session, cursor)).sender.name == ANNA.name
    url = f"{sandbox.url}/files/f1"
    await session.fetch(url, tmp_path / "here")
    assert (tmp_path / "here").read_bytes() == b"%PDF plan"
    with pytest.raises(Rejected, match="file_gone"):
        await session.fetch(f"{sandbox.url}/files/nowhere", tmp_path / "there")
    await sandbox.vanish()
    with pytest.raises(Retryable, match="unreachable"):
        await session.fetch(url, tmp_path / "there")


RETRIED, PAUSED, FAILED, STOPS, REBIND = Retryable, RateLimited, Rejected, Misconfigured, NeedsRebind
BLOCKED = SendingBlocked
"""What is said of the key while a message is sent."""


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (1, RETRIED, "server_trouble"),
        (10, RETRIED, "server_trouble"),
        (6, PAUSED, "too_fast"),
        (9, PAUSED, "flood"),
        (29, PAUSED, "daily_limit"),
        (14, PAUSED, "captcha"),
        (17, BLOCKED, "validation"),
        (24, BLOCKED, "validation"),
        (25, BLOCKED, "validation"),
        (2000, STOPS, "too_many_servers"),
        (5, REBIND, "token_refused"),
        (27, REBIND, "token_refused"),
        (28, REBIND, "token_refused"),
        (203, REBIND, "community_gone"),
        (7, BLOCKED, "no_rights"),
        (20, BLOCKED, "no_rights"),
        (23, BLOCKED, "no_rights"),
        (15, FAILED, "no_rights"),
        (18, FAILED, "user_gone"),
        (900, FAILED, "blacklisted"),
        (901, FAILED, "not_allowed"),
        (902, FAILED, "privacy"),
        (936, FAILED, "peer_unknown"),
        (917, FAILED, "chat_closed"),
        (922, FAILED, "chat_closed"),
        (945, FAILED, "chat_closed"),
        (946, FAILED, "chat_closed"),
        (962, FAILED, "chat_closed"),
        (985, FAILED, "chat_closed"),
        (912, FAILED, "bot_features_off"),
        (950, FAILED, "too_late_to_answer"),
        (910, FAILED, "too_long"),
        (914, FAILED, "too_long"),
        (913, FAILED, "bad_quote"),
        (911, FAILED, "bad_request"),
        (100, FAILED, "bad_request"),
        (4711, FAILED, "bad_request"),
    ],
)
async def test_every_number_of_vks_leads_to_what_happens_next(
    session: PollingSession, sandbox: VkSandbox, number: int, kind: type[ChannelError], code: str
) -> None:
    if number != 4711:
        sandbox.faults.append(Fault("messages.send", number, f"refused, said {TOKEN}"))
        with pytest.raises(kind) as caught:
            await session.send(outbound())
        assert caught.value.detail == f"{number}: refused, said ***"
        assert await sandbox.heard(ANNA) == []
    found = refused(number, "")
    assert found.code == code
    assert kind is BLOCKED or type(found) is kind
    assert code in manifest("vk").errors


@pytest.mark.parametrize(("number", "seconds", "scope"), [(6, 1, "account"), (9, 180, "account"), (223, 300, "dialog")])
def test_pauses_are_as_long_as_vk_means_them(number: int, seconds: float, scope: str) -> None:
    pause = refused(number, "")
    assert isinstance(pause, RateLimited)
    assert (pause.retry_after, pause.scope) == (seconds, scope)


async def test_twenty_requests_a_second_are_the_communitys_rate() -> None:
    (rate,) = manifest("vk").capabilities.rates
    assert (rate.scope, rate.limit, rate.per) == ("account", 20, 1.0)


async def test_a_message_that_is_gone_counts_as_taken_back_and_one_that_stays_does_not(
    session: PollingSession, sandbox: VkSandbox
) -> None:
    receipt = await session.send(outbound("Есть"))
    await session.delete("7001", receipt.ids[0])
    await session.delete("7001", receipt.ids[0])
    theirs = await sandbox.say(ANNA, "нет")
    with pytest.raises(Rejected, match="cannot_delete 924"):
        await session.delete("7001", theirs)
    assert sandbox.town.talks[7001][int(theirs)]["text"] == "нет"


async def test_a_key_is_proved_without_a_message(session: PollingSession, sandbox: VkSandbox) -> None:
    assert isinstance(session, ProvesAccess)
    sandbox.faults.append(Fault("messages.send", 17, "Validation required"))
    with pytest.raises(SendingBlocked, match="validation"):
        await session.send(outbound("Есть"))
    await session.prove()
    await sandbox.end_login()
    for act in (session.prove(), session.send(outbound("Есть"))):
        with pytest.raises(NeedsRebind, match="token_refused"):
            await act
    assert await sandbox.heard(ANNA) == []


async def test_a_key_that_is_refused_even_the_question_is_not_accepted(
    session: PollingSession, sandbox: VkSandbox
) -> None:
    sandbox.faults.append(Fault("groups.getTokenPermissions", 15, "Access denied"))
    with pytest.raises(NeedsRebind, match="no_rights 15"):
        await session.prove()
