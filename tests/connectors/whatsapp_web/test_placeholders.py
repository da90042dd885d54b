"""What WhatsApp cannot show yet has a line in the dialog at once, and gives way to what it stands for."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

pytest.importorskip("neonize", reason="needs libmagic1: apt install libmagic1", exc_type=ImportError)

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message, ProtocolMessage

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child.feed import Feed, entry_of
from chatapp_cli.connectors.whatsapp_web.child.journal import Journal
from chatapp_cli.connectors.whatsapp_web.child.phone import Phone
from chatapp_cli.connectors.whatsapp_web.connector import WhatsAppSession
from chatapp_cli.connectors.whatsapp_web.convert import arrival
from chatapp_cli.domain.arrival import Arrival, MessageArrived
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from tests.connectors.whatsapp_web import library
from tests.connectors.whatsapp_web.library import ANNA, ANNA_HIDDEN, GROUP
from tests.connectors.whatsapp_web.linked import arrivals, happened
from tests.connectors.whatsapp_web.native import Native
from tests.contract.connector_contract import ANNA as ANNA_HERSELF
from tests.contract.connector_contract import collect
from tests.unit.kit.worlds import NOON

pytestmark = pytest.mark.req("S-040")
WAITING = "[WhatsApp is still getting this message]"
EITHER = "[WhatsApp is still getting this file, or shows it once and on the phone only]"


def shown(found: list[Arrival]) -> list[tuple[str, str, bool]]:
    heard = [one for one in happened(found) if isinstance(one, MessageArrived)]
    return [(one.ext_id, one.text, one.placeholder) for one in heard]


async def test_an_answer_to_an_advertisement_that_the_phone_sends_again_takes_the_place_of_its_line(
    phone: WhatsAppSession, native: Native
) -> None:
    for _ in range(3):
        await native.happens("event", library.undecryptable("1", unavailable=True))
    await native.happens("event", library.text("Пишу по объявлению", "1"))
    await native.happens("event", library.text("и ещё", "2"))
    found, _ = await arrivals(phone, 3)
    assert shown(found) == [("1", WAITING, True), ("1", "Пишу по объявлению", False), ("2", "и ещё", False)]
    assert len({one.provider_id for one in found}) == 3


async def test_a_groups_first_words_come_again_once_the_senders_key_is_there(
    phone: WhatsAppSession, native: Native
) -> None:
    native.answers["get_group_info"] = library.joined("Соседи").GroupInfo
    where = {"chat": GROUP, "sender": ANNA_HIDDEN, "sender_alt": ANNA}
    await native.happens("event", library.undecryptable("1", unavailable=True, **where))
    await native.happens("event", library.text("Кто за ёлкой?", "1", **where))
    found, _ = await arrivals(phone, 2)
    assert shown(found) == [("1", WAITING, True), ("1", "Кто за ёлкой?", False)]


async def test_a_line_that_comes_after_its_message_says_nothing_any_more(
    phone: WhatsAppSession, native: Native
) -> None:
    await native.happens("event", library.text("слова", "1"))
    await native.happens("event", library.undecryptable("1", unavailable=True))
    await native.happens("event", library.undecryptable("1", unavailable=False))
    await native.happens("event", library.text("дальше", "2"))
    found, _ = await arrivals(phone, 2)
    assert shown(found) == [("1", "слова", False), ("2", "дальше", False)]


async def test_neither_the_line_nor_the_message_is_lost_when_the_child_is_killed_between_them(
    connector: Connector, real: Bound, native: Native
) -> None:
    async with connector.open(ChannelId(1), real) as session:
        assert isinstance(session, WhatsAppSession)
        await native.happens("event", library.undecryptable("1", unavailable=False))
        first, cursor = await arrivals(session, 1)
        os.kill(session._child.pid, signal.SIGKILL)
    async with connector.open(ChannelId(1), real) as session:
        assert isinstance(session, WhatsAppSession)
        await native.happens("event", library.undecryptable("1", unavailable=False))
        await native.happens("event", library.text("слова", "1"))
        second, _ = await arrivals(session, 1, cursor)
    assert shown([*first, *second]) == [("1", WAITING, True), ("1", "слова", False)]


async def test_a_file_may_be_one_to_view_once_and_the_words_say_so(phone: WhatsAppSession, native: Native) -> None:
    await native.happens("event", library.undecryptable("1", unavailable=True, kind="media"))
    await native.happens("event", library.undecryptable("2", unavailable=False, kind="media"))
    await native.happens("event", library.undecryptable("3", unavailable=True, chat="status@broadcast"))
    await native.happens("event", library.text("дальше", "4"))
    found, _ = await arrivals(phone, 3)
    assert shown(found) == [("1", EITHER, True), ("2", WAITING, True), ("4", "дальше", False)]


@pytest.mark.parametrize("unavailable", [True, False])
async def test_bookkeeping_that_is_not_decrypted_is_told_only_if_it_does_not_come_again(
    phone: WhatsAppSession, native: Native, unavailable: bool
) -> None:
    """Hidden ones are reactions and changes: a line in the dialog would never go away."""
    await native.happens("event", library.undecryptable("1", unavailable=unavailable, hide=True))
    change = library.protocol(ProtocolMessage.MESSAGE_EDIT, "0", Message(conversation="так"), claims=True)
    await native.happens("event", library.message(change, "1"))
    await native.happens("event", library.text("дальше", "2"))
    found, _ = await arrivals(phone, 2)
    assert [type(one.events[-1]).__name__ for one in found] == ["MessageEdited", "MessageArrived"]


async def test_what_never_comes_again_is_told_after_a_while_even_by_another_process(tmp_path: Path) -> None:
    told: list[wire.Line] = []

    def process() -> tuple[Feed, Journal]:
        journal = Journal(tmp_path / "journal", library.AT)
        return Feed(Phone(told.append, pytest.fail), journal, told.append), journal  # type: ignore[arg-type]

    _, before = process()
    for ident in ("1", "2"):
        before.record(entry_of(library.undecryptable(ident, unavailable=False, hide=True)))
    before.record(entry_of(library.text("слова", "2")))
    before.acknowledge(3)
    before.close()
    feed, journal = process()
    for ident in ("1", "2", "1"):
        feed._give_up_on(ident)
    telling = asyncio.create_task(feed.tell())
    await asyncio.sleep(0)
    telling.cancel()
    journal.close()
    assert [(one.n, arrival(bytes(one.event), 1, NOON).problem) for one in told] == [
        (4, "undecryptable: 79160000001/1")
    ]


@pytest.mark.parametrize(("why", "text"), [("waiting", WAITING), ("view_once", "[view once]"), ("either", EITHER)])
async def test_the_miniature_hides_and_shows_a_message_under_one_id(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox, why: str, text: str
) -> None:
    hidden = sandbox.hides(ANNA_HERSELF, "Сколько стоит?", why=why)
    sandbox.shows(hidden)
    (first, second), _ = await collect(session, 2, None)
    assert (first.ext_id, first.text, first.placeholder) == (hidden, text, True)
    assert (second.ext_id, second.text, second.placeholder) == (hidden, "Сколько стоит?", False)
    assert first.peer == second.peer
