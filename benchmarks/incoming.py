"""A client's message as a connector hands it over."""

from __future__ import annotations

import time
from typing import Any

from chatapp_cli.domain import border as checked
from chatapp_cli.domain.arrival import Arrival, MessageArrived, Peer, Profile


def incoming(
    ext_id: str,
    who: str,
    text: str,
    *,
    name: str = "",
    raw: bytes = b"",
    provider_id: str = "",
    border: Any = checked,
) -> Arrival:
    """A message in this client's own chat, written now; ``border`` makes its values."""
    now = time.time_ns() // 1_000_000
    key = border.external_id(who)
    event = MessageArrived(
        peer=Peer(key=key, address=border.address(who), title=border.name(name)),
        ext_id=border.external_id(ext_id),
        at=border.at(now, now),
        text=border.text(text),
        sender=Profile(id=key, name=border.name(name or who)),
    )
    return Arrival(provider_id=border.external_id(provider_id or f"{who} {ext_id}"), raw=raw, events=(event,))
