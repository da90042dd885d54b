"""Orders of a test to the server: refusals, missing answers, and a log of requests."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chatapp_cli.sandbox.telegram.letters import Person

SILENCE: Final = "(silence)"
"""Logged in place of a refusal if there was no answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a client."""

    method: str
    """As in Telegram's documentation: ``messages.sendMessage``."""
    request: Any = field(repr=False)
    """Telethon's object with the arguments."""
    at: float
    """Seconds since 1970."""
    by: int
    """The user of the device; 0 before a login."""
    refusal: str
    """The refusal; empty if it was answered normally."""


@dataclass(slots=True)
class Order:
    """What the next requests of a method get instead of a normal answer."""

    method: str
    refusal: str = ""
    """A name of Telegram's list; empty: no answer."""
    times: int = 1
    done: bool = False
    """Whether the request is carried out although it is not answered."""
    cut: bool = True
    """Whether the connection is cut instead of answering."""
    garbled: Any = None
    """The wrong answer to a request that is carried out."""


class Ledger:
    """Open orders and received requests."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.mistakes: list[Exception] = []
        """Errors in the sandbox itself."""
        self._orders: list[Order] = []

    def order(self, order: Order) -> None:
        """Add an order; it applies as often as it says."""
        self._orders.append(order)

    def forget_orders(self) -> None:
        """Clear all orders."""
        self._orders.clear()

    def due(self, method: str) -> Order | None:
        """The order that applies to this request."""
        found = next((one for one in self._orders if one.method in {method, "*"}), None)
        if found:
            found.times -= 1
            if not found.times:
                self._orders.remove(found)
        return found

    def enter(self, method: str, request: Any, person: Person | None, refusal: str = "") -> None:
        """Log a request."""
        self.asked.append(Asked(method, request, time.time(), person.id if person else 0, refusal))

    def of(self, method: str) -> Sequence[Asked]:
        """The requests of a method, oldest first."""
        return [one for one in self.asked if one.method == method]
