"""The content of a message, and whether a channel can carry it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chatapp_cli.domain import buttons, limits
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.manifest import NoCapabilities
from chatapp_cli.domain.recipients import MOST_COPIES, NamedAddress, is_address
from chatapp_cli.domain.segments import MOST, segments
from chatapp_cli.domain.text import T

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import ChatKind, FileKind
    from chatapp_cli.domain.invitation import InvitationAnswer
    from chatapp_cli.domain.manifest import Capabilities
    from chatapp_cli.domain.template import Filled

MEGABYTE = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedFile:
    """A file that already lies in our own store under its hash."""

    name: str
    mime: str
    size: int
    sha256: str
    kind: FileKind = "document"
    inode: int = field(default=0, compare=False)
    """Of a file that was added to the store for this draft and is removed again if unused; otherwise 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message before it is accepted."""

    text: str = ""
    subject: str = ""
    files: Sequence[StagedFile] = ()
    buttons: Sequence[str] = ()
    """The buttons below the text."""
    listed: bool = False
    """Whether ``text`` ends with them as a numbered list: the channel does not carry them."""
    reply_to: MessageId | None = None
    template: Filled | None = None
    """The approved template that ``text`` was made from."""
    first_name: str = ""
    last_name: str = ""
    """The client's name for the account's address book, when writing first (S-056)."""
    cc: Sequence[str] = ()
    """Further addresses that get a copy, and see each other; only for channels of mail."""
    bcc: Sequence[str] = ()
    """Further addresses that get a copy, seen by nobody."""
    called: Sequence[NamedAddress] = ()
    """Those of ``cc`` and ``bcc`` that a person named."""
    signature: str = ""
    """What a mail has below its text, filled in; ``composing`` sets it."""
    invitation: InvitationAnswer | None = None
    """What a mail answers to an invitation, beside its text."""
    forwards: bool = False
    """Whether it passes on another message, so that it answers none."""
    inherits_subject: bool = False
    """Whether nobody gave it its subject: it is that of an earlier message."""
    answers: MessageId | None = None
    """The mail that it answers, quoted only where the mailbox says so; ``None``: the last one when it goes out."""

    @property
    def typed_subject(self) -> bool:
        """Whether a person gave it a subject of its own."""
        return bool(self.subject) and not self.inherits_subject


def laid_out(can: Capabilities, draft: Draft, *, chat: ChatKind = "private", address: str = "") -> Draft:
    """The draft with its buttons as a chat of a channel shows them: below the text, or listed in it by numbers."""
    if not draft.buttons or draft.listed or draft.template or not draft.text.strip():
        return draft
    in_public = bool(can.comments) and re.fullmatch(can.comments, address) is not None
    if chat in can.buttons.chats and not in_public and can.buttons.carry(draft.text, draft.buttons):
        return draft
    return replace(draft, text=buttons.listed(draft.text, draft.buttons), listed=True)


def require_deliverable(can: Capabilities, draft: Draft) -> None:
    """Raise Refused, with the reason, for a draft that the channel could not deliver."""
    if isinstance(can, NoCapabilities):
        raise not_installed()
    _require_buttons(draft)
    draft = laid_out(can, draft)
    if not draft.text.strip() and not draft.files:
        raise Refused("empty", T("There is nothing to send."), T("Write a text or add a file."))
    if draft.subject and not can.subject:
        raise Refused("no_subject", T("This channel has no subjects."), T("Leave the subject out."))
    if (why := limits.SUBJECT.why_not(draft.subject)) is not None:
        raise Refused("subject_too_long", why, limits.SUBJECT.next_step)
    if draft.reply_to and not can.replies:
        raise Refused("no_replies", T("This channel cannot quote a message."), T("Send it without the quote."))
    _require_copies(can, [*draft.cc, *draft.bcc])
    if draft.template and not can.templates:
        raise Refused("no_templates", T("This channel has no templates."), T("Write the text itself."))
    if draft.template and draft.files:
        raise Refused("template_alone", T("A template goes without files."), T("Send the files after it."))
    limit = can.max_text
    if len(draft.text) > limit:
        raise Refused(
            "text_too_long",
            T("The text has {n} characters; this channel takes {limit}.", n=len(draft.text), limit=limit),
            T("Shorten it, split it, or send it as a file."),
        )
    if can.segments:
        _require_parts(draft.text)
    require_files(can, draft.files)


def _require_buttons(draft: Draft) -> None:
    if draft.buttons and draft.template:
        raise Refused("buttons_in_template", T("A template goes without buttons of ours."), T("Leave them out."))
    if draft.buttons and not draft.text.strip():
        raise Refused("bare_buttons", T("Buttons need a text above them."), T("Write what they answer."))


def _require_copies(can: Capabilities, copies: Sequence[str]) -> None:
    if copies and not can.copies:
        raise no_copies()
    if len(copies) > MOST_COPIES:
        raise too_many_copies(len(copies))
    wrong = next((address for address in copies if not is_address(address)), None)
    if wrong is not None:
        raise Refused(
            "bad_copy", T("{address} is no e-mail address.", address=wrong), T("Correct it, or leave it out.")
        )


def too_many_copies(n: int) -> Refused:
    """One mail does not go to so many."""
    return Refused(
        "too_many_copies",
        T("{n} copies are too many; one mail has {limit} at most.", n=n, limit=MOST_COPIES),
        T("Leave some addresses out, or write a second mail."),
    )


def no_copies() -> Refused:
    """The channel has neither Cc nor Bcc."""
    return Refused("no_copies", T("This channel sends no copies."), T("Write to the others one by one."))


def not_installed() -> Refused:
    """The package of the channel was uninstalled."""
    return Refused("not_installed", *NOT_INSTALLED)


NOT_INSTALLED = (
    T("The package of this kind of channel is not installed."),
    T("Install it again and restart the daemon, or unbind the channel."),
)


def _require_parts(text: str) -> None:
    parts = segments(text).parts
    if parts > MOST:
        raise Refused(
            "too_many_parts",
            T("The text takes {n} short messages; at most {limit} are joined to one.", n=parts, limit=MOST),
            T("Shorten it, or split it."),
        )


def require_files(can: Capabilities, files: Sequence[StagedFile]) -> None:
    """Raise Refused, with the reason, for files that the channel could not carry."""
    if files and not can.max_upload:
        raise Refused("no_files", T("This channel carries no files."), T("Send a link instead."))
    if len(files) > can.max_files:
        raise Refused(
            "too_many_files",
            T("{n} files are too many; this channel takes {limit} in one message.", n=len(files), limit=can.max_files),
            T("Send them in several messages."),
        )
    for file in files:
        if can.upload_types and file.mime not in can.upload_types:
            raise Refused(
                "file_type",
                T("{name} is of a type that this channel does not carry.", name=file.name),
                T("It takes: {types}", types=", ".join(can.upload_types)),
            )
        if file.size > can.max_upload:
            raise too_big(file.name, file.size, can.max_upload)


def too_big(name: str, size: int, limit: int) -> Refused:
    """A file of more bytes than a channel takes."""
    return Refused(
        "file_too_big",
        T(
            "{name} has {size} MB; this channel takes {limit} MB.",
            name=name,
            size=round(size / MEGABYTE, 1),
            limit=limit // MEGABYTE,
        ),
        T("Send a link, or use another channel."),
    )
