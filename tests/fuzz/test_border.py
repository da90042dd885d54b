"""Whatever stands in a provider's words, names, ids and file names, it is stored clean, on both databases."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from telethon.extensions import BinaryReader
from telethon.tl import TLObject
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.moves import is_move
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Arrival, Batch, IncomingFile, MessageArrived
from chatapp_cli.kit.manifests import create
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.connector import StoredArrival
from chatapp_cli.services.ingest import ingest
from tests.contract.connector_contract import changed, places
from tests.fuzz.recorder import seeds
from tests.fuzz.rounds import KINDS, bindings
from tests.stores import NOON, Shop

CONTROL, MARK = "\0\x1b[31m\u202e\u2066\x9b", "☂"
"""What no screen and no database takes, and what shows where it stood."""
ODD = CONTROL + "\ud83d" + MARK
ODD_NAME = f"../{CONTROL}{'я' * 200}{MARK}.pdf"
ENCODED_NAME = b'filename="=?utf-8?B?' + b64encode(ODD_NAME.encode()) + b'?="'
REFUSED = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
SHOWN: Mapping[str, set[str]] = {
    "api": {"text", "subject", "title", "name", "ext_id", "key", "address", "provider_id", "emoji", "detail", "remote"},
    "avito": {"text", "title", "name", "ext_id", "key", "address", "provider_id", "remote"},
    "email": {"text", "subject", "title", "name"},
    "max": {"text", "title", "name", "username", "ext_id", "provider_id", "remote"},
    "sms": {"text", "ext_id", "provider_id"},
    "telegram": {"text", "title", "name"},
    "telegram_bot": {"text", "title", "name", "username", "ext_id", "emoji", "remote"},
    "vk": {"text", "title", "provider_id", "name", "remote"},
    "vk_notify": {"provider_id", "problem"},
    "whatsapp": {"text", "title", "name", "ext_id", "reply_to", "provider_id", "remote"},
    "whatsapp_web": {"text", "name", "ext_id", "reply_to", "provider_id", "remote"},
}
"""The fields of each channel in which a provider's own letters come."""
TIMED = {"api", "avito", "max", "telegram_bot", "vk", "whatsapp", "whatsapp_web"}
"""The channels that tell times in JSON."""
LONG_NAMES = {"api", "email", "max", "telegram", "telegram_bot", "vk", "whatsapp", "whatsapp_web"}

MAIL = b"""From: anna@client.test
To: desk@example.org
Subject: a file
Content-Type: application/pdf
Content-Disposition: attachment; filename="price.pdf"

PDF
"""
DOCUMENT = tl.MessageMediaDocument(
    document=tl.Document(1, 2, b"", None, "application/pdf", 9, 2, [tl.DocumentAttributeFilename("price.pdf")])
)
POST = tl.UpdateNewMessage(tl.Message(id=9, peer_id=tl.PeerUser(7), date=None, message="", media=DOCUMENT), 1, 1)
WITH_FILE = {"email": [MAIL], "telegram": [bytes(tl.Updates([POST], [], [], None, 0))]}
"""Messages with a named file, which no seed of these channels has."""


def with_odd_leaves(seed: bytes) -> Iterator[bytes]:
    """JSON with something odd in one text at a time; calls of gateways and mails likewise."""
    try:
        tree = json.loads(seed)
    except ValueError:
        yield from with_odd_lines(seed)
        return
    for path in places(tree):
        told = tree
        for step in path:
            told = told[step]
        if isinstance(told, str):
            yield json.dumps(changed(tree, path, told + ODD)).encode()
            yield json.dumps(changed(tree, path, ODD_NAME)).encode()


def with_odd_times(seed: bytes) -> Iterator[bytes]:
    """JSON with a time of another century in one place at a time."""
    with suppress(ValueError):
        tree = json.loads(seed)
        for path in places(tree):
            yield from (json.dumps(changed(tree, path, at)).encode() for at in (0, -1, 10**14, "9999-12-31T23:59:59Z"))


def with_odd_lines(seed: bytes) -> Iterator[bytes]:
    """A mail or a form's call, with something odd in one line or one field at a time."""
    head, _, body = seed.rpartition(b"\n\n\n")
    if b"x-www-form-urlencoded" in head:
        told = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        for name, value in told:
            odd = [(n, value + CONTROL + MARK if n == name else v) for n, v in told]
            yield head + b"\n\n\n" + urlencode(odd).encode()
        return
    lines = seed.split(b"\n")
    for number, line in enumerate(lines):
        odd_line = re.sub(rb'filename="?[^"\r;]*"?', ENCODED_NAME, line)
        if odd_line == line:
            name, colon, value = line.partition(b": ")
            odd_line = name + colon + (CONTROL + MARK).encode() + value
        yield b"\n".join([*lines[:number], odd_line, *lines[number + 1 :]])


def with_odd_strings(seed: bytes) -> Iterator[bytes]:
    """One of Telegram's objects with something odd in one of its texts at a time."""
    if is_move(seed):
        yield from with_odd_leaves(seed)
        return
    with BinaryReader(seed) as reader:
        number = len(list(strings(reader.tgread_object())))
    for place in range(number):
        for odd in (CONTROL + MARK, ODD_NAME):
            with BinaryReader(seed) as reader:
                told = reader.tgread_object()
            holder, name = list(strings(told))[place]
            setattr(holder, name, odd)
            yield bytes(told)


def strings(told: Any) -> Iterator[tuple[Any, str]]:
    for name, value in vars(told).items() if isinstance(told, TLObject) else ():
        if isinstance(value, str):
            yield told, name
        for inner in value if isinstance(value, list) else [value]:
            yield from strings(inner)


ODDLY: Mapping[str, Callable[[bytes], Iterator[bytes]]] = {"telegram": with_odd_strings}


def read_oddly(kind: str, place: Path) -> list[Arrival]:
    """All that a channel understands of its seeds with something odd in them."""
    connector, bounds = create(kind, system_world(place)), bindings(kind)
    odd = (raw for seed in (*seeds(kind), *WITH_FILE.get(kind, ())) for raw in ODDLY.get(kind, with_odd_leaves)(seed))
    return [connector.understand(bound, StoredArrival("again", NOON, raw)) for raw in odd for bound in bounds]


def leaves(told: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in an arrival, with the name of its field."""
    if is_dataclass(told):
        for field in fields(told):
            yield from leaves(getattr(told, field.name), field.name)
    elif isinstance(told, tuple | list):
        for one in told:
            yield from leaves(one, name)
    else:
        yield name, told


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_a_database_refuses_or_a_terminal_obeys_comes_in(kind: str, tmp_path: Path, shop: Shop) -> None:
    arrivals = read_oddly(kind, tmp_path)
    told = [leaf for one in arrivals for leaf in leaves(one) if isinstance(leaf[1], str)]
    assert [leaf for leaf in told if REFUSED.search(leaf[1])] == []
    assert SHOWN[kind] <= {name for name, words in told if MARK in words}
    understood = {one.provider_id: one for one in arrivals if not one.problem}
    channel = shop.channel(kind=kind)
    for _ in range(2):
        for one in understood.values():
            result = shop.write(lambda tx, one=one: ingest(tx, channel, Batch(arrivals=(one,))))
            assert result.dead == 0
    assert shop.read(lambda tx: tx.compose(int, "SELECT count(*) FROM arrived", {})) == [len(understood)]


@pytest.mark.parametrize("kind", sorted(TIMED))
def test_a_time_at_which_nothing_can_have_been_written_is_that_of_the_arrival(kind: str, tmp_path: Path) -> None:
    connector, bounds = create(kind, system_world(tmp_path)), bindings(kind)
    odd = (raw for seed in seeds(kind) for raw in with_odd_times(seed))
    found = [connector.understand(bounds[0], StoredArrival("again", NOON, raw)) for raw in odd]
    times = [value for one in found for name, value in leaves(one) if name == "at"]
    assert times
    assert [at for at in times if not border.EARLIEST <= at <= NOON + border.AHEAD] == []


@pytest.mark.parametrize("kind", sorted(LONG_NAMES))
def test_a_files_name_is_one_that_every_folder_takes(kind: str, tmp_path: Path) -> None:
    events = [event for one in read_oddly(kind, tmp_path) for event in one.events]
    files = [file for event in events if isinstance(event, MessageArrived) for file in event.files]
    names = [file.name for file in files]
    assert [name for name in names if len(name.encode()) > border.LONGEST_FILE_NAME or "/" in name] == []
    assert any(name.endswith(("я.pdf", f"{MARK}.pdf")) for name in names), set(names)
    assert all(isinstance(file, IncomingFile) and file.size >= 0 for file in files)
