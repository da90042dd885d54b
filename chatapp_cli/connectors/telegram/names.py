"""Ids of messages and chats, and lookup of the people in an update."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.peers import Known, marked, number_of, seen, stranger
from chatapp_cli.domain import border
from chatapp_cli.domain.ids import Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The context for reading an update."""

    me: int
    max_download: int
    entities: Mapping[int, Any]
    """People and chats by signed number."""
    now: Millis

    def known(self, peer: Any) -> Known:
        """The peer with this number; if unknown, one with only the number."""
        number = number_of(peer)
        entity = self.entities.get(number)
        return (seen(entity) if entity is not None else None) or stranger(number)

    def at(self, date: Any) -> border.At:
        """The time that Telegram gives, or that of the arrival."""
        return border.at(date.timestamp() * 1000, self.now)

    @property
    def arrived(self) -> border.At:
        """When the update arrived."""
        return border.at(self.now, self.now)


def ext_id(peer: Any, number: int) -> border.ExternalId:
    """A message's id: unique in the account and ascending within its dialog."""
    return border.external_id(f"{number}.{peer.channel_id}" if isinstance(peer, tl.PeerChannel) else number)


def message_number(ext_id: str) -> int:
    """Telegram's number of a message in its chat."""
    return int(ext_id.partition(".")[0])


def named(update: Any) -> Iterator[int]:
    """All peers that an update names, by signed number."""
    message = getattr(update, "message", None)
    forwarded = getattr(message, "fwd_from", None)
    reacting = getattr(getattr(update, "reactions", None), "recent_reactions", None) or ()
    found = (
        getattr(message, "peer_id", None),
        getattr(message, "from_id", None),
        getattr(forwarded, "from_id", None),
        getattr(update, "peer", None),
        *(one.peer_id for one in reacting),
    )
    yield from (number_of(peer) for peer in found if peer is not None)
    if channel := getattr(update, "channel_id", None):
        yield marked(channel)
    if chat := getattr(update, "chat_id", None):
        yield -chat


def millis(date: Any) -> Millis:
    """Telegram's time in milliseconds."""
    return int(date.timestamp() * 1000)
