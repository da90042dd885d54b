"""The real connector and the real child over a substituted build of neonize, whose every call is seen."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("neonize", reason="needs libmagic1: apt install libmagic1", exc_type=ImportError)

from neonize.proto import Neonize_pb2 as events
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import ImageMessage, Message, ProtocolMessage
from neonize.utils.enum import ChatPresence, ParticipantChange, Presence, ReceiptType

from chatapp_cli.connectors.whatsapp_web import connector as wiring
from chatapp_cli.connectors.whatsapp_web.connector import WhatsAppSession
from chatapp_cli.domain.arrival import MessageArrived
from chatapp_cli.domain.errors import (
    ChannelError,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retryable,
    UsageError,
)
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.outbound import LocalFile
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from tests.connectors.whatsapp_web import library
from tests.connectors.whatsapp_web.library import ANNA, ANNA_HIDDEN, GROUP, OWNER, jid, whole
from tests.connectors.whatsapp_web.linked import PHONE, arrivals, linked, outbound, words
from tests.connectors.whatsapp_web.native import Native, sent
from tests.contract.connector_contract import ScriptedAsker


@pytest.fixture
async def session(connector: Connector, real: Bound) -> AsyncIterator[object]:
    async with connector.open(ChannelId(1), real) as session:
        yield session


@pytest.fixture
def bound(real: Bound) -> Bound:
    return real


@pytest.mark.req("S-040")
async def test_linking_learns_the_account_only_once_it_is_connected(connector: Connector, native: Native) -> None:
    bound, asker = await linked(connector, native)
    assert next(notice.qr for notice in asker.notices) == "https://wa.me/settings/linked_devices#abc"
    assert (bound.account, bound.title) == ("79161234567", "+79161234567")
    assert [name for name, *_ in native.calls][:1] == ["get_me"]


@pytest.mark.req("S-040")
async def test_a_pairing_code_is_asked_for_once_whatsapp_offers_to_link(connector: Connector, native: Native) -> None:
    native.up = False
    native.answers["PairPhone"] = ["ЁЛКА-2026", ValueError("bad-request")]
    asker = ScriptedAsker({"consent": "on", "method": "code", "phone": "8 916 123-45-67", "child": native.child})
    binding = asyncio.create_task(connector.bind(asker))
    await native.happens("qr", b"first")
    await native.happens("qr", b"second")
    async with asyncio.timeout(20):
        while not asker.notices:
            await asyncio.sleep(0.01)
    await native.happens("event", events.Connected(status=True))
    await native.happens("event", events.OfflineSyncCompleted(Count=0))
    async with asyncio.timeout(60):
        assert (await binding).account == "79161234567"
    assert native.called("PairPhone") == [("79161234567", True)]
    assert str(asker.notices[0].lines[-1]).endswith("and enter: ЁЛКА-2026")
    refused = asyncio.create_task(connector.bind(asker))
    await native.happens("qr", b"third")
    with pytest.raises(UsageError):
        await refused
    assert asker.blamed == {
        "": "WhatsApp or the phone refused to link the device. Update WhatsApp on the phone. An account that asks for "
        "a passkey cannot be linked; remove a device if there are four already."
    }


async def test_what_ends_the_connection_is_the_childs_last_word(
    connector: Connector, bound: Bound, native: Native
) -> None:
    ban = events.TemporaryBan(Code=events.TemporaryBan.BLOCKED_BY_USERS, Expire=7200)
    gone = events.LoggedOut(OnConnect=False, Reason=events.ConnectFailureReason.Value("LOGGED_OUT"))
    for event, expected, code in ((ban, RateLimited, "ban_blocked"), (gone, NeedsRebind, "logged_out")):
        async with connector.open(ChannelId(1), bound) as session:
            assert isinstance(session, WhatsAppSession)
            await native.happens("event", event)
            with pytest.raises(expected) as end:
                await arrivals(session, 1)
        assert end.value.code == code


async def test_what_was_told_but_not_acknowledged_survives_the_kill_of_the_child(
    connector: Connector, bound: Bound, native: Native
) -> None:
    async with connector.open(ChannelId(1), bound) as session:
        assert isinstance(session, WhatsAppSession)
        for number in range(5):
            await native.happens("event", library.text(f"слово {number}", f"3EB0{number}"))
        told = 0
        async with asyncio.timeout(20):
            while told < 5:
                told += len(await session._child.received(most=9, patience=20))
        os.kill(session._child.pid, signal.SIGKILL)
    async with connector.open(ChannelId(1), bound) as session:
        assert isinstance(session, WhatsAppSession)
        await native.happens("event", library.text("последнее", "3EB09"))
        found, _ = await arrivals(session, 6)
    assert words(found) == [*(f"слово {n}" for n in range(5)), "последнее"]


async def test_a_hidden_sender_is_looked_up_and_a_group_asked_for_its_title_once(
    session: WhatsAppSession, native: Native
) -> None:
    native.answers["get_pn_from_lid"] = jid(ANNA)
    native.answers["get_group_info"] = library.joined("Соседи").GroupInfo
    for number in range(3):
        await native.happens("event", library.text("раз", f"3EB0{number}", chat=GROUP, sender=ANNA_HIDDEN))
    found, _ = await arrivals(session, 3)
    message = found[-1].events[-1]
    assert isinstance(message, MessageArrived)
    assert (message.peer.title, message.sender.phone) == ("Соседи", PHONE)
    assert len(native.called("get_pn_from_lid")) == len(native.called("get_group_info")) == 1


async def test_numbers_in_a_text_are_not_mentions_and_links_are_not_fetched(
    session: WhatsAppSession, native: Native
) -> None:
    native.answers["send_message"] = sent("3EB0S1")
    receipt = await session.send(outbound("Звоните @79161234567, https://example.org"))
    ((to, message),) = native.called("send_message")
    assert (receipt.ids, receipt.at) == (("3EB0S1",), 1_795_000_000_000)
    assert f"{to.User}@{to.Server}" == ANNA
    assert len(message.messageContextInfo.messageSecret) == 32
    message.ClearField("messageContextInfo")
    assert message == Message(conversation="Звоните @79161234567, https://example.org")


async def test_a_quotation_carries_its_original_and_an_edit_keeps_a_caption_a_caption(
    session: WhatsAppSession, native: Native, tmp_path: Path
) -> None:
    await native.happens("event", library.text("Есть ёлки?", "3EB0Q", sender=ANNA_HIDDEN, chat=ANNA))
    await arrivals(session, 1)
    upload = events.UploadResponse(url="u", DirectPath="/d", MediaKey=b"k", FileLength=4)
    native.answers |= {"send_message": sent("3EB0S2"), "upload": whole(upload), "edit_message": sent("3EB0S3")}
    path = tmp_path / "blob"
    path.write_bytes(b"not a picture")
    photo = LocalFile(path=path, name="ёлка.jpg", mime="image/jpeg", size=13, kind="photo")
    await session.send(outbound("Вот", files=(photo,), reply_to="3EB0Q"))
    ((_, message),) = native.called("send_message")
    context = message.imageMessage.contextInfo
    assert (message.imageMessage.caption, message.imageMessage.directPath) == ("Вот", "/d")
    assert (context.stanzaID, context.participant) == ("3EB0Q", ANNA_HIDDEN)
    assert context.quotedMessage.conversation == "Есть ёлки?"
    await session.edit(PHONE, "3EB0S2", "Вот она")
    ((_, target, again),) = native.called("edit_message")
    assert (target, again.imageMessage.caption, again.imageMessage.mediaKey) == ("3EB0S2", "Вот она", b"k")


REFUSALS: list[tuple[str, type[ChannelError], str]] = [
    ("timed out waiting for message send response", OutcomeUnknown, "no_answer"),
    ("websocket disconnected before message send returned response", OutcomeUnknown, "no_answer"),
    ("server returned error 463", RateLimited, "strangers_limited"),
    ("info query returned status 429: rate-overlimit", RateLimited, "rate"),
    ("server returned error 403", Rejected, "forbidden"),
    ("can't send message to unknown server", Rejected, "not_found"),
    ("websocket not connected", Retryable, "offline"),
]


async def test_a_refused_send_says_whether_it_may_be_sent_again(session: WhatsAppSession, native: Native) -> None:
    for said, expected, code in REFUSALS:
        native.answers["send_message"] = ValueError(said)
        with pytest.raises(expected) as refusal:
            await session.send(outbound("Здравствуйте"))
        assert refusal.value.code == code
    assert len(native.called("send_message")) == len(REFUSALS)


async def test_a_file_that_whatsapp_does_not_take_was_certainly_not_sent(
    session: WhatsAppSession, native: Native, tmp_path: Path
) -> None:
    native.answers["upload"] = ValueError("failed to refresh media connections")
    path = tmp_path / "blob"
    path.write_bytes(b"%PDF")
    paper = LocalFile(path=path, name="счёт.pdf", mime="application/pdf", size=4)
    with pytest.raises(Retryable) as refusal:
        await session.send(outbound(files=(paper,)))
    assert refusal.value.code == "upload_failed"
    with pytest.raises(Rejected) as unreadable:
        await session.send(outbound(files=(replace(paper, path=tmp_path / "gone"),)))
    assert unreadable.value.code == "file_unreadable"
    assert native.called("send_message") == []


async def test_reading_a_group_tells_each_sender_about_their_own_messages(
    session: WhatsAppSession, native: Native
) -> None:
    boris = "79160000002@s.whatsapp.net"
    native.answers["get_group_info"] = library.joined("Соседи").GroupInfo
    for ident, who in (("1", ANNA), ("2", boris), ("3", ANNA), ("4", boris)):
        await native.happens("event", library.text("раз", ident, chat=GROUP, sender=who))
    await arrivals(session, 4)
    await session.mark_read(GROUP, "3")
    marked = [
        (args, f"{more['sender'].User}@{more['sender'].Server}", more["receipt"])
        for name, args, more in native.calls
        if name == "mark_read"
    ]
    assert marked == [(("1", "3"), ANNA, ReceiptType.READ), (("2",), boris, ReceiptType.READ)]


async def test_a_reaction_and_a_removal_name_whose_message_it_is(session: WhatsAppSession, native: Native) -> None:
    await native.happens("event", library.text("Есть?", "3EB0A", chat=ANNA_HIDDEN, sender=ANNA_HIDDEN, sender_alt=ANNA))
    await arrivals(session, 1)
    native.answers |= {"build_reaction": Message(), "send_message": sent("3EB0R"), "revoke_message": sent("3EB0D")}
    await session.react(PHONE, "3EB0A", "👍")
    ((chat, sender, ident, emoji),) = native.called("build_reaction")
    assert (chat.Server, sender.User, ident, emoji) == ("lid", "900000007001", "3EB0A", "👍")
    with pytest.raises(Rejected) as refusal:
        await session.delete(PHONE, "3EB0A")
    assert refusal.value.code == "cannot_delete"
    receipt = await session.send(outbound("Наше"))
    await session.delete(PHONE, receipt.ids[0])
    ((_, whose, target),) = native.called("revoke_message")
    assert (whose.User, target) == ("79161234567", "3EB0R")
    with pytest.raises(Rejected) as unknown:
        await session.react(PHONE, "3EB0ZZ", "👍")
    assert unknown.value.code == "unknown_message"


async def test_a_file_is_downloaded_and_one_that_is_gone_is_named(
    session: WhatsAppSession, native: Native, tmp_path: Path
) -> None:
    picture = Message(imageMessage=ImageMessage(mimetype="image/jpeg", mediaKey=b"k", fileLength=4))
    await native.happens("event", library.message(picture, "3EB0F"))
    found, _ = await arrivals(session, 1)
    message = found[0].events[-1]
    assert isinstance(message, MessageArrived)
    assert b"mediaKey" not in found[0].raw
    native.answers["download_any"] = [b"jpeg", ValueError("download failed with status code 410")]
    await session.fetch(message.files[0].remote, tmp_path / "here")
    ((asked,),) = native.called("download_any")
    assert ((tmp_path / "here").read_bytes(), asked.imageMessage.mediaKey) == (b"jpeg", b"k")
    with pytest.raises(Rejected) as refusal:
        await session.fetch(message.files[0].remote, tmp_path / "there")
    assert refusal.value.code == "file_gone"


@pytest.mark.req("S-045", part="all but documents of a CRM")
async def test_group_members_that_could_not_be_added_are_told_apart(session: WhatsAppSession, native: Native) -> None:
    def member(address: str, error: int) -> events.GroupParticipant:
        hidden = jid(ANNA_HIDDEN) if error else jid()
        return whole(events.GroupParticipant(JID=hidden, PhoneNumber=jid(address), LID=hidden, Error=error))  # type: ignore[return-value]

    group = library.joined("Ёлки").GroupInfo
    group.Participants.extend([member(OWNER, 0), member(ANNA, 403), member("79160000002@s.whatsapp.net", 409)])
    native.answers |= {"create_group": group, "get_group_info": group, "update_group_participants": []}
    made = await session.create_group("Ёлки", [PHONE, "+79160000002"])
    assert (made.peer.address, made.missing) == (GROUP, {PHONE: "privacy"})
    native.answers["update_group_participants"] = [[]]
    await session.end_group(GROUP)
    ((_, others, how),) = native.called("update_group_participants")
    assert ([one.User for one in others], how) == (["900000007001", "900000007001"], ParticipantChange.REMOVE)
    assert len(native.called("leave_group")) == 1


async def test_a_phone_is_looked_for_and_contacts_without_one_are_left_out(
    session: WhatsAppSession, native: Native
) -> None:
    there = events.IsOnWhatsAppResponse(Query=PHONE, JID=jid(ANNA_HIDDEN), IsIn=True)
    native.answers["is_on_whatsapp"] = [[whole(there)], [whole(events.IsOnWhatsAppResponse(JID=jid(), IsIn=False))]]
    anna = await session.find(PHONE)
    assert anna is not None
    assert (anna.id, anna.phone) == (PHONE, PHONE)
    assert await session.find("+79169999999") is None

    def contact(address: str, name: str) -> events.Contact:
        return whole(events.Contact(JID=jid(address), Info=events.ContactInfo(Found=True, FullName=name)))  # type: ignore[return-value]

    native.answers["contact.get_all_contacts"] = [
        [contact(ANNA, "Анна"), contact(ANNA_HIDDEN, "Анна"), contact(OWNER, "")]
    ]
    assert [(one.id, one.name) for one in await session.contacts()] == [(PHONE, "Анна")]


async def test_a_device_that_is_asked_for_a_code_was_removed(
    connector: Connector, bound: Bound, native: Native
) -> None:
    native.up = False
    opening = asyncio.create_task(_open(connector, bound))
    await native.happens("qr", b"https://wa.me/settings/linked_devices#x")
    with pytest.raises(NeedsRebind) as removed:
        await opening
    assert removed.value.code == "logged_out"


async def _open(connector: Connector, bound: Bound) -> None:
    async with connector.open(ChannelId(1), bound):
        raise AssertionError("it opened")


async def test_typing_is_seen_only_of_an_account_that_is_online(session: WhatsAppSession, native: Native) -> None:
    await session.typing(PHONE)
    assert [name for name, *_ in native.calls][-2:] == ["send_presence", "send_chat_presence"]
    ((online,),) = native.called("send_presence")
    ((chat, state, _),) = native.called("send_chat_presence")
    assert (online, chat.User, state) == (Presence.AVAILABLE, "79160000001", ChatPresence.CHAT_PRESENCE_COMPOSING)


async def test_checking_while_the_daemon_has_the_device_tells_how_that_is(
    connector: Connector, session: WhatsAppSession, bound: Bound, native: Native
) -> None:
    told = {(one.ok, str(one.what)) for one in await connector.check(bound)}
    assert told == {(True, "The daemon has this device connected just now.")}
    await native.happens("event", events.Disconnected(status=True))
    await heard(session, "offline")
    told = {(one.ok, str(one.what)) for one in await connector.check(bound)}
    assert told == {(False, "Another process has this device connected.")}


async def heard(session: WhatsAppSession, state: str) -> None:
    async with asyncio.timeout(10):
        while (news := await session._child.news.get()) and news.state != state:
            pass


async def test_while_the_connection_is_away_sends_stay_queued(session: WhatsAppSession, native: Native) -> None:
    await native.happens("event", events.Disconnected(status=True))
    await heard(session, "offline")
    with pytest.raises(Retryable) as away:
        await session.send(outbound("Здравствуйте"))
    assert away.value.code == "offline"
    assert native.called("send_message") == []


async def test_what_the_library_did_not_let_us_read_is_kept_whole_and_holds_nothing_up(
    session: WhatsAppSession, native: Native
) -> None:
    native.answers["get_pn_from_lid"] = [3, jid(ANNA)]
    await native.happens("event", library.text("раз", "1", chat=ANNA_HIDDEN, sender=ANNA_HIDDEN))
    await native.happens(
        "event", library.message(library.protocol(ProtocolMessage.HISTORY_SYNC_NOTIFICATION, "x"), "2")
    )
    await native.happens("event", library.text("два", "3"))
    found, cursor = await arrivals(session, 2)
    odd, good = found
    assert odd.problem.startswith("Message: AttributeError")
    assert b'"data":"' in odd.raw
    (shown,) = odd.events
    assert isinstance(shown, MessageArrived)
    assert (shown.peer.key, shown.sender.id, shown.ext_id) == (ANNA_HIDDEN, ANNA_HIDDEN, "1")
    assert (shown.text, shown.placeholder, shown.from_us) == ("", True, False)
    assert words([good]) == ["два"]
    assert (cursor or "").endswith("/3")
    assert wiring.QUIET < 60
