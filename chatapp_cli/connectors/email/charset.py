"""Decode text, including text with a missing, wrong or unknown charset."""

from __future__ import annotations

import codecs
import re

_ALIASES = {
    "win1251": "cp1251",
    "windows1251": "cp1251",
    "xcp1251": "cp1251",
    "ansi1251": "cp1251",
    "koi8": "koi8_r",
    "xkoi8r": "koi8_r",
    "win1252": "cp1252",
    "dos866": "cp866",
    "xmaccyrillic": "mac_cyrillic",
    "utf8mb4": "utf_8",
}
_WESTERN = frozenset({"iso8859-1", "cp1252", "iso8859-15"})
_RUSSIAN = ["utf_8", "cp1251", "koi8_r", "cp866"]
_SAMPLE = 64 * 1024
_WORD_SIGNS = re.compile(r"[\W_]+")
_LATIN_LETTERS = re.compile(r"[A-Za-z]")
_WESTERN_ACCENTS = re.compile("[\u00c0-\u00ff]")


def decode(data: bytes, declared: str | None = None) -> str:
    """Decode by the best guess; never raises.

    Non-ASCII bytes that are valid UTF-8 are taken as UTF-8, whatever was declared: that is hardly ever a coincidence.
    """
    if not data.isascii():
        text = _strictly(data, "utf_8")
        if text is not None:
            return text
    codec = _codec(declared)
    text = _strictly(data, codec) if codec else None
    if text is None or (codec in _WESTERN and _is_mojibake(text)):
        return data.decode(_guess(data), "replace")
    return text


def _codec(declared: str | None) -> str | None:
    name = _WORD_SIGNS.sub("", declared or "").lower()
    try:
        return codecs.lookup(_ALIASES.get(name, declared or "")).name
    except (LookupError, ValueError):
        return None


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (ValueError, LookupError):  # LookupError: a codec that does not produce text, such as base64
        return None


def _is_mojibake(text: str) -> bool:
    """Whether most letters are accented, which is so in no western language."""
    return len(_WESTERN_ACCENTS.findall(text)) > len(_LATIN_LETTERS.findall(text))


def _guess(data: bytes) -> str:
    if data.isascii():
        return "ascii"
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE], cp_isolation=_RUSSIAN).best()
    return best.encoding if best else "cp1251"
