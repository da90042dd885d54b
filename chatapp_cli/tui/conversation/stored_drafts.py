"""Converts between the composer's state and the draft that the store keeps."""

from __future__ import annotations

from dataclasses import replace

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.recipients import as_typed
from chatapp_cli.services import drafts, transcript
from chatapp_cli.services.drafts import Unsent
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.session.composer_state import ComposerState


def unsent(state: ComposerState) -> Unsent:
    """The draft to store."""
    draft = replace(state.draft(), text=state.text, subject=state.subject)
    return Unsent(draft, None if state.editing is None else state.editing.message.id)


def state_of(tx: Tx, dialog: DialogId) -> ComposerState:
    """The state from the stored draft, empty if there is none; deleted messages are no longer quoted or edited."""
    stored = drafts.of(tx, dialog)
    if stored is None:
        return ComposerState()
    draft = stored.draft
    return ComposerState(
        text=draft.text,
        subject=draft.subject,
        files=list(draft.files),
        buttons=list(draft.buttons),
        reply_to=_entry(tx, draft.reply_to),
        editing=_entry(tx, stored.edits),
        cc=as_typed(draft.cc, draft.called),
        bcc=as_typed(draft.bcc, draft.called),
        answers=draft.answers,
    )


def _entry(tx: Tx, message: MessageId | None) -> TranscriptEntry | None:
    try:
        return None if message is None else transcript.entry(tx, message)
    except NotFound:
        return None
