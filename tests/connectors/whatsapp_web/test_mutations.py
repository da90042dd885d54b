"""Whatever the library may hand over is written down and told: nothing ends the stream."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

pytest.importorskip("neonize", reason="needs libmagic1: apt install libmagic1", exc_type=ImportError)

from google.protobuf.message import DecodeError
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import ImageMessage, Message, ProtocolMessage

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child.feed import Feed
from chatapp_cli.connectors.whatsapp_web.child.journal import Journal
from chatapp_cli.connectors.whatsapp_web.child.phone import Phone
from chatapp_cli.connectors.whatsapp_web.convert import arrival
from tests.connectors.whatsapp_web import library
from tests.connectors.whatsapp_web.library import ANNA
from tests.connectors.whatsapp_web.sealed import edit, original
from tests.unit.kit.worlds import NOON

SEEDS = (
    library.text("ёлки есть?"),
    original("A"),
    edit("A", "так", ANNA, ANNA),
    library.message(Message(imageMessage=ImageMessage(caption="Такая?", fileLength=3))),
    library.message(library.protocol(ProtocolMessage.REVOKE, "A")),
    library.undecryptable(unavailable=True),
    library.group_news(name="Соседи"),
    library.history((ANNA, "a", 1_795_000_000, "пока не было связи")),
)


def mutated(raw: bytes, chance: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(chance.choice((1, 1, 2, 6))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


async def test_thousands_of_mutated_events_are_written_down_told_and_read(tmp_path: Path) -> None:
    chance, told = random.Random(9), list[wire.Line]()
    journal = Journal(tmp_path / "journal", library.AT)
    journal.linked(1)
    journal.linked(2)
    phone = Phone(told.append, pytest.fail)  # type: ignore[arg-type]
    feed = Feed(phone, journal, told.append)
    taking = [asyncio.create_task(feed.record()), asyncio.create_task(feed.tell())]
    handed = 0
    for n in range(6_000):
        seed = SEEDS[n % len(SEEDS)]
        try:
            phone.inbox.put_nowait(type(seed).FromString(mutated(seed.SerializeToString(), chance)))
        except DecodeError:
            continue
        handed += 1
        await asyncio.sleep(0)
        feed.acknowledge(journal.last)
    phone.inbox.put_nowait(library.text("последнее", "LAST"))
    async with asyncio.timeout(20):
        while not told or b"LAST" not in bytes(told[-1].event):
            feed.acknowledge(journal.last)
            await asyncio.sleep(0.001)
    assert [task.done() for task in taking] == [False, False]
    for task in taking:
        task.cancel()
    journal.close()
    assert handed > 2_000
    assert len(told) > 1_000
    assert all(arrival(bytes(one.event), 1, NOON).provider_id for one in told)
