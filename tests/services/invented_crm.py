"""A CRM that takes everything as often as it comes, and what a model knows of the messages that it is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from chatapp_cli.domain.crm.entry import LedgerEntry
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.store.rows.crm import EntryRow
from tests.services.paired import Paired


@dataclass
class Said:
    """What the model knows of a message."""

    who: str
    text: str
    ext_id: str = ""
    written_in: int | None = None
    """The CRM that it came from."""
    deleted: bool = False
    went: int = 0
    """How often it reached the client."""


@dataclass
class Shown:
    """A message in a CRM."""

    text: str
    deleted: bool = False


@dataclass
class InventedCrm:
    """What one CRM was told. It takes everything as often as it comes, and looks only where it is sent."""

    desk: Paired
    active: bool = True
    after: int = 0
    """The last message that was there before the pairing."""
    shown: dict[tuple[str, str], Shown] = field(default_factory=dict)
    """By chat and key."""
    taken: Counter[str] = field(default_factory=Counter)
    heard: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What it was told of its own messages: act and its id."""
    order: dict[str, list[int]] = field(default_factory=dict)
    """The entries that it took, by client."""
    owed: set[MessageId] = field(default_factory=set)
    """What it has, or must still be told of."""
    given_up: set[MessageId] = field(default_factory=set)
    """What it refused, in whole or in part, or of which nobody knows whether it has it."""
    unordered: set[int] = field(default_factory=set)
    """Entries that a person had told again, or of two dialogs that became one: those are out of order."""

    def take(self, row: EntryRow, entry: LedgerEntry, who: str) -> None:
        """Show it."""
        if row.id not in self.unordered:
            self.order.setdefault(who, []).append(row.id)
        place = entry.chat.id, entry.key
        if entry.act is Act.ADD:
            self.taken[entry.key] += 1
            self.shown[place] = Shown(entry.text)
        elif entry.act is Act.EDIT:
            self.shown[place].text = entry.text
        elif entry.act is Act.DELETE:
            self.shown[place].deleted = True
        else:
            self.heard[entry.act, entry.remote] += 1

    def has(self, entry: LedgerEntry) -> bool:
        """Whether it finds a message where it is told to look."""
        return entry.act is Act.ADD and (entry.chat.id, entry.key) in self.shown


@dataclass
class Telling:
    """An entry on its way."""

    crm: InventedCrm
    row: EntryRow
    entry: LedgerEntry | None
    """As it was when it was claimed; ``None`` if there was nothing to tell any more."""
    given_up: bool = False
    """Whether its pairing ended meanwhile."""
