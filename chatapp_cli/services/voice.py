"""Transcripts of voice messages, written by a command of the company's own."""

from __future__ import annotations

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.journal.messages import VoiceNotTranscribed, VoiceTranscribed
from chatapp_cli.services import transcript
from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.store.tx import Tx

RECENT: Millis = 86_400_000
"""Milliseconds for which voice messages are transcribed automatically, so that a newly set command skips old ones."""
LONGEST = 20_000
"""The longest transcript, in characters."""


def claim(tx: Tx) -> FileRow | None:
    """Claim the newest untried voice message; it is marked, so that a crash does not lead to another try."""
    found = tx.one(FileRow, "voice.unheard", since=tx.now - RECENT)
    if found is not None:
        tx.run("voice.mark", id=found.id, code="transcribing")
    return found


def release(tx: Tx, file: FileRow) -> None:
    """Return a claimed voice message untried."""
    tx.run("voice.mark", id=file.id, code="")


def save_text(tx: Tx, file: FileRow, words: str) -> None:
    """Store a transcript."""
    tx.run("voice.words", id=file.id, words=words[:LONGEST])
    dialog = transcript.message(tx, file.message_id).dialog_id
    event = VoiceTranscribed(channel=file.channel_id, dialog=dialog, message=file.message_id, file=file.id)
    tx.emit(event, actor=PROGRAM)


def give_up(tx: Tx, file: FileRow, code: str) -> None:
    """Record why there is no transcript."""
    tx.run("voice.mark", id=file.id, code=code)
    dialog = transcript.message(tx, file.message_id).dialog_id
    event = VoiceNotTranscribed(
        channel=file.channel_id, dialog=dialog, message=file.message_id, file=file.id, code=code
    )
    tx.emit(event, actor=PROGRAM)
