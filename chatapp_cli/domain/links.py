"""Finds links, e-mail addresses and phone numbers in texts; nothing else can be followed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit

from chatapp_cli.domain.address import canonical
from chatapp_cli.domain.phone import DASHES, SIGNS

URL: Final = r"https?://[^\s<>«»\"'`]+[^\s<>«»\"'`.,;:!?)\]*~]"
"""Regular expression of a URL, without punctuation at its end and signs of markup around it."""
_FOUND: Final = re.compile(
    rf"(?P<url>{URL})"
    r"|(?P<email>(?<![\w.+-])[\w+](?:[\w.!#$%&'^{{}}~+-]{0,63}[\w+-])?@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,})"
    rf"|(?P<phone>(?<![\w+./-])(?:\+\d|8(?=[\s({DASHES}]*\d))[{SIGNS}]{{7,18}}\d(?![\w/-]))",
    re.IGNORECASE,
)
_WEB: Final = re.compile(r"\(?\b(?:(?:https?|ftp)://|www\.)[^\s<>()]+(?:\([^\s<>()]*\)[^\s<>()]*)*\)?", re.IGNORECASE)
_ONLY_LINKS: Final = "…"
"""What is shown of a text that holds nothing but links, where links are hidden."""
_DIGITS: Final = range(10, 16)
"""How many digits an international phone number has."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link, an address or a number in a text."""

    kind: Literal["url", "email", "phone"]
    text: str
    """As it is written in the text."""
    start: int
    end: int

    @property
    def address(self) -> str:
        """The link itself, or the canonical form of an e-mail address or a phone number."""
        return self.text if self.kind == "url" else canonical(self.text, self.kind)

    @property
    def url(self) -> str:
        """The URL for a terminal or a browser."""
        return {"url": "", "email": "mailto:", "phone": "tel:"}[self.kind] + self.address

    @property
    def host(self) -> str:
        """The real host of a link, whatever comes before an @ in it."""
        try:
            return urlsplit(self.text).hostname or ""
        except ValueError:
            return ""


def find(text: str) -> Iterator[Link]:
    """All of them, in the order of the text."""
    for found in _FOUND.finditer(text):
        for kind in ("url", "email", "phone"):
            value = found[kind]
            if value and (kind != "phone" or sum(map(str.isdigit, value)) in _DIGITS):
                yield Link(kind, value, *found.span())


class Hidden(NamedTuple):
    """The address of linked words, which a channel gives separately from the text; counted in UTF-16 units."""

    start: int
    length: int
    address: str


def reveal(text: str, hidden: Iterable[Hidden]) -> str:
    """Write each address after its words, as in ``the price list (https://…)``, unless the words are the address."""
    units = text.encode("utf-16-le", "surrogatepass")
    behind = []
    for one in hidden:
        start, end = _index(units, one.start), _index(units, one.start + one.length)
        words = text[start:end]
        if one.address and words.strip().rstrip("/") != one.address.rstrip("/"):
            behind.append((end - len(words) + len(words.rstrip()), one.address))
    for at, address in sorted(behind, reverse=True):
        text = f"{text[:at]} ({address}){text[at:]}"
    return text


def _index(units: bytes, at: int) -> int:
    """Convert a UTF-16 position to a position in the text, never inside a character or beyond the text."""
    return len(units[: 2 * max(0, at)].decode("utf-16-le", "ignore"))


def without_links(text: str) -> str:
    """A text as it is shown where web links are hidden (S-099)."""
    rest = "\n".join(map(_without_links, text.split("\n"))).strip()
    return rest or (_ONLY_LINKS if text.strip() else "")


def _without_links(line: str) -> str:
    rest, links = _WEB.subn("", line)
    return re.sub(r" {2,}", " ", rest).rstrip() if links else line
