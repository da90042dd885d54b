"""The tree of a mail's parts (RFC 2046 §5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email.message import Message
from typing import Final

RETURNED: Final = frozenset(
    {
        "message/rfc822",
        "message/rfc822-headers",
        "message/global",
        "message/global-headers",
        "text/rfc822-headers",
    }
)
"""The types of a mail, or its header, that a report returns (RFC 3464 §2, RFC 6533 §4)."""


def is_leaf(part: Message) -> bool:
    """Whether a part has no parts; those of an attached mail are its own."""
    return not part.is_multipart() or part.get_content_maintype() == "message"


def children(part: Message) -> Sequence[Message]:
    """The parts directly below a part; none of a leaf."""
    return () if is_leaf(part) else [one for one in part.get_payload() if isinstance(one, Message)]


def walk(part: Message) -> Iterator[Message]:
    """A part and all below it, in their order."""
    yield part
    for one in children(part):
        yield from walk(one)
