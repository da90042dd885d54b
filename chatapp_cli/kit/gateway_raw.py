"""A gateway's call as bytes, decoded by its declared charset, then UTF-8, then Windows-1251.

Parameters, body and content type of a call are stored, never its other headers. They are stored unchanged, so that
a better parser can use everything later.
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
"""Prefix of a stored call; JSON cannot begin with it."""
_UTF8: Final = "utf-8"
_CYRILLIC: Final = "cp1251"
_ASCII: Final = 0x7F
_FEW: Final = 4
"""From this ratio of UTF-8 letters to invalid bytes, a text counts as damaged UTF-8."""

_Pairs: TypeAlias = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Call:
    """A gateway's call."""

    body: bytes = field(repr=False)
    content_type: str = ""
    query: bytes = field(default=b"", repr=False)
    """The encoded query as it came."""

    @classmethod
    def of(cls, request: HookRequest) -> Call:
        """Make a call from a request."""
        query = request.raw_query or _query(request)
        return cls(request.body, " ".join(request.headers.get("content-type", "").split()), query)

    @classmethod
    def kept(cls, raw: bytes) -> Call | None:
        """Read a stored call; ``None`` if a single item was stored as JSON."""
        if not raw.startswith(_MARK):
            return None
        content_type, _, rest = raw.removeprefix(_MARK).partition(b"\n")
        query, _, body = rest.partition(b"\n\n")
        return cls(body, content_type.decode("latin-1"), query)

    @property
    def raw(self) -> bytes:
        """The stored form."""
        return b"%s%s\n%s\n\n%s" % (_MARK, self.content_type.encode("latin-1", "replace"), self.query, self.body)

    @property
    def declared(self) -> str:
        """The charset of its content type."""
        about = Message()
        about["Content-Type"] = self.content_type
        found = about.get_param("charset", "")
        return found if isinstance(found, str) else ""

    def document(self, charset: str = "") -> Any:
        """Its content, from JSON, a form or the query.

        ``charset`` is that of the gateway's description. Raises ValueError or RecursionError for broken JSON.
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
        """Its JSON as text; empty if it is not JSON."""
        text = self.text(charset)
        return text if text.startswith(("{", "[")) else ""

    def text(self, charset: str = "") -> str:
        """Its body as text."""
        body = bare(self.body)
        return decoded(body, fitting([body], [charset, self.declared])).lstrip("\ufeff")


def fitting(pieces: Iterable[bytes], declared: Sequence[str]) -> str:
    """The charset that decodes all of them: a declared one, UTF-8, otherwise Windows-1251."""
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
    """Whether a text is UTF-8 with a few damaged bytes, such as one cut in the middle of a letter."""
    text = raw.decode(_UTF8, "surrogateescape")
    damaged = sum("\udc80" <= letter <= "\udcff" for letter in text)
    return sum(ord(letter) > _ASCII for letter in text) - damaged >= _FEW * damaged


def decoded(raw: bytes, charset: str) -> str:
    """The decoded text; bytes that are invalid in the charset become lone surrogates (PEP 383)."""
    return raw.decode(charset, "surrogateescape")


def written(tree: Any) -> bytes:
    """Lossless JSON of a tree, including lone surrogates."""
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
    """Encode the query again, for a caller that has only decoded parameters."""
    pairs = request.query.items()
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs).encode()


def _quoted(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogateescape"))
