"""Events of clients' contacts."""

from __future__ import annotations

from typing import ClassVar

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.base import Audience, JournalEvent
from chatapp_cli.domain.text import T, Text


class ContactEvent(JournalEvent):
    """Something was said about a contact; the contact's dialogs have events of their own for whoever sees them."""

    audience: ClassVar[Audience] = Audience.ALL_LINES
    contact: int


class ContactChanged(JournalEvent):
    """What is known of a client changed: one event for each field, in the latest dialog of the contact on each line.

    It never has the value, before or after: the journal is kept longer than people may want to be known.
    """

    topic: ClassVar[str] = "contact.changed"
    words: ClassVar[Text] = T("Another {field} of the client is known")
    dialog: DialogId
    contact: int
    field: str
    """``name``, ``phone``, ``email`` or ``username``."""


class ContactChainChanged(ContactEvent):
    """A contact's chain of channels changed."""

    topic: ClassVar[str] = "contact.chain"
    words: ClassVar[Text] = T("Chain of contact {contact}: {chain}")
    chain: str


class ContactMerged(ContactEvent):
    """A contact was merged into another, which represents both."""

    topic: ClassVar[str] = "contact.merged"
    words: ClassVar[Text] = T("Contact {contact} is the same person as contact {into}")
    into: int


class ContactParted(ContactEvent):
    """A merged contact was separated again."""

    topic: ClassVar[str] = "contact.parted"
    words: ClassVar[Text] = T("Contact {contact} is separate from contact {kept} again")
    kept: int


class ContactsCompared(ContactEvent):
    """An operator said whether two contacts are one person."""

    topic: ClassVar[str] = "contact.apart"
    words: ClassVar[Text] = T("Contacts {contact} and {other}: decided whether they are one person")
    other: int
