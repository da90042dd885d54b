"""What we ask of a channel, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chatapp_cli.domain.event import ChatKind, FileKind
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
    """Our idempotency key: 32 letters and digits, unique for ever."""
    address: str
    chat_kind: ChatKind = "private"
    title: str = ""
    """The other side's name, where a channel shows one."""
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
    """For the address book of the account, where somebody is written to first (S-056)."""
    template: Filled | None = None
    """The approved template that ``text`` was made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The provider took it: the ids it gave, several when the message was split."""

    ids: tuple[str, ...]
    at: Millis | None = None
    """The provider's time, if it told one."""
    texts: tuple[str, ...] = ()
    """Those of ``ids`` that bear the text, in its order; empty: the first one bears all of it."""
