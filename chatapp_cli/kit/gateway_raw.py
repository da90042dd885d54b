"""A gateway's call as its bytes, and how they are read: by what is declared, then UTF-8, then Windows-1251.

What is kept of a call is what it said: its parameters, its body and the type of that, never its other headers.
Nothing is replaced before it is kept, so that a better reading later finds everything that came.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, Final, TypeAlias
from urllib.parse import quote_from_bytes, unquote_to_bytes

from chatapp_cli.kit.slices import bare
from chatapp_cli.ports.connector import HookRequest

_MARK: Final = b"chatapp-call/1\n"
"""Begins what is kept of a call; no JSON begins so."""
_UTF8: Final = "utf-8"
_CYRILLIC: Final = "cp1251"
_ASCII: Final = 0x7F
_FEW: Final = 4
"""So many letters of UTF-8 for each byte that is none, and a text is UTF-8 that was cut or damaged."""

_Pairs: TypeAlias = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Call:
    """What a gateway said in one call."""

    body: bytes = field(repr=False)
    content_type: str = ""
    query: bytes = field(default=b"", repr=False)
    """The parameters of the address as they came, still encoded."""

    @classmethod
    def of(cls, request: HookRequest) -> Call:
        """Take it from a request."""
        query = request.raw_query or _query(request)
        return cls(request.body, " ".join(request.headers.get("content-type", "").split()), query)

    @classmethod
    def kept(cls, raw: bytes) -> Call | None:
        """Take it from what was kept; ``None`` for what was kept otherwise, one item as JSON."""
        if not raw.startswith(_MARK):
            return None
        content_type, _, rest = raw.removeprefix(_MARK).partition(b"\n")
        query, _, body = rest.partition(b"\n\n")
        return cls(body, content_type.decode("latin-1"), query)

    @property
    def raw(self) -> bytes:
        """As it is kept."""
        return b"%s%s\n%s\n\n%s" % (_MARK, self.content_type.encode("latin-1", "replace"), self.query, self.body)

    @property
    def declared(self) -> str:
        """The charset that its type names."""
        about = Message()
        about["Content-Type"] = self.content_type
        found = about.get_param("charset", "")
        return found if isinstance(found, str) else ""

    def document(self, charset: str = "") -> Any:
        """Everything in it, however it is written: JSON, a form, or parameters of the address.

        ``charset`` is what the gateway's description says. Raises ValueError or RecursionError for broken JSON.
        """
        if text := self.json(charset):
            return json.loads(text)
        pairs = [*_pairs(self.query), *_pairs(bare(self.body))]
        named = next((value for name, value in reversed(pairs) if name == b"charset"), b"")
        found = fitting(
            (one for pair in pairs for one in pair), [charset, self.declared, named.decode("ascii", "replace")]
        )
        return {decoded(name, found): decoded(value, found) for name, value in pairs}

    def json(self, charset: str = "") -> str:
        """Its JSON as text; empty where it is none."""
        text = self.text(charset)
        return text if text.startswith(("{", "[")) else ""

    def text(self, charset: str = "") -> str:
        """Its body as text."""
        body = bare(self.body)
        return decoded(body, fitting([body], [charset, self.declared])).lstrip("\ufeff")


def fitting(pieces: Iterable[bytes], declared: Sequence[str]) -> str:
    """The charset by which all of them can be read: one that is declared, UTF-8, else Windows-1251."""
    whole = list(pieces)
    for charset in (*filter(None, declared), _UTF8):
        try:
            for piece in whole:
                piece.decode(charset)
        except (LookupError, ValueError):
            continue
        return charset
    return _UTF8 if _is_damaged_utf8(b" ".join(whole)) else _CYRILLIC


def _is_damaged_utf8(raw: bytes) -> bool:
    """A short text that was cut in the middle of a letter is not to become unreadable as a whole."""
    text = raw.decode(_UTF8, "surrogateescape")
    damaged = sum("\udc80" <= letter <= "\udcff" for letter in text)
    return sum(ord(letter) > _ASCII for letter in text) - damaged >= _FEW * damaged


def decoded(raw: bytes, charset: str) -> str:
    """The text; bytes that mean nothing in the charset stay what they are, as lone surrogates (PEP 383)."""
    return raw.decode(charset, "surrogateescape")


def written(tree: Any) -> bytes:
    """A tree as JSON that loses nothing, not even what is no letter."""
    text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(tree, separators=(",", ":")).encode()


def _pairs(form: bytes) -> _Pairs:
    parts = (part.partition(b"=") for part in form.split(b"&") if part)
    return [(_plain(name), _plain(value)) for name, _, value in parts]


def _plain(encoded: bytes) -> bytes:
    return unquote_to_bytes(encoded.replace(b"+", b" "))


def _query(request: HookRequest) -> bytes:
    """The parameters once more, where a caller has only those that were decoded."""
    pairs = request.query.items()
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs).encode()


def _quoted(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogateescape"))
