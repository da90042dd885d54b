"""Devices that are logged in, or about to be, and their live sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from chatapp_cli.sandbox.telegram.letters import Person


class Session(Protocol):
    """A device's connection."""

    def push(self, updates: Any) -> None:
        """Send what nobody asked for."""
        ...

    def cut(self) -> None:
        """Hang up."""
        ...


@dataclass(eq=False, slots=True)
class Authorisation:
    """A device: its key, and who is logged in there."""

    key: Any = field(repr=False)
    salt: int
    person: Person | None = None
    awaits_password: Person | None = None
    revoked: str = ""
    """The name of the refusal that everything gets."""
    known_users: set[int] = field(default_factory=set)
    """Whom this device was shown."""
    known_chats: set[int] = field(default_factory=set)
    sessions: list[Session] = field(default_factory=list)
    model: str = ""
    """What it calls itself."""
    api_id: int = 0

    def show(self, shown: Any) -> None:
        """Remember everybody whom this answer or update shows."""
        self.known_users.update(user.id for user in getattr(shown, "users", None) or ())
        self.known_chats.update(chat.id for chat in getattr(shown, "chats", None) or ())

    def push(self, updates: Any) -> None:
        """To every session of this device."""
        for session in list(self.sessions):
            session.push(updates)
