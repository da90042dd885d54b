"""The text, files and quote that are being written, kept apart from the widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatapp_cli.domain.draft import Draft, StagedFile
    from chatapp_cli.domain.ids import MessageId
    from chatapp_cli.services.transcript import TranscriptEntry


@dataclass(slots=True)
class ComposerState:
    """What is being written in one dialog; it is kept while other dialogs are open."""

    text: str = ""
    subject: str = ""
    files: list[StagedFile] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)
    """What the buttons below it say."""
    reply_to: TranscriptEntry | None = None
    editing: TranscriptEntry | None = None
    """The sent message that the text will replace."""
    cc: str = ""
    """Who else gets it, as it is typed."""
    bcc: str = ""
    beside: Sequence[str] = ()
    """Those of ``cc`` who are in it because the message that is answered is theirs."""
    answers: MessageId | None = None
    """The mail whose recipients were taken into ``cc``; without ``reply_to`` it is the one that is answered."""
    unsigned: bool = False
    """Whether it goes without the signature that the channel puts below messages."""

    def quote(self, entry: TranscriptEntry | None, beside: Sequence[str] = ()) -> None:
        """Answer a message with a copy to ``beside``, or none; who got a copy for an earlier one gets none any more."""
        from chatapp_cli.domain.recipients import as_typed, typed_addresses, typed_names, unique

        self.reply_to, self.answers = entry, None
        if beside or self.beside:
            kept = unique(typed_addresses(self.cc), but=self.beside)
            self.beside = unique(beside, but=kept)
            self.cc = as_typed((*kept, *self.beside), typed_names(self.cc))

    def put_back(self, before: ComposerState) -> None:
        """Put back what was not sent, above what was written since; the quote and edit of the newer text stay."""
        if not (self.text.strip() or self.files):
            self.text, self.reply_to, self.editing = before.text, before.reply_to, before.editing
            self.beside, self.answers, self.unsigned = before.beside, before.answers, before.unsigned
        elif before.text.strip():
            self.text = f"{before.text}\n\n{self.text}"
        self.subject = self.subject or before.subject
        self.cc, self.bcc = self.cc or before.cc, self.bcc or before.bcc
        self.files[:0] = before.files
        self.buttons = self.buttons or list(before.buttons)

    def draft(self) -> Draft:
        """The draft that would be sent."""
        from chatapp_cli.domain.draft import Draft
        from chatapp_cli.domain.recipients import typed_addresses, typed_names

        return Draft(
            text=self.text.strip("\n"),
            subject=self.subject.strip(),
            files=tuple(self.files),
            buttons=tuple(self.buttons),
            reply_to=None if self.reply_to is None else self.reply_to.message.id,
            answers=self.answers if self.reply_to is None and self.cc.strip() else None,
            cc=typed_addresses(self.cc),
            bcc=typed_addresses(self.bcc),
            called=typed_names(self.cc, self.bcc),
        )
