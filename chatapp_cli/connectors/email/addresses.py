"""Parse the addresses of a header field strictly (RFC 5322 §3.4, RFC 6532, and what programs make of them).

A part of an address can be another person's address, so an address that does not parse completely is dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from chatapp_cli.domain.address import domain_in_ascii

_UNSEEN = r"\s\x00-\x20\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff"
_ATOM = rf"[^{_UNSEEN}\x7f()<>\[\]:;@\\,\"]+"
_HOST = rf"[^{_UNSEEN}\x00-\x2c/:-@\[-^`{{-\x7f]+"
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*+"'
_LITERAL = r"\[[^\s\[\]\\]+\]"
_COMPLETE = re.compile(rf"(?P<local>{_ATOM}|{_QUOTED})@(?P<domain>{_HOST}|{_LITERAL})", re.DOTALL)
_PLAIN_LOCAL = re.compile(_ATOM)
_COMMENT, _LOST = "\x00", "\ufffd"
"""Markers for a comment and for a control character: characters that no address has."""
_REPLACED = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_AROUND_AT = re.compile(rf"(?<![ \t{_COMMENT}])[ \t{_COMMENT}]*+@[ \t{_COMMENT}]*")
_AROUND_SIGNS = re.compile(rf"(?<![ \t{_COMMENT}])[ \t{_COMMENT}]*+([@.])[ \t{_COMMENT}]*")
_UNSHOWN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\ufffd]")
"""Invisible characters and replacement characters; other ones are recognised by their Unicode category."""
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ROUTE = re.compile(r"@[^:<>]*:")
_QUOTED_STRING = re.compile(_QUOTED, re.DOTALL)
_ANGLE = re.compile(r'<(?:"(?:[^"\\]|\\.)*+"|[^<>"])*+>|<[^<>]*>', re.DOTALL)
_BRACKETS = re.compile(r"\[[^\[\]]*\]")
_RUN = re.compile(r'[^"(<\[,;:]+|.', re.DOTALL)
_LONGEST = 254
"""The longest address in characters (RFC 5321 §4.5.3.1.3, erratum 1690)."""
_LONGEST_ANGLE = 1000
"""The longest text in angle brackets, with comments; limits the search for the closing one."""
LONGEST_FIELD = 100_000
"""The longest field that is read, enough for a thousand recipients; a cut address could be another person's."""

_LONGEST_NAME = 8
"""The most tokens of a name before a comma that are kept."""

_Kind: TypeAlias = Literal["word", "quoted", "comment", "angle", "end", "colon"]
_KINDS: Mapping[str, _Kind] = {'"': "quoted", "(": "comment", "<": "angle", "[": "word"}
_SEPARATORS: Mapping[str, _Kind] = {",": "end", ";": "end", ":": "colon"}
_OPENING = frozenset(_KINDS)
_GROUP_NAME = re.compile(r"^[^:]*\w[^:]*$")


class Mailbox(NamedTuple):
    """One address of a field."""

    name: str
    """As written: encoded words are not decoded yet."""
    address: str


def complete(said: str) -> str:
    """The address without needless quotes; empty unless the text is exactly one complete address."""
    found = _COMPLETE.fullmatch(said.strip(" \t"))
    if found is None or len(found.group()) > _LONGEST or has_foreign_letters(found.group()):
        return ""
    local, domain = found["local"], found["domain"].rstrip(".")
    if local.startswith('"') and _PLAIN_LOCAL.fullmatch(bare := _ESCAPED.sub(r"\1", local[1:-1])):
        local = bare
    return f"{local}@{domain}" if domain and not domain.startswith(".") else ""


def has_foreign_letters(said: str) -> bool:
    """Whether the text has characters that no address has: control characters, invisible ones, lookalikes.

    Dropping or replacing them would give another person's address.
    """
    if said.isascii():
        return _REPLACED.search(said) is not None
    odd = any(unicodedata.category(letter)[0] in "CZ" for letter in said if letter not in " \t")
    return odd or not unicodedata.is_normalized("NFKC", said) or _UNSHOWN.search(said) is not None


def ascii_form(address: str) -> str:
    """The address in the form every server accepts: a domain such as пример.рф in ASCII.

    Raises ValueError, also for a domain that would become another one, see ``domain_in_ascii``.
    """
    known = complete(address)
    if not known:
        raise ValueError(address)
    local, _, domain = known.rpartition("@")
    return f"{local}@{domain_in_ascii(domain)}"


def halves(address: str) -> tuple[str, str]:
    """The local part, unquoted, and the domain of a complete address."""
    local, _, domain = address.rpartition("@")
    return (_ESCAPED.sub(r"\1", local[1:-1]) if local.startswith('"') else local), domain


def mailboxes(value: str) -> Sequence[Mailbox]:
    """All readable addresses of a field, in order.

    If quotes or brackets are unbalanced, or one address is unreadable, a comma may not be a separator: then an address
    without angle brackets may be only a part, and is left out.
    """
    found: list[tuple[Mailbox, bool]] = []
    sure = True
    entry = _Entry()
    tokens = [*_tokens(value)] if len(value) <= LONGEST_FIELD else []
    ends_of_groups = tokens.count(("end", ";"))
    for kind, text in (*tokens, ("end", ",")):
        sure = sure and not (kind == "word" and text in _OPENING)
        if (kind, text) == ("end", ";"):
            ends_of_groups -= 1
        if kind == "colon":
            entry.colon(ends=ends_of_groups > 0)
        elif kind != "end":
            entry.pieces.append((kind, text))
        elif (mailbox := entry.mailbox()) is not None:
            found.append((mailbox, entry.in_angles))
            entry = _Entry()
        elif entry.may_be_a_surname():
            entry.go_on(text)
        else:
            sure = sure and entry.is_empty()
            entry = _Entry()
    return [mailbox for mailbox, in_angles in found if sure or in_angles]


@dataclass(slots=True)
class _Entry:
    """The text between two commas, or more if a name contains an unquoted comma."""

    pieces: list[tuple[_Kind, str]] = field(default_factory=list)

    def colon(self, *, ends: bool) -> None:
        """Take a colon: text before it is dropped if it is a group name (a semicolon follows) or ``mailto``."""
        before = _joined(self.pieces).lower()
        if before == "mailto" or (ends and _GROUP_NAME.search(before) and not self._has_address()):
            self.pieces.clear()
        else:
            self.pieces.append(("word", ":"))

    @property
    def in_angles(self) -> bool:
        """Whether the address is in angle brackets."""
        return any(kind == "angle" for kind, _ in self.pieces)

    def is_empty(self) -> bool:
        """Whether the entry has nothing but comments."""
        return not any(text.strip() for kind, text in self.pieces if kind != "comment")

    def may_be_a_surname(self) -> bool:
        """Whether it may be the first part of a name, such as «Иванов» in «Иванов, Иван <ivan@example.org>»."""
        return not self.is_empty() and not self._has_address()

    def go_on(self, sign: str) -> None:
        """Join the next entry to this one; a long beginning is truncated."""
        del self.pieces[_LONGEST_NAME:]
        self.pieces.append(("word", sign))

    def mailbox(self) -> Mailbox | None:
        """The address in angle brackets, otherwise the whole text if it is exactly one address."""
        angles = {_in_angles(text) for kind, text in self.pieces if kind == "angle"}
        if angles:
            address = angles.pop() if len(angles) == 1 and not self._goes_on_behind() else ""
            return Mailbox(self._name() or self._comment(), address) if address else None
        address = _bare(_joined(self.pieces))
        return Mailbox(self._comment(), address) if address else None

    def _has_address(self) -> bool:
        return any("@" in text for kind, text in self.pieces if kind != "comment")

    def _goes_on_behind(self) -> bool:
        """Whether the brackets may be part of an address, or are followed by another address."""
        last = max(place for place, (kind, _) in enumerate(self.pieces) if kind == "angle")
        return any("@" in text for kind, text in self.pieces[last + 1 :] if kind in {"word", "quoted"})

    def _name(self) -> str:
        words = (_unquoted(text) if kind == "quoted" else text.strip(" <>") for kind, text in self._shown())
        return re.sub(r" ,", ",", " ".join(" ".join(words).split()))

    def _shown(self) -> Iterator[tuple[_Kind, str]]:
        return ((kind, text) for kind, text in self.pieces if kind in {"word", "quoted"})

    def _comment(self) -> str:
        return " ".join(" ".join(text[1:-1] for kind, text in self.pieces if kind == "comment").split())


def _in_angles(text: str) -> str:
    said = _ROUTE.sub("", text[1:-1].strip(" \t"), count=1).removeprefix("mailto:")
    said = _without_comments(_REPLACED.sub(_LOST, said))
    return complete(said) or complete(_AROUND_SIGNS.sub(r"\1", said))


def _without_comments(said: str) -> str:
    return _joined(_tokens(said)) if "(" in said else said


def _joined(pieces: Iterable[tuple[_Kind, str]]) -> str:
    """The text with a marker in place of each comment, because a comment separates its neighbours."""
    said = (_COMMENT if kind == "comment" else _REPLACED.sub(_LOST, text) for kind, text in pieces)
    return "".join(said).strip(f" \t{_COMMENT}")


def _bare(said: str) -> str:
    """An address without brackets and without other words, which could be part of it."""
    if len(said) > 1 and said.startswith("'") and said.endswith("'"):
        said = said[1:-1]
    return complete(said) or ("" if '"' in said else complete(_AROUND_AT.sub("@", said)))


def _unquoted(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1])


def _tokens(value: str) -> Iterator[tuple[_Kind, str]]:
    """Words, quoted strings, comments, angle brackets and separators; an unterminated quote is a word."""
    at, closes = 0, {'"': True, "(": True}
    while at < len(value):
        sign, end = value[at], 0
        if closes.get(sign):
            end = _comment_end(value, at) if sign == "(" else _end(_QUOTED_STRING, value, at)
            closes[sign] = end > 0
        elif sign in "<[":
            end = _end(_ANGLE if sign == "<" else _BRACKETS, value, at)
        kind: _Kind = _KINDS[sign] if end else "word"
        if not end:
            found = _RUN.match(value, at)
            assert found is not None
            end, kind = found.end(), _SEPARATORS.get(sign, "word")
        yield kind, value[at:end]
        at = end


def _end(pattern: re.Pattern[str], value: str, at: int) -> int:
    found = pattern.match(value, at, at + _LONGEST_ANGLE if pattern is _ANGLE else len(value))
    return found.end() if found else 0


def _comment_end(value: str, at: int) -> int:
    """The end of the comment that begins here; comments nest."""
    depth, escaped = 0, False
    for place in range(at, len(value)):
        sign = value[place]
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
            if not depth:
                return place + 1
    return 0
