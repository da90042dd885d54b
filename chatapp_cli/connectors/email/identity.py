"""Recognise duplicates: by the Message-ID, which the sender chose, and by the content (RFC 5322 §3.6.4)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from email.message import Message
from typing import NamedTuple

from chatapp_cli.connectors.email.headers import ids
from chatapp_cli.kit.understanding import digest

_TOLD_APART_BY = ("from", "reply-to", "date", "subject")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_DIGEST_LETTERS = 16


class Identity(NamedTuple):
    """What identifies a mail."""

    message_id: str
    """Its Message-ID, by which other mails refer to it; empty without one."""
    own: str
    """Unique to this mail: senders reuse Message-IDs, on purpose or not."""

    @property
    def id_in_dialog(self) -> str:
        """The id under which the dialog has the mail: its Message-ID, if there is one."""
        return self.message_id or self.own


def identity(message: Message, content: bytes) -> Identity:
    """The identity of a mail; unchanged when the server renumbers, copies or redelivers it.

    It is computed from raw bytes only, so that fixes to the decoding do not change it.
    """
    message_id = next(iter(ids(message, "Message-ID")), "")
    if not message_id:
        return Identity("", digest(content))
    return Identity(message_id, f"{message_id}#{_told_apart(message, content)}")


def _told_apart(message: Message, content: bytes) -> str:
    said = hashlib.sha256()
    for line in _fields(message):
        said.update(line.encode("utf-8", "surrogateescape") + b"\n")
    said.update(_HEADER_END.split(content, maxsplit=1)[-1].replace(b"\r\n", b"\n").strip())
    return said.hexdigest()[:_DIGEST_LETTERS]


def _fields(message: Message) -> Iterator[str]:
    """The header fields that no server on the way changes, except for folding."""
    for name, value in message.raw_items():
        if name.lower() in _TOLD_APART_BY:
            yield f"{name.lower()}:{' '.join(str(value).split())}"


def plain_id(ext_id: str) -> str:
    """The Message-ID within a mail's id in the dialog; empty for mails without one."""
    return ext_id[: ext_id.find(">") + 1] if ext_id.startswith("<") else ""


def message_id(key: str, domain: str) -> str:
    """The Message-ID of a mail of ours: our idempotency key at the mailbox's domain."""
    return f"<{key}@{domain}>"


def own_key(ext_id: str, domain: str) -> str:
    """The idempotency key in a Message-ID that has the form of ours; empty for others.

    Some webmails make Message-IDs of the same form, so it alone does not prove that the desk sent a mail.
    """
    return ext_id[1:].partition("@")[0] if is_own_id(ext_id, domain) else ""


def is_own_id(ext_id: str, domain: str) -> bool:
    """Whether this Message-ID has the form of ours."""
    return re.fullmatch(rf"<[0-9a-z]{{32}}@{re.escape(domain)}>", ext_id) is not None
