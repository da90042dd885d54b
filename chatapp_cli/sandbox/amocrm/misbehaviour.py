"""What can go wrong at an account, as switches that a test sets at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeVar

Fault = TypeVar("Fault")


@dataclass(slots=True, kw_only=True)
class AmoFaults:
    """Faults to inject.

    Requests are named by path or by method and path, and ``*`` stands for anything: ``/oauth2/access_token``,
    ``POST /api/v4/leads*``, ``/v2/origin/custom/*/chats``.
    """

    lose_before: dict[str, int] = field(default_factory=dict)
    """How many next requests are cut off before they are carried out."""
    lose_after: dict[str, int] = field(default_factory=dict)
    """How many next requests are cut off after they were carried out, so that nobody hears the answer."""
    refuse: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """Status and body with which requests are answered, and nothing is carried out; text is sent as a page."""
    slow: dict[str, float] = field(default_factory=dict)
    """Real seconds between carrying out a request and its answer."""
    html_403: bool = False
    """The front server blocks our address: every request to the account gets a page with 403."""
    payment: bool = False
    """The tariff has ended: 402 for every request of the API."""
    revoked: bool = False
    """The administrator took the access back: neither tokens nor their renewal work."""
    clock_off: float = 0.0
    """Seconds by which the account's clock is ahead of the given one."""
    disable_hooks: bool = False
    """All account hooks are disabled, as after many bad answers; nobody is told."""
    double_hooks: int = 0
    """How many next hooks come twice."""
    drop_hooks: int = 0
    """How many next hooks are lost before anybody is called."""
    trailing_newline: bool = False
    """Whether a chat hook's body ends in a newline that its signature does not cover."""
    dedupe: bool = False
    """Whether a message whose ``msgid`` came before is taken for the same one. Nobody promises that it is (11)."""
    hook_patience: float = 2.0
    """Real seconds that the receiver of an account hook, or of a bot's request, has for its answer (4.9, 6.2)."""
    chat_patience: float = 5.0
    """The same of a chat hook (5.5)."""
    source_left_out: bool = False
    """Whether chat hooks come without ``source``, as those of accounts with a single one do (5.5)."""
    bot_form: bool = False
    """Whether a bot's request comes as a form in place of JSON (6.2)."""
    duplicate_control: bool = False
    """Whether a new contact with a lead is taken for one that has the same phone or address: ``merged`` (4.5)."""
    late_chat_hooks: float = 0.0
    """Seconds on the clock that chat hooks wait, as those of a slow receiver do (C4)."""
    no_webhooks: bool = False
    """The tariff has no webhooks: 403 for a new one (C7)."""
    retry_after: int = 1
    """Seconds that an answer to one request too many asks to wait."""
    limit: float | None = None
    """Requests a second, in place of the account's; see :meth:`limits_to`."""

    def limits_to(self, number: float) -> None:
        """Take this many requests a second from now on."""
        self.limit = number

    def spend(self, which: dict[str, int], method: str, path: str) -> bool:
        """Use up one of the next faults of a request; false if none is left."""
        for name, left in which.items():
            if left > 0 and is_meant(name, method, path):
                which[name] = left - 1
                return True
        return False


def meant(which: Mapping[str, Fault], method: str, path: str) -> Fault | None:
    """What is set for a request."""
    return next((fault for name, fault in which.items() if is_meant(name, method, path)), None)


def is_meant(name: str, method: str, path: str) -> bool:
    """Whether a switch names a request."""
    return fnmatchcase(f"{method} {path}" if " " in name else path, name)
