"""Nothing that leaves the account bears the marks by which WhatsApp knows programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

neonize = pytest.importorskip("neonize", reason="needs libmagic1: apt install libmagic1", exc_type=ImportError)

from neonize.proto import Neonize_pb2 as events
from neonize.proto.waCommon.WACommon_pb2 import MessageKey
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message, ProtocolMessage, ReactionMessage
from neonize.utils.enum import ChatPresence

from chatapp_cli.connectors.whatsapp_web import process
from chatapp_cli.connectors.whatsapp_web.connector import WhatsAppSession
from chatapp_cli.domain.errors import Rejected, Retryable
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.outbound import LocalFile, Outbound, Receipt
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, ProvesAccess
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from tests.connectors.whatsapp_web import library
from tests.connectors.whatsapp_web.conftest import Hurried
from tests.connectors.whatsapp_web.library import ANNA, OWNER, whole
from tests.connectors.whatsapp_web.linked import PHONE, arrivals, outbound
from tests.connectors.whatsapp_web.native import Native, sent
from tests.contract.connector_contract import ANNA as ANNA_HERSELF

pytestmark = pytest.mark.req("S-040")
TAG = b"NEONIZE_BOT_TAG"


def around(pid: int) -> dict[bytes, bytes]:
    """The environment with which a process began: Go knows no later one."""
    said = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return dict(one.split(b"=", 1) for one in said if b"=" in one)  # type: ignore[misc]


def marked(native: Native) -> list[tuple[str, ...]]:
    return native.called("mark_read")


async def test_no_private_message_is_signed_as_a_bots(phone: WhatsAppSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library puts ``<bot biz_bot="1"/>`` into each private stanza unless its process began with this."""
    monkeypatch.setenv(TAG.decode(), "on")
    assert around(phone._child.pid)[TAG] == b"off"
    assert process._environment()[TAG.decode()] == "off"
    (core,) = Path(neonize.__file__).parent.glob("neonize-*.so")
    assert TAG in core.read_bytes(), "this build of the library takes another name: look how it is told"


def test_a_child_that_somebody_else_starts_begins_once_more_with_what_it_needs() -> None:
    surroundings = {**os.environ, TAG.decode(): "on"}
    command = [sys.executable, "-m", process.OWN]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=surroundings) as child:
        assert child.stdin
        assert child.stdout
        assert "hello" in json.loads(child.stdout.readline())
        assert around(child.pid)[TAG] == b"off"
        child.stdin.close()
        assert child.wait(30) == 0


async def test_what_was_read_is_marked_once_and_only_what_is_a_message(phone: WhatsAppSession, native: Native) -> None:
    reaction = Message(reactionMessage=ReactionMessage(key=MessageKey(ID="1"), text="❤"))
    edit = library.protocol(ProtocolMessage.MESSAGE_EDIT, "1", Message(conversation="так"), claims=True)
    await native.happens("event", library.text("раз", "1"))
    await native.happens("event", library.message(reaction, "R"))
    await native.happens("event", library.message(edit, "E"))
    await native.happens("event", library.undecryptable("U", unavailable=True))
    await native.happens("event", library.text("наше с телефона", "P", sender=OWNER, from_me=True))
    await native.happens("event", library.text("два", "2"))
    await native.happens("event", library.text("не видели", "3"))
    await arrivals(phone, 7)
    for last in ("2", "2", "1", "E"):
        await phone.mark_read(PHONE, last)
    assert marked(native) == [("1", "2")]
    await native.happens("event", library.text("пришло", "U"))
    await arrivals(phone, 1)
    await phone.mark_read(PHONE, "3")
    assert marked(native) == [("1", "2"), ("3",)]
    await phone.mark_read(PHONE, "U")
    assert marked(native)[2:] == [("U",)]


async def test_a_mark_that_did_not_get_through_is_made_again_and_survives_the_process(
    connector: Connector, real: Bound, native: Native
) -> None:
    async with connector.open(ChannelId(1), real) as session:
        assert isinstance(session, WhatsAppSession)
        await native.happens("event", library.text("раз", "1"))
        await arrivals(session, 1)
        native.answers["mark_read"] = [ValueError("websocket not connected"), None]
        with pytest.raises(Retryable):
            await session.mark_read(PHONE, "1")
        await session.mark_read(PHONE, "1")
    async with connector.open(ChannelId(1), real) as session:
        assert isinstance(session, WhatsAppSession)
        await session.mark_read(PHONE, "1")
        with pytest.raises(Rejected):
            await session.mark_read(PHONE, "never seen")
    assert marked(native) == [("1",), ("1",)]


async def test_what_the_owner_read_on_the_phone_is_not_marked_again(phone: WhatsAppSession, native: Native) -> None:
    for ident in ("1", "2", "3"):
        await native.happens("event", library.text("раз", ident))
    await native.happens("event", library.receipt(events.Receipt.READ_SELF, "2", from_me=True))
    await native.happens("event", library.text("раз", "4"))
    await arrivals(phone, 4)
    await phone.mark_read(PHONE, "4")
    assert marked(native) == [("3", "4")]


async def test_many_unread_messages_are_all_marked_by_receipts_of_fifty(phone: WhatsAppSession, native: Native) -> None:
    for n in range(120):
        await native.happens("event", library.text("раз", str(n)))
    await arrivals(phone, 120)
    await phone.mark_read(PHONE, "119")
    assert [len(ids) for ids in marked(native)] == [50, 50, 20]


async def say(phone: WhatsAppSession, message: Outbound) -> Receipt:
    """Send as the daemon does."""
    await phone.prepare(message)
    return await phone.send(message)


async def test_a_text_is_seen_being_written_before_it_comes(
    phone: WhatsAppSession, native: Native, clock: Hurried
) -> None:
    native.answers["send_message"] = sent("1")
    await say(phone, outbound("Да"))
    await say(phone, outbound("Здравствуйте! " * 300))
    asked = [name for name, *_ in native.calls if name in {"send_presence", "send_chat_presence", "send_message"}]
    assert asked == ["send_presence", "send_chat_presence", "send_message"] * 2
    ((chat, state, _), *_) = native.called("send_chat_presence")
    assert (f"{chat.User}@{chat.Server}", state) == (ANNA, ChatPresence.CHAT_PRESENCE_COMPOSING)
    short, long = clock.slept
    assert 0.4 <= short <= 1.0 < long <= 4.0


async def test_nobody_waits_where_the_operator_was_just_seen_writing_or_nothing_is_written(
    phone: WhatsAppSession, native: Native, clock: Hurried, tmp_path: Path
) -> None:
    path = tmp_path / "blob"
    path.write_bytes(b"%PDF")
    paper = LocalFile(path=path, name="счёт.pdf", mime="application/pdf", size=4)
    upload = events.UploadResponse(url="u", DirectPath="/d", MediaKey=b"k", FileLength=4)
    native.answers |= {"send_message": sent("1"), "upload": whole(upload)}
    await say(phone, outbound(files=(paper,)))
    assert native.called("send_chat_presence") == []
    await phone.typing(PHONE)
    await say(phone, outbound("Да"))
    assert (len(native.called("send_chat_presence")), clock.slept) == (1, [])
    await say(phone, outbound("И ещё"))
    assert (len(native.called("send_chat_presence")), len(clock.slept)) == (2, 1)


async def test_what_cannot_be_shown_holds_no_answer_up(phone: WhatsAppSession, native: Native, clock: Hurried) -> None:
    native.answers |= {"send_presence": ValueError("can't send presence without PushName set")}
    native.answers["send_message"] = sent("1")
    receipt = await say(phone, outbound("Да"))
    assert (receipt.ids, clock.slept) == (("1",), [])


async def test_the_login_is_proved_by_asking_for_what_only_a_linked_device_gets(
    phone: WhatsAppSession, native: Native, session: WhatsAppSession
) -> None:
    assert isinstance(phone, ProvesAccess)
    await phone.prove()
    await session.prove()
    assert len(native.called("get_blocklist")) == 1
    native.answers["get_blocklist"] = ValueError("info query timed out")
    with pytest.raises(Retryable):
        await phone.prove()


async def test_the_miniature_is_marked_and_written_to_as_the_real_one(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox
) -> None:
    first, second = [await sandbox.say(ANNA_HERSELF, words) for words in ("раз", "два")]
    await session.mark_read(PHONE, first)
    await session.mark_read(PHONE, second)
    await session.mark_read(PHONE, second)
    assert sandbox.town.marked == [first, second]
    await say(session, outbound("Да"))
    assert sandbox.town.typed == ["79160000001"]
