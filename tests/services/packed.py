"""Raw arrivals, packed or not."""

from __future__ import annotations

import json
from functools import partial

from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.services import ingest, packing
from chatapp_cli.store.rows.journal import ArrivedRow
from chatapp_cli.store.tx import Tx
from tests.stores import Shop, said


def raw(number: int) -> bytes:
    """What a provider sends."""
    sender = {"id": number % 50, "first_name": "Анна", "language_code": "ru", "is_premium": False}
    return json.dumps({"update_id": number, "message": {"from": sender, "text": f"Ёлка {number}"}}).encode()


def arrive(shop: Shop, channel: ChannelId, numbers: range) -> None:
    """Let them arrive, each a message."""
    arrivals = tuple(
        Arrival(provider_id=f"u{n}", raw=raw(n), events=(said(f"Ёлка {n}", ext_id=f"x{n}", at=shop.clock.now()),))
        for n in numbers
    )
    shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=arrivals)))


def stored_row(tx: Tx, number: int) -> ArrivedRow:
    """An arrival, understood or not, as the store holds it."""
    row = tx.one(ArrivedRow, "arrived.one", id=number)
    assert row is not None
    return row


def read(shop: Shop, number: int) -> bytes:
    row = shop.read(partial(stored_row, number=number))
    return bytes(shop.read(partial(packing.unpack, raw=row.raw, number=row.packed)))
