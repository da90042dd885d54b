"""The loaded messages of a conversation, and which of them actions are for."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.ids import MessageId
from chatapp_cli.services import notes
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.tui.reading.conversations import NOTHING, TranscriptPage


class LoadedMessages:
    """The loaded part of a conversation, oldest first; it grows at both ends."""

    def __init__(self, page: TranscriptPage = NOTHING, chosen: MessageId | None = None) -> None:
        self.entries = list(page.entries)
        self.quotes = dict(page.quotes)
        self.complete, self.ended = page.complete, page.ended
        self.chosen = chosen
        """The message under the cursor, once there was one."""
        self.picked_ids: set[MessageId] = set()
        """The messages that were picked."""
        self._asked_older = self._asked_newer = False

    # Chosen messages

    @property
    def at(self) -> int:
        """The index of the message that actions are for: the chosen one, else the last; -1 if none is loaded."""
        return self.index(self.chosen)

    def index(self, message: MessageId | None) -> int:
        """The index of a message; of the last one if it is not loaded."""
        found = (n for n, entry in enumerate(self.entries) if entry.message.id == message)
        return next(found, len(self.entries) - 1)

    @property
    def selected(self) -> TranscriptEntry | None:
        """The message that actions are for."""
        return self.entries[self.at] if self.entries else None

    @property
    def picked(self) -> list[TranscriptEntry]:
        """The picked messages, oldest first."""
        return [entry for entry in self.entries if entry.message.id in self.picked_ids]

    def message_from(self, at: int) -> MessageId | None:
        """The first message at or after an index that is not a note."""
        messages = (entry.message for entry in self.entries[max(0, at) :] if entry.message.direction != notes.NOTE)
        return next((message.id for message in messages), None)

    # Changes

    def ask_older_once(self) -> bool:
        """Ask for older messages; false if there are none, or until those asked for are loaded."""
        asks = not self.complete and not self._asked_older
        self._asked_older = self._asked_older or asks
        return asks

    def ask_newer_once(self) -> bool:
        """Ask for newer messages; false if there are none, or until those asked for are loaded."""
        asks = not self.ended and not self._asked_newer
        self._asked_newer = self._asked_newer or asks
        return asks

    def prepend(self, page: TranscriptPage) -> None:
        """Add older messages."""
        self.complete, self._asked_older = page.complete, False
        self.entries[:0] = page.entries
        self.quotes.update(page.quotes)

    def append(self, page: TranscriptPage) -> None:
        """Add newer messages; those that are loaded already stay as they are."""
        self.ended, self._asked_newer = page.ended, False
        known = {entry.message.id for entry in self.entries}
        self.entries += [entry for entry in page.entries if entry.message.id not in known]
        self.quotes.update(page.quotes)

    def take(self, changed: Sequence[TranscriptEntry], gone: set[MessageId]) -> list[TranscriptEntry]:
        """Update, add and remove messages. Returns new ones that were left out because the end is not loaded."""
        fresh = {entry.message.id: entry for entry in changed}
        oldest = self.entries[0].message if self.entries and not self.complete else None
        kept = [fresh.pop(e.message.id, e) for e in self.entries if e.message.id not in gone]
        new = [e for e in fresh.values() if oldest is None or e.message.at >= oldest.at]
        left_out = [] if self.ended else new
        taken = new if self.ended else []
        self.entries = sorted([*kept, *taken], key=lambda e: (e.message.at, e.message.id))
        return left_out
