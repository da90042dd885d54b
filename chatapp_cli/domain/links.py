"""Addresses in what people write: links, e-mail addresses, phone numbers; nothing else can ever be followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from chatapp_cli.domain.address import canonical

_FOUND: Final = re.compile(
    r"(?P<url>https?://[^\s<>«»\"'`]+[^\s<>«»\"'`.,;:!?)\]])"
    r"|(?P<email>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,})"
    r"|(?P<phone>(?<![\w+./-])(?:\+\d|8(?=[\s(-]*\d))[\d\s()\-]{7,18}\d(?![\w/-]))",
    re.IGNORECASE,
)
_DIGITS: Final = range(10, 16)
"""How many digits a phone number has that one can call from anywhere."""


@dataclass(frozen=True, slots=True)
class Link:
    """Something in a text that leads somewhere."""

    kind: Literal["url", "email", "phone"]
    said: str
    """As it stands in the text."""
    start: int
    end: int

    @property
    def address(self) -> str:
        """The link itself, or the one spelling of an e-mail address or a phone number."""
        return self.said if self.kind == "url" else canonical(self.said, self.kind)

    @property
    def url(self) -> str:
        """What a terminal or a browser follows."""
        return {"url": "", "email": "mailto:", "phone": "tel:"}[self.kind] + self.address

    @property
    def host(self) -> str:
        """Where a link really leads, whatever stands before an @ in it."""
        try:
            return urlsplit(self.said).hostname or ""
        except ValueError:
            return ""


def find(text: str) -> Iterator[Link]:
    """All of them, in the order of the text."""
    for found in _FOUND.finditer(text):
        for kind in ("url", "email", "phone"):
            said = found[kind]
            if said and (kind != "phone" or sum(map(str.isdigit, said)) in _DIGITS):
                yield Link(kind, said, *found.span())
