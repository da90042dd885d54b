"""Moving a dialog that was begun by phone or name to the account found for it."""

from __future__ import annotations

import msgspec

from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Arrival, Peer, PeerMoved
from chatapp_cli.domain.ids import Millis

PREFIX = "move/"
"""Prefix of the names of moves that are not stored yet."""


class Move(msgspec.Struct, frozen=True):
    """From an address that a person wrote to the account behind it."""

    old: str
    new: str
    title: str = ""

    @classmethod
    def read(cls, said: str | bytes) -> Move:
        """Decode a stored move."""
        return msgspec.json.decode(said, type=cls)

    def to_bytes(self) -> bytes:
        """Encode a move for storage."""
        return msgspec.json.encode(self)


def is_move(raw: bytes) -> bool:
    """Whether raw data is a move; Telegram's updates never begin with this prefix."""
    return raw.startswith(b"{")


def arrival(raw: bytes, at: Millis) -> Arrival:
    """The arrival for a move."""
    move = Move.read(raw)
    peer = Peer(key=border.external_id(move.new), address=border.address(move.new), title=border.name(move.title))
    moved = PeerMoved(old_key=border.external_id(move.old), peer=peer, at=border.at(at, at))
    return Arrival(provider_id=border.external_id(f"move:{move.old}:{move.new}"), raw=raw, events=(moved,))
