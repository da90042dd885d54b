"""Pending logins: sent codes, shown QR codes, tickets between data centres."""

from __future__ import annotations

import itertools
import secrets
import time
from dataclasses import dataclass, field
from typing import Final

from telethon.tl import types

from chatapp_cli.sandbox.telegram.devices import Authorisation
from chatapp_cli.sandbox.telegram.letters import Person
from chatapp_cli.sandbox.telegram.tl import Refusal

APP: Final = (20_260, "0a1b2c3d4e5f60718293a4b5c6d7e8f9")
"""The one application that is registered: api_id and api_hash."""
CODE: Final = "24680"
"""The login code, always the same."""


@dataclass(slots=True)
class PendingCode:
    """A sent code."""

    phone: str
    hash: str = field(default_factory=lambda: secrets.token_hex(9))
    code: str = CODE
    expired: bool = False


@dataclass(slots=True)
class ShownToken:
    """A shown QR code."""

    device: Authorisation
    until: float
    token: bytes = field(default_factory=lambda: secrets.token_bytes(24))


class Desk:
    """The pending logins."""

    def __init__(self) -> None:
        self.codes: dict[str, PendingCode] = {}
        self.tokens: dict[bytes, ShownToken] = {}
        self.token_seconds: float = 30
        """The lifetime of a QR code, in seconds."""
        self.scanned_by: dict[Authorisation, Person] = {}
        """The person who scanned a device's QR code."""
        self._tickets: dict[tuple[int, bytes], Person] = {}
        self._numbers = itertools.count(1)

    def send_code(self, phone: str) -> PendingCode:
        """Send a code."""
        pending = PendingCode(phone)
        self.codes[pending.hash] = pending
        return pending

    def show_token(self, device: Authorisation) -> ShownToken:
        """Show a fresh QR code in place of the last one."""
        self.tokens = {token: shown for token, shown in self.tokens.items() if shown.device is not device}
        shown = ShownToken(device, time.time() + self.token_seconds)
        self.tokens[shown.token] = shown
        return shown

    def scan(self, token: bytes, person: Person) -> Authorisation:
        """Accept a QR code with a phone. Raises Refusal if it is not shown (any more)."""
        shown = self.tokens.get(token)
        if shown is None:
            raise Refusal("AUTH_TOKEN_INVALID")
        if shown.until < time.time():
            raise Refusal("AUTH_TOKEN_EXPIRED")
        del self.tokens[token]
        self.scanned_by[shown.device] = person
        shown.device.push(types.UpdateShort(update=types.UpdateLoginToken(), date=int(time.time())))
        return shown.device

    def issue_ticket(self, person: Person) -> tuple[int, bytes]:
        """A ticket to another data centre."""
        ticket = (next(self._numbers), secrets.token_bytes(16))
        self._tickets[ticket] = person
        return ticket

    def redeem_ticket(self, number: int, secret: bytes) -> Person:
        """The person of a ticket, which is valid once."""
        person = self._tickets.pop((number, secret), None)
        if person is None:
            raise Refusal("AUTH_BYTES_INVALID")
        return person
