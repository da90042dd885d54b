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
    "cp20866": "koi8_r",
    "win1252": "cp1252",
    "dos866": "cp866",
    "xmaccyrillic": "mac_cyrillic",
    "utf8mb4": "utf_8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ksc56011987": "cp949",
    "euckr": "cp949",
    "shiftjis": "cp932",
}
"""Names that Python does not know, and charsets whose larger sibling is what programs really write."""
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
"""Codecs of Python that no mail is written in; some need quadratic time."""
_WESTERN = frozenset({"iso8859-1", "cp1252", "iso8859-15"})
_RUSSIAN = {"cp1251": 25, "koi8_r": 0, "cp866": 0}
"""With an advantage for the one that is by far the most common, which decides the names of a few letters."""
_WIDE = ("utf-16", "utf-32")
_WIDE_SIGN = re.compile(rb"[\x00\x04]|\xff\xfe|\xfe\xff")
"""What text in two bytes a letter has: Latin letters, spaces, Cyrillic ones, or a mark of its order."""
_SAMPLE = 256 * 1024
_WORD_SIGNS = re.compile(r"[\W_]+")
_HIGH = re.compile(rb"[\x80-\xff]+")
_LONE_LETTER = re.compile(rb"[\xa8\xb8\xb9\xc0-\xff]")
"""A sign that is a letter or № in cp1251; other ones are quotation marks, dashes and currencies, as in cp1252."""
_WORDS = re.compile("[A-Za-z\xa8\xaa\xaf\xb2-\xb4\xb8\xba\xbf-\xff]{2,}")
"""Words in cp1252, among them those that are Cyrillic in cp1251 or koi8-r."""
_ACCENTED = re.compile("[\xa8-\xff]")
_LATIN = re.compile("[A-Za-z]")
_LOST = "\ufffd"
_RARER = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґ"
"""Letters of Russian by their frequency, then those of Ukrainian."""
_WORTH = {letter: len(_RARER) - place for place, letter in enumerate(_RARER)}
_NO_LETTER, _CAPITAL, _CAPITAL_INSIDE, _SYLLABLE = -20, -3, -25, 15
_TURN_TO_CAPITAL = re.compile("[а-яёіїєґ][А-ЯЁІЇЄҐ]")
_TURN_OF_VOWEL = re.compile("(?=[аеиоуыэюяёіїє][бвгджзклмнпрстфхцчшщґ]|[бвгджзклмнпрстфхцчшщґ][аеиоуыэюяёіїє])")


def decode(data: bytes, declared: str | None = None) -> str:
    """Decode by the best guess; never raises.

    Text that is UTF-8 but for some bytes is taken as UTF-8, whatever was declared: that is hardly ever a coincidence.
    """
    codec = _codec(declared)
    if codec is not None and codec.startswith(_WIDE) and _WIDE_SIGN.search(data) is None:
        codec = None
    if data.isascii():
        return _mostly(data, codec, good=0) or data.decode("ascii")
    text = _mostly(data, "utf_8", good=1 if codec in {None, "ascii", "utf-8"} else 10)
    if text is None and codec not in _WESTERN:
        text = _mostly(data, codec, good=1)
    if text is None:
        text = data.decode(_guess(data, western=codec in _WESTERN), "replace")
    return text.removeprefix("\ufeff")


def _codec(declared: str | None) -> str | None:
    name = _WORD_SIGNS.sub("", declared or "").lower()
    try:
        found = codecs.lookup(_ALIASES.get(name, declared or "")).name
    except (LookupError, ValueError):
        return None
    return None if found.replace("-", "_") in _NO_CHARSETS else found


def _mostly(data: bytes, codec: str | None, *, good: int) -> str | None:
    """The text, if for each byte that the codec cannot read there are more than ``good`` letters beyond ASCII."""
    try:
        text = data.decode(codec or "ascii", "replace")
    except (ValueError, LookupError):  # LookupError: a codec that does not produce text, such as base64
        return None
    bad = text.count(_LOST) - data.count(_LOST.encode())
    read = len(text) - len(text.encode("ascii", "ignore")) - bad
    return text if bad <= 0 or read > good * bad else None


def _guess(data: bytes, *, western: bool) -> str:
    """The charset of text that is not UTF-8: a Russian one if words consist of nothing but accented letters.

    No western language has such words. Markup and web addresses do not count, because their words have no accents.
    """
    sample = data[:_SAMPLE]
    accented = [word for word in _WORDS.findall(sample.decode("latin-1")) if _ACCENTED.search(word)]
    mixed = sum(_LATIN.search(word) is not None for word in accented)
    if 2 * mixed > len(accented) or (western and 2 * mixed == len(accented)):
        return "cp1252"
    runs = _HIGH.findall(sample)
    if not accented and sum(map(len, runs)) <= 2 * len(runs):
        return "cp1251" if _LONE_LETTER.search(sample) else "cp1252"
    words = b" ".join(run for run in runs if len(run) > 1)
    return max(_RUSSIAN, key=lambda codec: _RUSSIAN[codec] + _likeness(words.decode(codec, "replace")))


def _likeness(text: str) -> int:
    """How much a text is like Russian: common letters, vowels between consonants, capitals as they stand in words."""
    lower = text.lower()
    worth = sum(_WORTH.get(letter, _NO_LETTER) for letter in lower if letter != " ")
    worth += _CAPITAL * sum(map(str.isupper, text))
    return (
        worth + _CAPITAL_INSIDE * len(_TURN_TO_CAPITAL.findall(text)) + _SYLLABLE * len(_TURN_OF_VOWEL.findall(lower))
    )
