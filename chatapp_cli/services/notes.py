"""Notes of operators in a dialog: never shown to a client and never sent by a channel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import DialogId, MessageId, Millis
from chatapp_cli.domain.journal.dialogs import NoteWritten
from chatapp_cli.domain.message import State
from chatapp_cli.domain.text import T
from chatapp_cli.services import access
from chatapp_cli.services.dialogs import card
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.store.rows.dialogs import NoteRow
from chatapp_cli.store.rows.messages import CallRow, MessageRow
from chatapp_cli.store.tx import Tx

NOTE: Final = "note"
"""The direction of a note among messages."""
EVER: Millis = 1 << 62
RECENT = 7 * 86_400_000
"""Milliseconds for which a mention is shown."""


def add(tx: Tx, dialog: DialogId, text: str) -> int:
    """Write a note; operators mentioned after an @ are notified."""
    access.require(tx, Right.NOTE)
    if not text.strip():
        raise UsageError(T("A note needs a text."), field="text")
    limits.NOTE.require(text, field="text")
    number: int = tx.insert("notes.add", dialog=card(tx, dialog).id, author=tx.name, text=text.strip(), now=tx.now)
    tx.emit(NoteWritten(dialog=dialog, note=number))
    return number


def between(tx: Tx, dialog: DialogId, since: Millis = 0, until: Millis = EVER) -> list[NoteRow]:
    """The notes of a period, oldest first, without ``until`` itself."""
    return tx.all(NoteRow, "notes.between", dialog=dialog, since=since, until=until)


def calling(tx: Tx) -> list[CallRow]:
    """Notes of the last week that mention the acting operator, who has not written one there since; newest first."""
    found = tx.all(CallRow, "notes.calling", since=tx.now - RECENT, me=tx.name)
    return [row for row in found if mentions(row.text, tx.name)]


def mentions(text: str, name: str) -> bool:
    """Whether a text has ``@name`` as a whole word, ignoring case."""
    return re.search(rf"(?<!\w)@{re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def among(
    tx: Tx, dialog: DialogId, entries: Sequence[TranscriptEntry], *, complete: bool, until: Millis = EVER
) -> list[TranscriptEntry]:
    """A part of a conversation with its notes inserted by time."""
    since = 0 if complete or not entries else entries[0].message.at
    noted = [as_entry(row) for row in between(tx, dialog, since, until)]
    return sorted([*entries, *noted], key=lambda entry: (entry.message.at, entry.message.id))


def as_entry(row: NoteRow) -> TranscriptEntry:
    """A note as a transcript entry; its negative number cannot be a message's."""
    return TranscriptEntry(
        MessageRow(
            id=MessageId(-row.id),
            dialog_id=row.dialog_id,
            direction=NOTE,
            origin=NOTE,
            author=row.author,
            ext_id=None,
            key=None,
            state=State.RECEIVED,
            code="",
            detail="",
            text=row.text,
            subject="",
            reply_to="",
            album="",
            at=row.at,
            stored_at=row.at,
            edited_at=None,
            deleted_at=None,
        )
    )
