"""What operators say about clients."""

from __future__ import annotations

from typing import ClassVar

from chatapp_cli.domain.journal.base import Hears, JournalEvent


class ContactEvent(JournalEvent):
    """Something was said about a contact."""

    hears: ClassVar[Hears] = Hears.EVERYBODY
    contact: int


class ContactChainChanged(ContactEvent):
    """A contact's channels are tried in another order."""

    topic: ClassVar[str] = "contact.chain"
    chain: str


class ContactMerged(ContactEvent):
    """A contact is the same person as another, which stands for both."""

    topic: ClassVar[str] = "contact.merged"
    into: int


class ContactParted(ContactEvent):
    """A contact is a person of its own again."""

    topic: ClassVar[str] = "contact.parted"
    kept: int


class ContactsCompared(ContactEvent):
    """Somebody said whether two contacts are one person."""

    topic: ClassVar[str] = "contact.apart"
    other: int
