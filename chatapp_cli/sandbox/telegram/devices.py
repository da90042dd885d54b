"""Devices, logged in or not yet, and their live sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from chatapp_cli.sandbox.telegram.letters import Person


class Session(Protocol):
    """A device's connection."""

    def push(self, updates: Any) -> None:
        """Push an update."""
        ...

    def cut(self) -> None:
        """Disconnect."""
        ...


@dataclass(eq=False, slots=True)
class Authorisation:
    """A device: its key and its logged-in person."""

    key: Any = field(repr=False)
    salt: int
    person: Person | None = None
    awaits_password: Person | None = None
    revoked: str = ""
    """The refusal of all requests; empty for none."""
    known_users: set[int] = field(default_factory=set)
    """Users known to this device."""
    known_chats: set[int] = field(default_factory=set)
    sessions: list[Session] = field(default_factory=list)
    model: str = ""
    """Its model name."""
    api_id: int = 0

    def show(self, shown: Any) -> None:
        """Record the peers in an answer or update as known to the device."""
        self.known_users.update(user.id for user in getattr(shown, "users", None) or ())
        self.known_chats.update(chat.id for chat in getattr(shown, "chats", None) or ())

    def push(self, updates: Any) -> None:
        """To every session of this device."""
        for session in list(self.sessions):
            session.push(updates)
