"""The messages of several dialogs as one conversation, page by page, ordered by time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.services import transcript
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx


def latest(tx: Tx, dialogs: Sequence[DialogId], *, n: int = 50) -> list[TranscriptEntry]:
    """The last messages, oldest first; each dialog is read separately, up to the page size, to use its index."""
    return _in_order(transcript.latest(tx, one, n=n) for one in dialogs)[-n:]


def before(tx: Tx, dialogs: Sequence[DialogId], first: MessageRow, *, n: int = 50) -> list[TranscriptEntry]:
    """The messages before one, oldest first."""
    return _in_order(transcript.before(tx, one, first, n=n) for one in dialogs)[-n:]


def since(tx: Tx, dialogs: Sequence[DialogId], first: MessageRow, *, n: int = 50) -> list[TranscriptEntry]:
    """A message and those after it, oldest first."""
    return _in_order(transcript.since(tx, one, first, n=n) for one in dialogs)[:n]


def _in_order(parts: Iterable[Sequence[TranscriptEntry]]) -> list[TranscriptEntry]:
    return sorted(chain.from_iterable(parts), key=lambda entry: (entry.message.at, entry.message.id))
