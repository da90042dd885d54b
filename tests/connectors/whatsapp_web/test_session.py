"""What a connected account can do, with phones and groups behind it."""

from __future__ import annotations

import asyncio
import shlex
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp_cli.connectors.whatsapp_web.connector import WhatsAppSession
from chatapp_cli.domain.arrival import Arrival, DeliveryChanged, MessageArrived, PeerMoved
from chatapp_cli.domain.errors import Misconfigured, NeedsRebind, RateLimited, Rejected, Retryable
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.message import State
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.stage import StageFile
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from tests.contract.connector_contract import ANNA, BORIS, collect

ANNAS = "79160000001"
BORISES = "79160000002"


def outbound(address: str, text: str = "", **changes: object) -> Outbound:
    return replace(Outbound(message_id=MessageId(1), key="0" * 32, address=address, text=text), **changes)  # type: ignore[arg-type]


async def arrivals(session: WhatsAppSession, count: int) -> list[Arrival]:
    found: list[Arrival] = []
    async with asyncio.timeout(15), aclosing(session.events(None)) as batches:
        async for batch in batches:
            found += batch.arrivals
            if len(found) >= count:
                return found
    raise AssertionError("the session ended by itself")


@pytest.mark.req("S-120")
@pytest.mark.req("S-124")
@pytest.mark.parametrize("address", ["+79160000001", "79160000001", "79160000001@s.whatsapp.net", "900000007001@lid"])
async def test_it_writes_first_by_phone_or_any_chat_id(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox, address: str
) -> None:
    sandbox.town.settle(ANNA)
    receipt = await session.send(outbound(address, "Здравствуйте!"))
    (heard,) = await sandbox.heard(ANNA)
    assert heard.text == "Здравствуйте!"
    assert list(receipt.ids) == list(sandbox.town.said)


async def test_a_phone_without_whatsapp_is_rejected(session: WhatsAppSession) -> None:
    with pytest.raises(Rejected) as refusal:
        await session.send(outbound("+79169999999", "Здравствуйте!"))
    assert refusal.value.code == "not_on_whatsapp"


async def test_delivery_of_our_message_is_told(session: WhatsAppSession, sandbox: WhatsAppWebSandbox) -> None:
    sandbox.town.settle(ANNA)
    receipt = await session.send(outbound("+79160000001", "Здравствуйте!"))
    (told,) = await arrivals(session, 1)
    (news,) = told.events
    assert isinstance(news, DeliveryChanged)
    assert (news.ext_id, news.state) == (receipt.ids[0], State.DELIVERED)


async def test_a_text_goes_with_the_first_file_if_that_can_bear_it(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox, tmp_path: Path
) -> None:
    sandbox.town.settle(ANNA)
    path = tmp_path / "blob"
    path.write_bytes(b"OggS")
    voice = LocalFile(path=path, name="голос.ogg", mime="audio/ogg", size=4, kind="voice")
    paper = LocalFile(path=path, name="Прайс.pdf", mime="application/pdf", size=4)
    await session.send(outbound("+79160000001", "Прайс", files=(paper, voice)))
    await session.send(outbound("+79160000001", "Голосом", files=(voice,)))
    shown = [(one.text, [file.name for file in one.files]) for one in await sandbox.heard(ANNA)]
    assert shown == [("Прайс", ["Прайс.pdf"]), ("", ["голос.ogg"]), ("Голосом", []), ("", ["голос.ogg"])]


async def test_a_quotation_an_edit_a_reaction_and_a_removal(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox
) -> None:
    asked = await sandbox.say(ANNA, "Есть ёлки?")
    receipt = await session.send(outbound("+79160000001", "Ест", reply_to=asked))
    await session.edit("+79160000001", receipt.ids[0], "Есть")
    await session.react("+79160000001", asked, "👍")
    (heard,) = await sandbox.heard(ANNA)
    assert (heard.text, heard.reply_to) == ("Есть", asked)
    assert sandbox.town.said[asked].reactions == {"us": "👍"}
    await session.delete("+79160000001", receipt.ids[0])
    assert await sandbox.heard(ANNA) == []
    with pytest.raises(Rejected) as refusal:
        await session.delete("+79160000001", asked)
    assert refusal.value.code == "cannot_delete"


async def test_reading_shows_up_to_the_message_and_typing_shows(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox
) -> None:
    first, second, third = [await sandbox.say(ANNA, words) for words in ("раз", "два", "три")]
    await session.mark_read("+79160000001", second)
    await session.typing("+79160000001")
    assert [sandbox.town.said[one].read for one in (first, second, third)] == [True, True, False]
    assert sandbox.town.typed == [ANNAS]


async def test_a_file_is_fetched_by_the_child(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox, tmp_path: Path
) -> None:
    await sandbox.say(ANNA, "Фото", files=(StageFile(name="ёлка.jpg", mime="image/jpeg", content=b"jpeg"),))
    (message,), _ = await collect(session, 1, None)
    (file,) = message.files
    await session.fetch(file.remote, tmp_path / "here")
    assert (tmp_path / "here").read_bytes() == b"jpeg"
    with pytest.raises(Rejected) as refusal:
        await session.fetch("999", tmp_path / "there")
    assert refusal.value.code == "file_gone"


@pytest.mark.req("S-122")
async def test_people_are_found_by_phone_and_listed(session: WhatsAppSession, sandbox: WhatsAppWebSandbox) -> None:
    sandbox.town.settle(ANNA, BORIS)
    anna = await session.find("+79160000001")
    assert anna is not None
    assert (anna.id, anna.phone) == ("+79160000001", "+79160000001")
    assert await session.find("+79169999999") is None
    assert [(one.id, one.name) for one in await session.contacts()] == [
        ("+79160000001", ANNA.name),
        ("+79160000002", BORIS.name),
    ]


@pytest.mark.req("S-045", part="all but documents of a CRM")
@pytest.mark.req("S-177", part="groups without a robot")
async def test_a_group_is_made_filled_written_to_renamed_and_ended(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox, tmp_path: Path
) -> None:
    sandbox.town.settle(ANNA, BORIS)
    sandbox.town.unwilling[BORISES] = "privacy"
    made = await session.create_group("Ёлки оптом", ["+79160000001", BORISES, "+79169999999"])
    address = made.peer.address
    circle = sandbox.town.groups[address]
    assert (made.peer.kind, made.peer.title, circle.members) == ("group", "Ёлки оптом", {ANNAS})
    assert made.missing == {BORISES: "privacy", "+79169999999": "not_on_whatsapp"}
    del sandbox.town.unwilling[BORISES]
    assert (await session.add_members(address, ["+79160000002"])).missing == {}
    path = tmp_path / "blob"
    path.write_bytes(b"%PDF")
    paper = LocalFile(path=path, name="Договор.pdf", mime="application/pdf", size=4)
    await session.send(outbound(address, "Договор", chat_kind="group", files=(paper,)))
    (said,) = [one for one in sandbox.town.said.values() if one.chat == address]
    assert (said.text, said.files[0].name) == ("Договор", "Договор.pdf")
    await session.rename_group(address, "Ёлки в розницу")
    await session.remove_members(address, ["+79160000001"])
    assert (circle.title, circle.members) == ("Ёлки в розницу", {BORISES})
    await session.end_group(address)
    assert (circle.ours, circle.members) == (False, set())
    with pytest.raises(Rejected) as refusal:
        await session.send(outbound(address, "Ау"))
    assert refusal.value.code == "not_in_group"


@pytest.mark.parametrize("title", ["", "Ё" * 26])
async def test_a_group_title_that_whatsapp_would_refuse_is_not_tried(session: WhatsAppSession, title: str) -> None:
    with pytest.raises(Rejected) as refusal:
        await session.create_group(title, ["+79160000001"])
    assert refusal.value.code == "group_title"


async def test_a_group_is_one_dialog_with_names(session: WhatsAppSession, sandbox: WhatsAppWebSandbox) -> None:
    sandbox.town.settle(ANNA, BORIS)
    circle = sandbox.town.gather("Соседи", [ANNAS, BORISES])
    sandbox.hears(circle.jid, ANNA, "Кто за ёлкой?")
    sandbox.hears(circle.jid, BORIS, "Я")
    found, _ = await collect(session, 2, None)
    assert {(one.peer.key, one.peer.kind, one.peer.title) for one in found} == {(circle.jid, "group", "Соседи")}
    assert [one.sender.name for one in found] == [ANNA.name, BORIS.name]


async def test_a_client_known_by_the_hidden_address_only_moves_once_the_phone_is_known(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox
) -> None:
    sandbox.town.hidden.add(ANNAS)
    await sandbox.say(ANNA, "раз")
    sandbox.town.hidden.clear()
    await sandbox.say(ANNA, "два")
    first, second = await arrivals(session, 2)
    (early,) = first.events
    *moves, late = second.events
    assert isinstance(early, MessageArrived)
    assert isinstance(late, MessageArrived)
    assert (early.peer.key, late.peer.key) == ("900000007001@lid", "+79160000001")
    assert "900000007001@lid" in [move.old_key for move in moves if isinstance(move, PeerMoved)]


async def test_what_the_owner_writes_on_the_phone_arrives_as_ours(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox
) -> None:
    sandbox.town.settle(ANNA)
    sandbox.hears(ANNAS, None, "Ответил сам")
    (arrived,) = await arrivals(session, 1)
    message = arrived.events[-1]
    assert isinstance(message, MessageArrived)
    assert message.from_us
    assert message.peer.key == "+79160000001"


async def test_duplicates_in_any_order_bear_one_id(session: WhatsAppSession, sandbox: WhatsAppWebSandbox) -> None:
    who = sandbox.town
    who.settle(ANNA)
    base = {"kind": "message", "id": "3EB0AA", "at": 1, "text": "раз", "sender": who.who(ANNAS)}
    by_lid, by_phone = who.chat(ANNAS), {"jid": f"{ANNAS}@s.whatsapp.net", "phone": ANNAS}
    for chat in (by_phone, by_lid, by_phone):
        sandbox.tell({**base, "chat": chat})
    found = await arrivals(session, 3)
    assert len({one.provider_id for one in found}) == 1


async def test_an_event_that_nobody_understands_is_kept_and_the_stream_goes_on(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox
) -> None:
    for device in sandbox.town.devices.values():
        assert device.linked
    sandbox.tell({"kind": "telepathy"})
    sandbox.tell({"kind": "unreadable", "what": "Message", "at": 1, "detail": "DecodeError: odd", "data": "AA=="})
    await sandbox.say(ANNA, "после")
    odd, broken, good = await arrivals(session, 3)
    assert "telepathy" in odd.problem
    assert broken.problem == "Message: DecodeError: odd"
    assert good.problem == ""


async def test_a_device_that_is_removed_on_the_phone_needs_to_be_bound_again(
    connector: Connector, session: WhatsAppSession, sandbox: WhatsAppWebSandbox, bound: Bound
) -> None:
    sandbox.remove_devices()
    with pytest.raises(NeedsRebind) as seen:
        await arrivals(session, 1)
    assert seen.value.code == "logged_out"
    with pytest.raises(NeedsRebind):
        await session.send(outbound("+79160000001", "Ау"))
    with pytest.raises(NeedsRebind):
        async with connector.open(ChannelId(1), bound):
            pass
    findings = await connector.check(bound)
    assert [(one.name, one.ok, str(one.next_step)[:10]) for one in findings] == [
        ("receive", False, "Bind again"),
        ("send", False, "Bind again"),
    ]


async def test_a_ban_is_waited_out(session: WhatsAppSession, sandbox: WhatsAppWebSandbox) -> None:
    sandbox.fail("ban_strangers", "wait", retry_after=7200)
    with pytest.raises(RateLimited) as pause:
        await arrivals(session, 1)
    assert (pause.value.code, pause.value.retry_after, pause.value.scope) == ("ban_strangers", 7200, "account")


@pytest.mark.parametrize(
    ("code", "outcome", "expected"),
    [("replaced", "retry", Retryable), ("outdated", "misconfigured", Misconfigured)],
)
async def test_other_ends_say_what_follows(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox, code: str, outcome: str, expected: type[Exception]
) -> None:
    sandbox.fail(code, outcome)
    with pytest.raises(expected):
        await arrivals(session, 1)


async def test_a_code_of_a_foreign_child_is_told_as_it_is(connector: Connector, bound: Bound) -> None:
    last_word = shlex.join(["echo", '{"error":{"code":"moon","outcome":"retry"}}'])
    foreign = replace(bound, settings={**bound.settings, "child": last_word})
    findings = await connector.check(foreign)
    assert {(one.ok, str(one.what)) for one in findings} == {(False, "The channel answered: moon ")}
    unbalanced = await connector.check(replace(bound, settings={**bound.settings, "child": "'"}))
    assert {(one.ok, one.name) for one in unbalanced} == {(False, "receive"), (False, "send")}


async def test_a_device_that_became_another_account_is_bound_again(connector: Connector, bound: Bound) -> None:
    with pytest.raises(NeedsRebind) as other:
        async with connector.open(ChannelId(1), replace(bound, account="79990000000")):
            pass
    assert other.value.code == "another_account"


async def test_a_device_folder_that_is_gone_is_explained(connector: Connector, bound: Bound) -> None:
    lost = replace(bound, settings={**bound.settings, "device": "79161234567-0"})
    findings = await connector.check(lost)
    assert {(one.ok, str(one.what)) for one in findings} == {(False, "The folder with the device's keys is gone.")}
