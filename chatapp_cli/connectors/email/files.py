"""The files of a mail as files for the desk."""

from __future__ import annotations

import mimetypes
from email.message import Message
from typing import TYPE_CHECKING

from chatapp_cli.connectors.email.file_names import clean_name, name
from chatapp_cli.connectors.email.headers import words
from chatapp_cli.connectors.email.texts import payload
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import FileKind, IncomingFile

if TYPE_CHECKING:
    from chatapp_cli.connectors.email.tnef import Hidden

_KINDS: dict[str, FileKind] = {"image": "photo", "video": "video", "audio": "audio"}
_UNKNOWN = "application/octet-stream"


def file(part: Message) -> IncomingFile:
    """A part as a file."""
    is_mail = part.get_content_maintype() == "message" and part.is_multipart()
    return _file(name(part), part.get_content_type(), _mail(part) if is_mail else payload(part))


def hidden_file(found: Hidden) -> IncomingFile:
    """A file out of a winmail.dat."""
    named = clean_name(found.name) or "file.bin"
    return _file(named, mimetypes.guess_type(named)[0] or _UNKNOWN, found.content)


def _file(said: str, mime: str, content: bytes) -> IncomingFile:
    return IncomingFile(
        kind=_KINDS.get(mime.partition("/")[0], "document"),
        name=border.file_name(said),
        mime=border.name(mime),
        size=border.count(len(content)),
        content=content,
    )


def _mail(part: Message) -> bytes:
    """The bytes of an attached mail, also of one that is encoded against the rules."""
    found = b"".join(inner.as_bytes() for inner in part.get_payload() if isinstance(inner, Message))
    if words(part, "Content-Transfer-Encoding").lower() != "base64":
        return found
    encoded = Message()
    encoded["Content-Transfer-Encoding"] = "base64"
    encoded.set_payload(found.decode("ascii", "surrogateescape").strip())
    return payload(encoded) or found
