"""Sending: parts in order, nothing sent twice, and every refusal under its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatapp_cli.connectors.avito.connector import AvitoSession
from chatapp_cli.domain.errors import ChannelError, Misconfigured, OutcomeUnknown, RateLimited, Rejected, Retryable
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.sandbox.avito import AvitoSandbox
from chatapp_cli.sandbox.avito.server import Fault
from chatapp_cli.sandbox.avito.town import ACCOUNT
from tests.contract.connector_contract import ANNA


def out(address: str, text: str = "", *files: LocalFile, thread: tuple[str, ...] = ()) -> Outbound:
    return Outbound(message_id=MessageId(1), key="k" * 32, address=address, text=text, files=files, thread=thread)


@pytest.fixture
async def chat(sandbox: AvitoSandbox) -> str:
    await sandbox.say(ANNA, "Есть?")
    return sandbox.town.chat(ANNA).id


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[LocalFile, ...]:
    made = []
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(name.encode())
        made.append(LocalFile(path=tmp_path / name, name=name, mime="image/png", size=5, kind="photo"))
    return tuple(made)


async def test_pictures_are_uploaded_before_anything_is_said(
    session: AvitoSession, sandbox: AvitoSandbox, chat: str, pictures: tuple[LocalFile, ...]
) -> None:
    sandbox.exchanges.clear()
    receipt = await session.send(out(chat, "Вот", *pictures))
    assert [one.path.rpartition("}")[2] for one in sandbox.exchanges] == [
        "/uploadImages",
        "/uploadImages",
        "/messages",
        "/messages/image",
        "/messages/image",
    ]
    assert [[file.content for file in heard.files] for heard in await sandbox.heard(ANNA)] == [
        [],
        [b"a.png"],
        [b"b.png"],
    ]
    assert receipt.ids == tuple(message["id"] for message in sandbox.town.chat(ANNA).messages[1:])


async def test_a_file_that_is_no_picture_is_refused_before_anything_is_said(
    session: AvitoSession, sandbox: AvitoSandbox, chat: str, tmp_path: Path
) -> None:
    (tmp_path / "p").write_bytes(b"%PDF")
    price = LocalFile(path=tmp_path / "p", name="Прайс.pdf", mime="application/pdf", size=4)
    with pytest.raises(Rejected, match="only_pictures") as caught:
        await session.send(out(chat, "Вот", price))
    assert caught.value.detail == "Прайс.pdf"
    assert await sandbox.heard(ANNA) == []


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault("/messages", 400, {"error": {"code": 400, "message": "text is bad"}}), Rejected, "refused"),
        (Fault("/messages", 404, {"message": "chat not found", "code": 404}), Rejected, "chat_gone"),
        (Fault("/messages", 402, {"error": {"code": 402, "message": "x"}}), Rejected, "chat_closed"),
        (Fault("/messages", 403, {"errors": ["closed"]}, times=2), Rejected, "chat_closed"),
        (Fault("/messages", 429, {}), RateLimited, "rate_limited"),
        (Fault("/messages", 500, {}), OutcomeUnknown, "server_error"),
        (Fault("/messages", 0, {}), OutcomeUnknown, "no_answer"),
        (Fault("/uploadImages", 500, {}), Retryable, "server_error"),
        (Fault("/uploadImages", 0, {}), Retryable, "unreachable"),
        (Fault("/uploadImages", 413, {}), Rejected, "file_too_big"),
    ],
)
async def test_each_refusal_has_its_name(
    session: AvitoSession,
    sandbox: AvitoSandbox,
    chat: str,
    pictures: tuple[LocalFile, ...],
    fault: Fault,
    error: type[ChannelError],
    code: str,
) -> None:
    sandbox.faults.append(fault)
    with pytest.raises(error, match=code) as caught:
        await session.send(out(chat, "Вот", pictures[0]))
    assert caught.value.code in manifest("avito").errors
    assert len(await sandbox.heard(ANNA)) == (1 if fault.status == 0 and fault.path == "/messages" else 0)


async def test_a_tariff_that_ran_out_stops_the_channel_and_leaves_the_message_in_the_queue(
    session: AvitoSession, sandbox: AvitoSandbox, chat: str
) -> None:
    unpaid = {"error": {"code": 402, "message": "нет подписки"}}
    sandbox.faults += [Fault("/messages", 402, unpaid), Fault("/chats", 402, unpaid, method="GET")]
    with pytest.raises(Misconfigured, match="tariff"):
        await session.send(out(chat, "Вот"))


async def test_a_minute_is_waited_where_avito_names_no_time(
    session: AvitoSession, sandbox: AvitoSandbox, chat: str
) -> None:
    sandbox.faults.append(Fault("/messages", 429, {"message": "too many"}))
    with pytest.raises(RateLimited) as caught:
        await session.send(out(chat, "Вот"))
    assert (caught.value.retry_after, caught.value.scope) == (60.0, "account")


async def test_what_broke_off_after_its_first_part_is_never_queued_again(
    session: AvitoSession, sandbox: AvitoSandbox, chat: str, pictures: tuple[LocalFile, ...]
) -> None:
    sandbox.faults.append(Fault("/messages/image", 500, {}))
    with pytest.raises(OutcomeUnknown, match="sent_in_part") as caught:
        await session.send(out(chat, "Вот", pictures[0]))
    assert caught.value.ids == (sandbox.town.chat(ANNA).messages[-1]["id"],)


async def test_a_message_without_an_answer_is_found_again(
    session: AvitoSession, sandbox: AvitoSandbox, chat: str, pictures: tuple[LocalFile, ...]
) -> None:
    known = sandbox.town.chat(ANNA).messages[0]["id"]
    message = out(chat, "Вот", *pictures, thread=(known,))
    assert await session.reconcile(message) is None
    sandbox.faults.append(Fault("/messages/image", 0, {}, times=1))
    with pytest.raises(OutcomeUnknown):
        await session.send(message)
    assert await session.reconcile(message) is None, "one picture is missing"
    text_alone = out(chat, "Вот", thread=(known,))
    found = await session.reconcile(text_alone)
    assert found is not None
    assert found.ids == (sandbox.town.chat(ANNA).messages[1]["id"],)


async def test_an_older_message_with_the_same_words_proves_nothing(
    session: AvitoSession, sandbox: AvitoSandbox, chat: str
) -> None:
    (first,) = (await session.send(out(chat, "Да"))).ids
    assert await session.reconcile(out(chat, "Да", thread=("of another time", first))) is None
    assert await session.reconcile(out(chat, "Да")) is None
    await sandbox.say(ANNA, "Да")
    assert await session.reconcile(out(chat, "Да", thread=(first,))) is None
    again = await session.send(out(chat, "Да"))
    found = await session.reconcile(out(chat, "Да", thread=(first,)))
    assert found is not None
    assert found.ids == again.ids


async def test_a_message_is_taken_back_within_an_hour(session: AvitoSession, sandbox: AvitoSandbox, chat: str) -> None:
    (sent,) = (await session.send(out(chat, "Ой"))).ids
    await session.delete(chat, sent)
    await session.delete(chat, sent)
    assert await sandbox.heard(ANNA) == []
    await session.delete(chat, "f" * 32)
    message = await sandbox.arrive(sandbox.town.chat(ANNA), ACCOUNT, "text", {"text": "давно"})
    message["created"] -= 3601
    with pytest.raises(Rejected, match="cannot_delete"):
        await session.delete(chat, message["id"])


async def test_the_client_is_shown_that_we_read(session: AvitoSession, sandbox: AvitoSandbox, chat: str) -> None:
    await session.mark_read(chat, sandbox.town.chat(ANNA).messages[0]["id"])
    assert sandbox.methods.read == [chat]
