"""What a test orders from the server: refusals, silence, and an account of what was asked."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chatapp_cli.sandbox.telegram.letters import Person

SILENCE: Final = "(silence)"
"""Stands for a refusal where nothing was answered at all."""


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
    """Whose device it was; 0 before a login."""
    refusal: str
    """Empty if it was done and said so."""


@dataclass(slots=True)
class Order:
    """What the next requests of a method get instead of an answer."""

    method: str
    refusal: str = ""
    """A name of Telegram's list; empty: no answer at all."""
    times: int = 1
    done: bool = False
    """The request is carried out before the client is left without an answer."""
    cut: bool = True
    """Silence ends with the connection."""
    garbled: Any = None
    """The request is carried out, and this is the answer."""


class Ledger:
    """Orders that are open, and requests that were received."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.mistakes: list[Exception] = []
        """What went wrong in the sandbox itself."""
        self._orders: list[Order] = []

    def order(self, order: Order) -> None:
        """From now on, as often as it says."""
        self._orders.append(order)

    def forget_orders(self) -> None:
        """Answer everything again."""
        self._orders.clear()

    def due(self, method: str) -> Order | None:
        """The order that this request falls under."""
        found = next((one for one in self._orders if one.method in {method, "*"}), None)
        if found:
            found.times -= 1
            if not found.times:
                self._orders.remove(found)
        return found

    def enter(self, method: str, request: Any, person: Person | None, refusal: str = "") -> None:
        """Write a request down."""
        self.asked.append(Asked(method, request, time.time(), person.id if person else 0, refusal))

    def of(self, method: str) -> Sequence[Asked]:
        """The requests of a method, oldest first."""
        return [one for one in self.asked if one.method == method]
