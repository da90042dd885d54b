"""What goes out: texts, files of every kind and size, quotations, reactions, marks; and what if it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.connectors.whatsapp import outgoing
from chatapp_cli.connectors.whatsapp.connector import WhatsAppSession, create
from chatapp_cli.domain.arrival import FileKind
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, RateLimited, Rejected, Retryable
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.outbound import LocalFile
from chatapp_cli.ports.bind import Bound
from chatapp_cli.sandbox.stage import Heard, StageFile
from chatapp_cli.sandbox.whatsapp import WhatsAppSandbox
from chatapp_cli.sandbox.whatsapp.server import TOKEN, Fault
from tests.connectors.whatsapp.calls import KEY, out, taken
from tests.contract.connector_contract import ANNA
from tests.unit.kit.worlds import held_world

pytestmark = pytest.mark.req("S-043")
MEGABYTE = 1024 * 1024
PHONE = "+79160000001"
USER = "RU.1000000000007001"


def local(folder: Path, name: str, mime: str, content: bytes = b"x", kind: FileKind = "document") -> LocalFile:
    path = folder / name
    path.write_bytes(content)
    return LocalFile(path=path, name=name, mime=mime, size=len(content), kind=kind)


@pytest.fixture
async def first(session: WhatsAppSession, sandbox: WhatsAppSandbox) -> str:
    """Anna wrote; the id of her message."""
    said = await sandbox.say(ANNA, "Почём?")
    taken(session, sandbox)
    return said


def posted(sandbox: WhatsAppSandbox) -> list[dict[str, Any]]:
    return [dict(one.content) for one in sandbox.exchanges if one.path.endswith("/messages")]


@pytest.mark.parametrize(("address", "named"), [(PHONE, {"to": PHONE[1:]}), (USER, {"recipient": USER})])
async def test_a_client_is_reached_by_phone_or_by_id(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, first: str, address: str, named: dict[str, str]
) -> None:
    receipt = await session.send(out(address, "1990 ₽", reply_to=first))
    assert await sandbox.heard(ANNA) == [Heard(text="1990 ₽", files=[], reply_to=first)]
    assert posted(sandbox) == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **named,
            "type": "text",
            "text": {"body": "1990 ₽", "preview_url": True},
            "context": {"message_id": first},
            "biz_opaque_callback_data": KEY,
        }
    ]
    assert receipt.ids == (sandbox.meta.client(ANNA).got[0]["id"],)


async def test_a_group_is_reached_as_a_group(session: WhatsAppSession, sandbox: WhatsAppSandbox) -> None:
    group = (await session.create_group("Опт", [])).peer
    await session.send(out(group.address, "Всем скидка", chat_kind="group"))
    assert [message["text"]["body"] for message in sandbox.meta.groups[group.key].got] == ["Всем скидка"]
    assert posted(sandbox)[0]["recipient_type"] == "group"


@pytest.mark.parametrize(
    ("mime", "size", "kind", "shape"),
    [
        ("image/jpeg", 5 * MEGABYTE, "photo", "image"),
        ("image/png", 5 * MEGABYTE + 1, "photo", "document"),
        ("video/mp4", 16 * MEGABYTE, "video", "video"),
        ("video/mp4", 16 * MEGABYTE + 1, "video", "document"),
        ("audio/ogg; codecs=opus", 10, "voice", "audio"),
        ("audio/mpeg", 16 * MEGABYTE + 1, "audio", "document"),
        ("image/webp", 10, "sticker", "sticker"),
        ("image/webp", 10, "photo", "document"),
        ("application/pdf", 100 * MEGABYTE, "document", "document"),
    ],
)
def test_what_is_too_large_to_be_shown_goes_as_a_document(mime: str, size: int, kind: FileKind, shape: str) -> None:
    file = LocalFile(path=Path("a"), name="a", mime=mime, size=size, kind=kind)
    assert outgoing.shape(file) == shape


async def test_text_stands_beside_the_first_file_where_it_may(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, first: str, tmp_path: Path
) -> None:
    files = [
        local(tmp_path, "a.jpg", "image/jpeg", b"jpeg", "photo"),
        local(tmp_path, "Счёт.pdf", "application/pdf", b"pdf"),
    ]
    receipt = await session.send(out(PHONE, "Вот", files=files, reply_to=first))
    assert await sandbox.heard(ANNA) == [
        Heard(text="Вот", files=[StageFile(name="a.jpg", mime="image/jpeg", content=b"jpeg")], reply_to=first),
        Heard(text="", files=[StageFile(name="Счёт.pdf", mime="application/pdf", content=b"pdf")]),
    ]
    assert len(receipt.ids) == len(set(receipt.ids)) == 2


@pytest.mark.parametrize(
    ("name", "mime", "text"), [("a.ogg", "audio/ogg", "Слушайте"), ("a.pdf", "application/pdf", "ё" * 1025)]
)
async def test_text_that_may_not_stand_beside_a_file_goes_before_it(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, first: str, tmp_path: Path, name: str, mime: str, text: str
) -> None:
    assert first
    await session.send(out(PHONE, text, files=[local(tmp_path, name, mime)]))
    heard = await sandbox.heard(ANNA)
    assert [(one.text, len(one.files)) for one in heard] == [(text, 0), ("", 1)]


async def test_a_file_of_a_wrong_type_is_refused_before_anything_is_sent(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, first: str, tmp_path: Path
) -> None:
    assert first
    with pytest.raises(Rejected, match="file_type"):
        await session.send(out(PHONE, "Вот", files=[local(tmp_path, "a.svg", "image/svg+xml")]))
    assert posted(sandbox) == []


@pytest.mark.parametrize(
    ("status", "code", "kind", "word"),
    [
        (400, 131047, Rejected, "window_closed"),
        (400, 131026, Rejected, "not_delivered"),
        (400, 131056, RateLimited, "pair_rate"),
        (0, 0, OutcomeUnknown, "no_answer"),
        (500, 131000, OutcomeUnknown, "server_trouble"),
        (503, 131016, OutcomeUnknown, "server_trouble"),
    ],
)
async def test_a_send_without_a_clear_answer_is_uncertain_and_never_sent_again(
    session: WhatsAppSession,
    sandbox: WhatsAppSandbox,
    first: str,
    status: int,
    code: int,
    kind: type[ChannelError],
    word: str,
) -> None:
    assert first
    sandbox.faults.append(Fault("/messages", status, code, "x"))
    with pytest.raises(kind, match=word):
        await session.send(out(PHONE))
    assert len(posted(sandbox)) == 1


async def test_what_never_left_is_sent_again(session: WhatsAppSession, sandbox: WhatsAppSandbox) -> None:
    await sandbox.vanish()
    with pytest.raises(Retryable, match="unreachable"):
        await session.send(out(PHONE))


async def test_an_upload_may_be_done_again(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, first: str, tmp_path: Path
) -> None:
    assert first
    sandbox.faults.append(Fault("/media", 0))
    with pytest.raises(Retryable, match="unreachable"):
        await session.send(out(PHONE, files=[local(tmp_path, "a.pdf", "application/pdf")]))
    assert posted(sandbox) == []


async def test_a_short_pause_between_parts_is_waited_for(
    bound: Bound, sandbox: WhatsAppSandbox, tmp_path: Path
) -> None:
    world = held_world()
    async with create(world).open(ChannelId(1), bound) as session:
        await sandbox.say(ANNA, "Почём?")
        began = world.clock.now()
        files = [local(tmp_path, "a.pdf", "application/pdf"), local(tmp_path, "b.pdf", "application/pdf")]
        sandbox.faults.append(Fault("/messages", 400, 131056, "pair", skip=1))
        await session.send(out(PHONE, "Вот", files=files))
    assert world.clock.now() - began == 6000
    assert len(await sandbox.heard(ANNA)) == 2


async def test_a_message_that_stops_halfway_is_uncertain_and_names_what_got_through(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, first: str, tmp_path: Path
) -> None:
    assert first
    sandbox.faults.append(Fault("/messages", 400, 131053, "Media upload error", skip=1))
    with pytest.raises(OutcomeUnknown, match="sent_in_part") as caught:
        await session.send(out(PHONE, "ё" * 1025, files=[local(tmp_path, "a.pdf", "application/pdf")]))
    assert caught.value.ids == (sandbox.meta.client(ANNA).got[0]["id"],)


async def test_a_reaction_is_set_and_taken_back(session: WhatsAppSession, sandbox: WhatsAppSandbox, first: str) -> None:
    await session.react(PHONE, first, "👍")
    await session.react(USER, first, "")
    got = [message["reaction"] for message in sandbox.meta.client(ANNA).got]
    assert got == [{"message_id": first, "emoji": "👍"}, {"message_id": first, "emoji": ""}]


async def test_the_client_sees_that_we_read_and_that_we_write(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, first: str
) -> None:
    await session.mark_read(PHONE, first)
    assert (sandbox.meta.read, sandbox.meta.typing) == ([first], [])
    await session.typing(PHONE)
    assert sandbox.meta.typing == [first]
    await session.typing("+79169999999")
    assert sandbox.meta.typing == [first]


async def test_a_file_is_fetched_whole_and_with_the_token(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, tmp_path: Path
) -> None:
    media = sandbox.meta.keep(StageFile(name="a.pdf", mime="application/pdf", content=b"%PDF" * 1000))
    await session.fetch(media, tmp_path / "taken")
    assert (tmp_path / "taken").read_bytes() == b"%PDF" * 1000


@pytest.mark.parametrize(
    ("fault", "kind", "word"),
    [
        (Fault("files", 200, message="half of"), Retryable, "file_damaged"),
        (Fault("files", 403), Retryable, "media_expired"),
        (Fault("files", 404), Rejected, "file_gone"),
        (Fault("files", 502), Retryable, "server_trouble"),
        (Fault("", 400, 131052, "Media download error"), Rejected, "media_download"),
    ],
)
async def test_a_file_that_does_not_come_whole_is_told(
    session: WhatsAppSession,
    sandbox: WhatsAppSandbox,
    tmp_path: Path,
    fault: Fault,
    kind: type[ChannelError],
    word: str,
) -> None:
    media = sandbox.meta.keep(StageFile(name="a.pdf", mime="application/pdf", content=b"the whole of it"))
    sandbox.faults.append(fault)
    with pytest.raises(kind, match=word) as caught:
        await session.fetch(media, tmp_path / "taken")
    assert TOKEN not in str(caught.value)


async def test_a_file_larger_than_the_limit_is_not_fetched(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, tmp_path: Path
) -> None:
    media = sandbox.meta.keep(StageFile(name="a.pdf", mime="application/pdf", content=bytes(100 * MEGABYTE + 1)))
    with pytest.raises(Rejected, match="file_too_big"):
        await session.fetch(media, tmp_path / "taken")
    assert not (tmp_path / "taken").exists()
