"""The interface to the person who binds a channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.ports.memory import Memory, ShortMemory


class Asker(Protocol):
    """Asks questions by a prompt, a form in the window, an answers file or a test."""

    async def form(self, form: Form) -> Mapping[str, str]:
        """Ask and return the answers by field name.

        Raises UsageError if an answer is missing or was refused and nobody can be asked.
        """
        ...

    async def show(self, notice: Notice) -> None:
        """Show a QR code, a link or a text and return at once; the next notice replaces it."""
        ...

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        """Send the person to a page and return the parameters it came back with."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Everything that a channel needs to start; stored with the secrets encrypted."""

    account: str
    """Our identity at the provider; an account can be bound only once per store."""
    title: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    facts: Mapping[str, str] = field(default_factory=dict)
    """Shown to a person, such as the bot's link: label in English, value."""
    capabilities: Mapping[str, int] = field(default_factory=dict)
    """Limits that differ from the manifest's for this account, by field name."""
    hook_key: str = ""
    """Last part of the channel's webhook address ``/hooks/<hook_key>``, unguessable; kept on a rebind."""
    cursor: str | None = None
    """Where reading starts; ``None`` on a rebind keeps the stored cursor."""
    memory: Memory = field(default_factory=ShortMemory, repr=False, compare=False)
    """The memory of this binding's sessions; it is kept on a rebind."""
