"""A client's message as a connector hands it over."""

from __future__ import annotations

import time

from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Arrival, MessageArrived, Peer, Profile


def incoming(ext_id: str, who: str, text: str, *, name: str = "", raw: bytes = b"") -> Arrival:
    """A message in this client's own chat, written now."""
    now = time.time_ns() // 1_000_000
    key, shown = border.external_id(who), border.name(name or who)
    event = MessageArrived(
        peer=Peer(key=key, address=border.address(who), title=shown),
        ext_id=border.external_id(ext_id),
        at=border.at(now, now),
        text=border.text(text),
        sender=Profile(id=key, name=shown),
    )
    return Arrival(provider_id=border.external_id(f"{who} {ext_id}"), raw=raw, events=(event,))
