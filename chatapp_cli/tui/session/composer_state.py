"""What is being written, apart from the panes in which that is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatapp_cli.domain.draft import Draft, StagedFile
    from chatapp_cli.services.transcript import TranscriptEntry


@dataclass(slots=True)
class ComposerState:
    """What is being written to one dialog; kept while other dialogs are looked at."""

    text: str = ""
    subject: str = ""
    files: list[StagedFile] = field(default_factory=list)
    reply_to: TranscriptEntry | None = None
    editing: TranscriptEntry | None = None
    """The sent message that the text is to replace."""

    def put_back(self, before: ComposerState) -> None:
        """Have again what did not go, above what was begun since; an answer or a change goes with its own text."""
        if not (self.text.strip() or self.files):
            self.text, self.reply_to, self.editing = before.text, before.reply_to, before.editing
        elif before.text.strip():
            self.text = f"{before.text}\n\n{self.text}"
        self.subject = self.subject or before.subject
        self.files[:0] = before.files

    def draft(self) -> Draft:
        """What would be sent."""
        from chatapp_cli.domain.draft import Draft

        reply = None if self.reply_to is None else self.reply_to.message.id
        return Draft(text=self.text.strip("\n"), subject=self.subject.strip(), files=tuple(self.files), reply_to=reply)
