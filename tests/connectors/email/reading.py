"""Reading a mail by itself, as a mailbox would."""

from __future__ import annotations

from typing import Any

from chatapp_cli.connectors.email.account import Account, Server
from chatapp_cli.connectors.email.convert import arrival
from chatapp_cli.connectors.email.incoming import Mail, Reading
from chatapp_cli.domain.arrival import Arrival, MessageArrived
from chatapp_cli.sandbox.email import ADDRESS

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


def account(**changes: Any) -> Account:
    server = Server(host="127.0.0.1", port=1, tls="none")
    values = {"address": ADDRESS, "login": ADDRESS, "password": "", "imap": server, "smtp": server}
    return Account(**(values | changes))
