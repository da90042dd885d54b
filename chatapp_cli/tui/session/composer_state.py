"""The text, files and quote that are being written, kept apart from the widgets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatapp_cli.domain.draft import Draft, StagedFile
    from chatapp_cli.services.transcript import TranscriptEntry


@dataclass(slots=True)
class ComposerState:
    """What is being written in one dialog; it is kept while other dialogs are open."""

    text: str = ""
    subject: str = ""
    files: list[StagedFile] = field(default_factory=list)
    reply_to: TranscriptEntry | None = None
    editing: TranscriptEntry | None = None
    """The sent message that the text will replace."""

    def put_back(self, before: ComposerState) -> None:
        """Put back what was not sent, above what was written since; the quote and edit of the newer text stay."""
        if not (self.text.strip() or self.files):
            self.text, self.reply_to, self.editing = before.text, before.reply_to, before.editing
        elif before.text.strip():
            self.text = f"{before.text}\n\n{self.text}"
        self.subject = self.subject or before.subject
        self.files[:0] = before.files

    def draft(self) -> Draft:
        """The draft that would be sent."""
        from chatapp_cli.domain.draft import Draft

        reply = None if self.reply_to is None else self.reply_to.message.id
        return Draft(text=self.text.strip("\n"), subject=self.subject.strip(), files=tuple(self.files), reply_to=reply)
