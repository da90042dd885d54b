"""Messages to a channel and its receipts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chatapp_cli.domain.arrival import ChatKind, FileKind
from chatapp_cli.domain.ids import MessageId, Millis
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The provider's confirmation with its ids, several if the message was split."""

    ids: tuple[str, ...]
    at: Millis | None = None
    """The provider's time, if given."""
    texts: tuple[str, ...] = ()
    """Those of ``ids`` that carry the text, in order; empty: the first one carries all of it."""
