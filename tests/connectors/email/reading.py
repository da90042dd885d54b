"""Reading a mail by itself, as a mailbox would."""

from __future__ import annotations

from chatapp_cli.connectors.email.convert import Mail, Reading, arrival
from chatapp_cli.domain.arrival import Arrival, MessageArrived

OURS = Reading(own_address="desk@shop.example.org")
FLAT = Reading(own_address="desk@shop.example.org", by_subject=False)
KEY = "0123456789abcdef0123456789abcdef"
OWN_ID = f"<{KEY}@shop.example.org>"
AT = 1_700_000_000_000


def read(raw: bytes, reading: Reading = OURS, size: int = 0, at: int = AT) -> Arrival:
    return arrival(Mail(uid=7, at=at, size=size, raw=raw), reading, AT)


def message(raw: bytes, reading: Reading = OURS) -> MessageArrived:
    """The one message that a mail becomes."""
    (found,) = (event for event in read(raw, reading).events if isinstance(event, MessageArrived))
    return found
