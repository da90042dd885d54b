"""The messages of a conversation that are loaded, and which of them are meant."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.ids import MessageId
from chatapp_cli.services import notes
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.tui.reading.conversations import NOTHING, TranscriptPage


class LoadedMessages:
    """A part of a conversation, oldest first; it grows at both ends."""

    def __init__(self, page: TranscriptPage = NOTHING, chosen: MessageId | None = None) -> None:
        self.entries = list(page.entries)
        self.quotes = dict(page.quotes)
        self.complete, self.ended = page.complete, page.ended
        self.chosen = chosen
        """The message that was put the choice on last."""
        self.together: set[MessageId] = set()
        """Those that were chosen together."""
        self._asked_older = self._asked_newer = False

    # What is meant

    @property
    def at(self) -> int:
        """The place of the message that actions are about: the chosen one, otherwise the last; -1 without any."""
        found = (n for n, entry in enumerate(self.entries) if entry.message.id == self.chosen)
        return next(found, len(self.entries) - 1)

    @property
    def selected(self) -> TranscriptEntry | None:
        """That message."""
        return self.entries[self.at] if self.entries else None

    @property
    def picked(self) -> list[TranscriptEntry]:
        """The messages that were chosen together, oldest first."""
        return [entry for entry in self.entries if entry.message.id in self.together]

    def said_from(self, at: int) -> MessageId | None:
        """The first message from a place on that is no note."""
        said = (entry.message for entry in self.entries[max(0, at) :] if entry.message.direction != notes.NOTE)
        return next((message.id for message in said), None)

    # What comes and goes

    def asks_older(self) -> bool:
        """Whether older ones have to be asked for: true once, until they are here."""
        asks = not self.complete and not self._asked_older
        self._asked_older = self._asked_older or asks
        return asks

    def asks_newer(self) -> bool:
        """Whether newer ones have to be asked for: true once, until they are here."""
        asks = not self.ended and not self._asked_newer
        self._asked_newer = self._asked_newer or asks
        return asks

    def prepend(self, page: TranscriptPage) -> None:
        """Take older ones."""
        self.complete, self._asked_older = page.complete, False
        self.entries[:0] = page.entries
        self.quotes.update(page.quotes)

    def append(self, page: TranscriptPage) -> None:
        """Take newer ones; those that are there already stay as they are."""
        self.ended, self._asked_newer = page.ended, False
        known = {entry.message.id for entry in self.entries}
        self.entries += [entry for entry in page.entries if entry.message.id not in known]
        self.quotes.update(page.quotes)

    def take(self, changed: Sequence[TranscriptEntry], gone: set[MessageId]) -> list[TranscriptEntry]:
        """Take in news; returns what comes after the end that is not loaded, and is left out."""
        fresh = {entry.message.id: entry for entry in changed}
        oldest = self.entries[0].message if self.entries and not self.complete else None
        kept = [fresh.pop(e.message.id, e) for e in self.entries if e.message.id not in gone]
        new = [e for e in fresh.values() if oldest is None or e.message.at >= oldest.at]
        left_out = [] if self.ended else new
        taken = new if self.ended else []
        self.entries = sorted([*kept, *taken], key=lambda e: (e.message.at, e.message.id))
        return left_out
