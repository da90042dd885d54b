"""Drafts of operators, kept between windows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.journal.presence import DraftDropped, DraftKept
from chatapp_cli.services import access
from chatapp_cli.services.dialogs import card
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.draft import Draft


class Unsent(NamedTuple):
    """A draft, and the sent message that it edits, if any."""

    draft: Draft
    edits: MessageId | None = None

    @property
    def empty(self) -> bool:
        """Whether the draft is empty."""
        draft = self.draft
        return not (draft.text.strip() or draft.files or draft.cc or draft.bcc)


def save(tx: Tx, dialog: DialogId, unsent: Unsent) -> None:
    """Store the acting operator's draft; an empty one is deleted."""
    access.require(tx, Right.DRAFTS)
    if unsent.empty:
        delete(tx, dialog)
        return
    draft = unsent.draft
    limits.DRAFT.require(draft.text, field="text")
    limits.SUBJECT.require(draft.subject, field="subject")
    sheet = {
        "text": draft.text,
        "subject": draft.subject,
        "files": [asdict(file) for file in draft.files],
        "reply_to": draft.reply_to,
        "answers": draft.answers,
        "edits": unsent.edits,
        "cc": list(draft.cc),
        "bcc": list(draft.bcc),
        "buttons": list(draft.buttons),
        "called": [list(one) for one in draft.called],
    }
    kept = json.dumps(sheet, ensure_ascii=False)
    if tx.run("drafts.keep", operator=tx.name, dialog=card(tx, dialog).id, sheet=kept, at=tx.now):
        tx.emit(DraftKept(dialog=dialog))


def delete(tx: Tx, dialog: DialogId) -> None:
    """Delete a draft: it was sent or discarded."""
    access.require(tx, Right.DRAFTS)
    if tx.run("drafts.drop", operator=tx.name, dialog=card(tx, dialog).id):
        tx.emit(DraftDropped(dialog=dialog))


def of(tx: Tx, dialog: DialogId) -> Unsent | None:
    """The acting operator's draft in a dialog."""
    kept = tx.value("drafts.one", operator=tx.name, dialog=dialog)
    if kept is None:
        return None
    from chatapp_cli.domain.draft import Draft, StagedFile
    from chatapp_cli.domain.recipients import NamedAddress

    sheet = json.loads(kept)
    files = tuple(StagedFile(**file) for file in sheet["files"])
    draft = Draft(
        text=sheet["text"],
        subject=sheet["subject"],
        files=files,
        reply_to=sheet["reply_to"],
        answers=sheet.get("answers"),  # drafts of earlier versions have neither this nor copies
        cc=tuple(sheet.get("cc", ())),
        bcc=tuple(sheet.get("bcc", ())),
        buttons=tuple(sheet.get("buttons", ())),
        called=tuple(NamedAddress(*one) for one in sheet.get("called", ())),
    )
    return Unsent(draft, sheet["edits"])


def everywhere(tx: Tx) -> Sequence[DialogId]:
    """The dialogs in which the acting operator has a draft, newest first."""
    return tx.all(DialogId, "drafts.everywhere", operator=tx.name)
