"""WhatsApp's addresses, ``user@server``: a person has one by phone, at s.whatsapp.net, and a hidden one, at lid."""

from __future__ import annotations

from typing import Final

from chatapp_cli.connectors.whatsapp_web.child.library import Jid, events

USERS: Final = "s.whatsapp.net"
HIDDEN: Final = "lid"
GROUPS: Final = "g.us"


def bare(jid: Jid) -> str:
    """Without the device; empty if there is none."""
    return f"{jid.User}@{jid.Server}" if jid.User else ""


def made(address: str) -> Jid:
    """The library's value for an address."""
    user, _, server = address.partition("@")
    return events.JID(User=user, RawAgent=0, Device=0, Integrator=0, Server=server or USERS, IsEmpty=False)


def is_hidden(address: str) -> bool:
    """It does not tell the phone."""
    return address.endswith(f"@{HIDDEN}")


def told(jid: Jid, alt: Jid) -> tuple[str, str]:
    """The hidden address and the digits of the phone, as far as a person's two addresses tell them."""
    both = (bare(jid), bare(alt))
    lid = next((one for one in both if is_hidden(one)), "")
    return lid, next(filter(None, map(phone, both)), "")


def by_phone(digits: str) -> str:
    """The address by phone; empty without one."""
    return f"{digits}@{USERS}" if digits else ""


def phone(address: str) -> str:
    """The digits, if the address is one by phone."""
    user, _, server = address.partition("@")
    return user if server == USERS else ""
