"""Messages to a channel and its receipts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chatapp_cli.domain.ids import MessageId, Millis

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import ChatKind, FileKind
    from chatapp_cli.domain.invitation import InvitationAnswer
    from chatapp_cli.domain.template import Filled


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """A file in our own store that goes out with a message."""

    path: Path
    name: str
    mime: str
    size: int
    kind: FileKind = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredMail:
    """A mail that came, as an answer to it needs it."""

    author: str
    address: str
    at: Millis
    text: str
    """Empty if the recipient neither wrote the mail nor got it."""
    to: Sequence[str] = ()
    """Its recipients: one of them may be an alias of ours."""
    chosen: bool = False
    """Whether a person chose to answer this one, so that it is quoted whatever the mailbox's option says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """One message on its way out; the same ``key`` on every attempt."""

    message_id: MessageId
    key: str
    """Our idempotency key: 32 letters and digits, globally unique."""
    address: str
    chat_kind: ChatKind = "private"
    title: str = ""
    """The other side's name, for channels that show one."""
    text: str = ""
    subject: str = ""
    buttons: Sequence[str] = ()
    """The buttons below its text; within the limits of the manifest."""
    files: Sequence[LocalFile] = ()
    reply_to: str = ""
    """``ext_id`` of the message that is answered."""
    thread: Sequence[str] = ()
    """``ext_id``s of the dialog's latest messages, oldest first, for channels that thread."""
    automatic: bool = False
    stranger: bool = False
    """The other side never wrote in this dialog."""
    first_name: str = ""
    last_name: str = ""
    """For the account's address book, when writing first (S-056)."""
    template: Filled | None = None
    """The approved template that ``text`` was made from."""
    cc: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """What those in ``cc`` are called, as far as that is known, by their addresses."""
    bcc: Sequence[str] = ()
    signature: str = ""
    """What stands below the text, in channels of mail."""
    invitation: InvitationAnswer | None = None
    """What it answers to an invitation, for programs that keep calendars."""
    forwards: bool = False
    """Whether it passes on another message: then it keeps its subject and answers nothing."""
    typed_subject: bool = False
    """Whether a person gave it its subject, which then goes out as it is."""
    answered: AnsweredMail | None = None
    """The mail that is answered, if the other side is reached by mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The provider's confirmation with its ids, several if the message was split."""

    ids: tuple[str, ...]
    at: Millis | None = None
    """The provider's time, if given."""
    texts: tuple[str, ...] = ()
    """Those of ``ids`` that carry the text, in order; empty: the first one carries all of it."""
