"""WhatsApp addresses, ``user@server``: a person has one with the phone (s.whatsapp.net) and a hidden one (lid)."""

from __future__ import annotations

from typing import Final

from chatapp_cli.connectors.whatsapp_web.child.library import Jid, events

USERS: Final = "s.whatsapp.net"
HIDDEN: Final = "lid"
GROUPS: Final = "g.us"


def bare(jid: Jid) -> str:
    """An address without the device; empty if there is none."""
    return f"{jid.User}@{jid.Server}" if jid.User else ""


def made(address: str) -> Jid:
    """The library's value for an address."""
    user, _, server = address.partition("@")
    return events.JID(User=user, RawAgent=0, Device=0, Integrator=0, Server=server or USERS, IsEmpty=False)


def is_hidden(address: str) -> bool:
    """Whether it hides the phone."""
    return address.endswith(f"@{HIDDEN}")


def told(jid: Jid, alt: Jid) -> tuple[str, str]:
    """The hidden address and the phone's digits from a person's two addresses, as far as known."""
    both = (bare(jid), bare(alt))
    lid = next((one for one in both if is_hidden(one)), "")
    return lid, next(filter(None, map(phone, both)), "")


def by_phone(digits: str) -> str:
    """The address with the phone; empty without one."""
    return f"{digits}@{USERS}" if digits else ""


def phone(address: str) -> str:
    """The digits, if the address has the phone."""
    user, _, server = address.partition("@")
    return user if server == USERS else ""
