"""Sending: uploads first, parts in order, nothing sent twice, and every refusal under its name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatapp_cli.connectors.max.connector import PollingSession, create
from chatapp_cli.connectors.max.outgoing import shape
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, RateLimited, Rejected, Retryable
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.manifest import Rate
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import MarksRead, Session
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.max import MaxSandbox
from chatapp_cli.sandbox.max.server import Fault
from tests.contract.connector_contract import ANNA
from tests.unit.kit.worlds import CountedChance, HeldClock

MEGABYTE = 1024 * 1024


def out(address: str, text: str = "", *files: LocalFile, **more: object) -> Outbound:
    return Outbound(message_id=MessageId(1), key="k" * 32, address=address, text=text, files=files, **more)  # type: ignore[arg-type]


@pytest.fixture
async def chat(sandbox: MaxSandbox) -> str:
    await sandbox.say(ANNA, "Есть?")
    return str(sandbox.town.dialog(ANNA).id)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def patient(bound: Bound, clock: HeldClock) -> AsyncIterator[Session]:
    made = create(World(clock=clock, chance=CountedChance()))
    async with made.open(ChannelId(1), bound) as session:
        yield session


@pytest.fixture
def files(tmp_path: Path) -> dict[str, LocalFile]:
    mimes = {"a.png": "image/png", "b.mp4": "video/mp4", "c.mp3": "audio/mpeg", "Счёт №1.pdf": "application/pdf"}
    for name in mimes:
        (tmp_path / name).write_bytes(name.encode())
    return {n: LocalFile(path=tmp_path / n, name=n, mime=mime, size=9) for n, mime in mimes.items()}


async def test_all_kinds_of_files_go_out_each_with_its_own_token(
    session: Session, sandbox: MaxSandbox, chat: str, files: dict[str, LocalFile]
) -> None:
    receipt = await session.send(out(chat, "Вот", *files.values()))
    heard = await sandbox.heard(ANNA)
    assert [(one.text, [file.name for file in one.files]) for one in heard] == [
        ("Вот", ["a.png", "b.mp4"]),
        ("", ["c.mp3"]),
        ("", ["Счёт №1.pdf"]),
    ]
    assert [file.content.decode() for one in heard for file in one.files] == list(files)
    assert len(receipt.ids) == 3
    assert receipt.texts == receipt.ids[:1]
    sent = [
        one.call.body["attachments"] for one in sandbox.exchanges if (one.method, one.path) == ("POST", "/messages")
    ]
    assert [list(attachment["payload"]) for body in sent for attachment in body] == [
        ["photos"],
        ["token"],
        ["token"],
        ["token"],
    ]


@pytest.mark.parametrize(
    ("mime", "size", "kind"),
    [
        ("image/png", 50 * MEGABYTE, "image"),
        ("image/png", 50 * MEGABYTE + 1, "file"),
        ("image/svg+xml", 1, "file"),
        ("video/webm", 250 * MEGABYTE, "video"),
        ("video/webm", 250 * MEGABYTE + 1, "file"),
        ("audio/mpeg", 1, "audio"),
        ("audio/midi", 1, "file"),
        ("text/plain", 1, "file"),
    ],
)
def test_what_max_cannot_show_goes_as_a_plain_file(mime: str, size: int, kind: str) -> None:
    assert shape(LocalFile(path=Path("x"), name="x", mime=mime, size=size)) == kind


async def test_a_file_that_is_not_ready_is_waited_for(
    patient: Session, sandbox: MaxSandbox, chat: str, files: dict[str, LocalFile], clock: HeldClock
) -> None:
    sandbox.methods.not_ready = 3
    begun = clock.monotonic()
    await patient.send(out(chat, "Вот", files["b.mp4"]))
    assert clock.monotonic() - begun == 1 + 2 + 4
    assert len(await sandbox.heard(ANNA)) == 1


async def test_a_file_that_is_never_ready_goes_back_to_the_queue(
    patient: Session, sandbox: MaxSandbox, chat: str, files: dict[str, LocalFile], clock: HeldClock
) -> None:
    sandbox.methods.not_ready = 99
    begun = clock.monotonic()
    with pytest.raises(Retryable, match="attachment_not_ready"):
        await patient.send(out(chat, "Вот", files["b.mp4"]))
    assert clock.monotonic() - begun == 63
    assert await sandbox.heard(ANNA) == []


async def test_an_answer_quotes_what_it_answers(session: Session, sandbox: MaxSandbox, chat: str) -> None:
    mid = sandbox.town.dialog(ANNA).messages[0]["body"]["mid"]
    await session.send(out(chat, "Да", reply_to=mid))
    (heard,) = await sandbox.heard(ANNA)
    assert heard.reply_to == mid


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault("POST", "/messages", 400, "proto.payload", "bad"), Rejected, "refused"),
        (Fault("POST", "/messages", 403, "chat.denied", "error.dialog.suspended"), Rejected, "blocked_by_user"),
        (Fault("POST", "/messages", 403, "chat.denied", "send.no.permission"), Rejected, "no_rights"),
        (Fault("POST", "/messages", 403, "chat.denied", "no"), Rejected, "no_access"),
        (Fault("POST", "/messages", 403, "access.denied", "no"), Rejected, "no_access"),
        (Fault("POST", "/messages", 404, "chat.not.found", "x"), Rejected, "chat_gone"),
        (Fault("POST", "/messages", 429, "too.many.requests", "x", {"Retry-After": "3"}), RateLimited, "rate_limited"),
        (Fault("POST", "/messages", 429, "too.many.requests", "x"), RateLimited, "rate_limited"),
        (Fault("POST", "/messages", 500, "internal.error", "x"), OutcomeUnknown, "server_error"),
        (Fault("POST", "/messages", 0), OutcomeUnknown, "no_answer"),
        (Fault("POST", "/uploads", 500, "internal.error", "x"), Retryable, "server_error"),
        (Fault("POST", "/uploads", 0), Retryable, "unreachable"),
    ],
)
async def test_each_refusal_has_its_name(
    session: Session,
    sandbox: MaxSandbox,
    chat: str,
    files: dict[str, LocalFile],
    fault: Fault,
    error: type[ChannelError],
    code: str,
) -> None:
    sandbox.faults.append(fault)
    with pytest.raises(error, match=code) as caught:
        await session.send(out(chat, "Вот", files["a.png"]))
    assert caught.value.code in manifest("max").errors
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == float(fault.headers.get("Retry-After", 2))


async def test_a_client_who_stopped_the_bot_is_named(session: Session, sandbox: MaxSandbox, chat: str) -> None:
    await sandbox.stop(ANNA)
    with pytest.raises(Rejected, match="blocked_by_user"):
        await session.send(out(chat, "Вот"))


async def test_what_broke_off_after_its_first_part_is_never_queued_again(
    session: Session, sandbox: MaxSandbox, chat: str, files: dict[str, LocalFile]
) -> None:
    sandbox.faults.append(Fault("POST", "/messages", 500, "internal.error", "x", after=1))
    with pytest.raises(OutcomeUnknown, match="sent_in_part") as caught:
        await session.send(out(chat, "Вот", files["c.mp3"], files["Счёт №1.pdf"]))
    assert caught.value.ids == (sandbox.town.dialog(ANNA).messages[-1]["body"]["mid"],)


async def test_a_message_without_an_answer_is_found_again(
    session: PollingSession, sandbox: MaxSandbox, chat: str, files: dict[str, LocalFile]
) -> None:
    known = sandbox.town.dialog(ANNA).messages[0]["body"]["mid"]
    message = out(chat, "Вот", files["a.png"], thread=(known,))
    assert await session.reconcile(message) is None
    sandbox.faults.append(Fault("POST", "/messages", 0))
    with pytest.raises(OutcomeUnknown):
        await session.send(message)
    found = await session.reconcile(message)
    assert found is not None
    assert found.ids == (sandbox.town.dialog(ANNA).messages[-1]["body"]["mid"],)
    assert await session.reconcile(out(chat, "Вот", thread=(known,))) is None, "that one has no picture"
    assert await session.reconcile(out(chat, "Вот", files["a.png"], thread=found.ids)) is None, "it is known already"
    assert await session.reconcile(out(chat, "Вот", files["a.png"])) is None


async def test_a_sent_message_is_edited_and_deleted(session: PollingSession, sandbox: MaxSandbox, chat: str) -> None:
    (sent,) = (await session.send(out(chat, "Завтра"))).ids
    await session.edit(chat, sent, "Послезавтра")
    await session.edit(chat, sent, "Послезавтра")
    assert [heard.text for heard in await sandbox.heard(ANNA)] == ["Послезавтра"]
    await session.delete(chat, sent)
    await session.delete(chat, sent)
    assert await sandbox.heard(ANNA) == []
    theirs = sandbox.town.dialog(ANNA).messages[0]["body"]["mid"]
    with pytest.raises(Rejected, match="no_rights"):
        await session.delete(chat, theirs)


async def test_an_edit_leaves_the_files_alone(
    session: PollingSession, sandbox: MaxSandbox, chat: str, files: dict[str, LocalFile]
) -> None:
    (sent,) = (await session.send(out(chat, "Вот", files["a.png"]))).ids
    await session.edit(chat, sent, "Вот она")
    (heard,) = await sandbox.heard(ANNA)
    assert (heard.text, [file.name for file in heard.files]) == ("Вот она", ["a.png"])
    edits = [one.call.body for one in sandbox.exchanges if one.method == "PUT"]
    assert edits == [{"text": "Вот она"}]


async def test_typing_is_shown_and_that_we_read_cannot_be(
    session: PollingSession, sandbox: MaxSandbox, chat: str
) -> None:
    await session.typing(chat)
    assert sandbox.methods.actions == [(int(chat), "typing_on")]
    assert not isinstance(session, MarksRead)


def test_it_keeps_the_rates_of_max() -> None:
    rates = list(manifest("max").capabilities.rates)
    assert rates == [Rate(scope="account", limit=30, per=1), Rate(scope="dialog", limit=2, per=1)]
