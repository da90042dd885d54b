"""A device that takes the place of a removed one goes on where that one ended."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

pytest.importorskip("neonize", reason="needs libmagic1: apt install libmagic1", exc_type=ImportError)

from neonize.proto import Neonize_pb2 as events
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

from chatapp_cli.connectors.whatsapp_web.child import history
from chatapp_cli.connectors.whatsapp_web.child.feed import entry_of
from chatapp_cli.connectors.whatsapp_web.child.journal import GAP
from chatapp_cli.connectors.whatsapp_web.connector import WhatsAppSession
from chatapp_cli.domain.arrival import MessageArrived
from chatapp_cli.domain.errors import NeedsRebind
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from tests.connectors.whatsapp_web import library
from tests.connectors.whatsapp_web.library import ANNA, ANNA_HIDDEN, AT, GROUP, OWNER
from tests.connectors.whatsapp_web.linked import PHONE, arrivals, happened, linked, outbound, words
from tests.connectors.whatsapp_web.native import Native, sent
from tests.contract.connector_contract import ANNA as ANNA_HERSELF
from tests.contract.connector_contract import ScriptedAsker, collect

pytestmark = pytest.mark.req("S-040")
NOW = AT // 1000
LONG_AGO = NOW - 30 * 24 * 3600


async def removed(connector: Connector, bound: Bound, native: Native) -> str | None:
    """Hear two messages, answer one; then the phone removes the device before the third is taken."""
    native.answers["send_message"] = sent("OURS")
    async with connector.open(ChannelId(1), bound) as session:
        assert isinstance(session, WhatsAppSession)
        await native.happens("event", library.text("раз", "1"))
        await native.happens("event", library.text("два", "2"))
        _, cursor = await arrivals(session, 2)
        await session.send(outbound("ответ"))
        await native.happens("event", library.text("три", "3"))
        gone = events.LoggedOut(OnConnect=False, Reason=events.ConnectFailureReason.Value("LOGGED_OUT"))
        await native.happens("event", gone)
        with pytest.raises(NeedsRebind):
            await used(session)
    return cursor


async def used(session: WhatsAppSession) -> None:
    async with asyncio.timeout(20):
        while True:
            await session.prove()


def soon() -> int:
    """Seconds: after the device was linked, whose time is this machine's."""
    return int(time.time()) + 60


async def test_what_came_while_no_device_was_linked_is_taken_from_the_history_once(
    connector: Connector, real: Bound, native: Native
) -> None:
    cursor = await removed(connector, real, native)
    again, _ = await linked(connector, native, real)
    assert again.settings["numbered_since"] == real.settings["device"] != again.settings["device"]
    told = [
        (ANNA, "0", LONG_AGO, "давно"),
        (ANNA, "2", NOW, "два"),
        (ANNA, "OURS", NOW, "ответ"),
        (ANNA, "4", soon(), "пока не было связи"),
        ("status@broadcast", "9", soon(), "статус"),
        (ANNA_HIDDEN, "5", soon() + 1, "с телефона"),
    ]
    async with connector.open(ChannelId(1), again) as session:
        assert isinstance(session, WhatsAppSession)
        for _ in range(2):
            await native.happens("event", library.history(*told, me=("OURS", "5")))
        await native.happens("event", library.text("после", "6"))
        found, after = await arrivals(session, 4, cursor)
    assert words(found) == ["три", "пока не было связи", "с телефона", "после"]
    assert [one.from_us for one in happened(found) if isinstance(one, MessageArrived)] == [False, False, True, False]
    name, _, n = (after or "").rpartition("/")
    assert (name, int(n) > GAP) == (real.settings["device"], True)
    native.answers["build_reaction"] = Message()
    async with connector.open(ChannelId(1), again) as session:
        assert isinstance(session, WhatsAppSession)
        await session.react(PHONE, "1", "👍")
        await native.happens("event", library.history(*told))
        await native.happens("event", library.text("ещё", "7"))
        found, _ = await arrivals(session, 1, after)
    assert words(found) == ["ещё"]


async def test_a_device_that_takes_nobodys_place_leaves_the_phones_history_alone(
    connector: Connector, real: Bound, native: Native
) -> None:
    async with connector.open(ChannelId(1), real) as session:
        assert isinstance(session, WhatsAppSession)
        await native.happens("event", library.history((ANNA, "1", NOW, "давно"), (ANNA, "3", soon(), "недавно")))
        await native.happens("event", library.text("сейчас", "2"))
        found, _ = await arrivals(session, 1)
    assert words(found) == ["сейчас"]


async def test_a_binding_whose_keys_folder_is_gone_begins_to_count_anew(
    connector: Connector, real: Bound, native: Native, tmp_path: Path
) -> None:
    cursor = await removed(connector, real, native)
    (tmp_path / "company" / "devices" / "whatsapp_web" / real.settings["device"] / "journal").unlink()
    again, _ = await linked(connector, native, real)
    assert "numbered_since" not in again.settings
    async with connector.open(ChannelId(1), again) as session:
        assert isinstance(session, WhatsAppSession)
        await native.happens("event", library.text("после", "1"))
        found, after = await arrivals(session, 1, cursor)
    assert (words(found), after) == (["после"], f"{again.settings['device']}/1")


def test_history_reads_as_what_comes_live() -> None:
    event = library.history(
        (ANNA_HIDDEN, "b", NOW + 2, "два"), (GROUP, "a", NOW + 1, "раз"), (ANNA, "old", LONG_AGO, "давно")
    )
    event.Data.conversations[0].pnJID = ANNA
    event.Data.conversations[1].messages[0].message.key.participant = "79160000002:12@s.whatsapp.net"
    event.Data.conversations.add(ID=ANNA).messages.add().message.messageTimestamp = NOW
    entries = [entry_of(one) for one in history.messages(event, AT, OWNER)]
    assert [(one.id, one.key, one.sender, one.at, one.shown) for one in entries] == [
        ("a", GROUP, "79160000002@s.whatsapp.net", AT + 1000, True),
        ("b", "79160000001", ANNA_HIDDEN, AT + 2000, True),
    ]


async def test_in_the_miniature_a_removed_device_hears_nothing_more_and_a_new_one_gets_no_queue(
    connector: Connector, sandbox: WhatsAppWebSandbox, bound: Bound
) -> None:
    await sandbox.say(ANNA_HERSELF, "раз")
    sandbox.remove_devices()
    await sandbox.say(ANNA_HERSELF, "два")
    (old,) = sandbox.town.devices.values()
    assert [event["text"] for _, event in old.waiting] == ["раз"]
    fresh = await connector.bind(ScriptedAsker(sandbox.answers))
    async with connector.open(ChannelId(1), fresh) as session:
        await sandbox.say(ANNA_HERSELF, "три")
        found, _ = await collect(session, 1, None)
    assert [one.text for one in found] == ["три"]
