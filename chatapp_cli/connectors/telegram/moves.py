"""A dialog that was begun by phone or name goes on under the account that it turned out to be."""

from __future__ import annotations

import msgspec

from chatapp_cli.domain.event import Arrival, Peer, PeerMoved
from chatapp_cli.domain.ids import Millis

PREFIX = "move/"
"""Of the names under which moves that are not durable yet are remembered."""


class Move(msgspec.Struct, frozen=True):
    """From an address that a person wrote to the account behind it."""

    old: str
    new: str
    title: str = ""

    @classmethod
    def read(cls, said: str | bytes) -> Move:
        """As it was kept."""
        return msgspec.json.decode(said, type=cls)

    def to_bytes(self) -> bytes:
        """As it is kept."""
        return msgspec.json.encode(self)


def is_move(raw: bytes) -> bool:
    """Tell it from Telegram's own updates, which never begin so."""
    return raw.startswith(b"{")


def arrival(raw: bytes, at: Millis) -> Arrival:
    """What it means to the desk."""
    move = Move.read(raw)
    peer = Peer(key=move.new, address=move.new, title=move.title)
    moved = PeerMoved(old_key=move.old, peer=peer, at=at)
    return Arrival(provider_id=f"move:{move.old}:{move.new}", raw=raw, events=(moved,))
