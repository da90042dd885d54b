"""Compiled catalogues of translations, of which only what is asked for is decoded.

``gettext.GNUTranslations`` decodes all of it: 15 ms of every start, and more than a megabyte of every process.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cached_property
from struct import unpack_from

_MAGIC = 0x950412DE


class Catalogue:
    """The words of an ``.mo`` file, sorted as msgfmt and Babel write them (GNU gettext manual, "MO Files").

    Without words everything stays as it is in the source. Raises ValueError for anything but a little-endian file.
    """

    def __init__(self, raw: bytes = b"") -> None:
        self._raw = raw
        self._known: dict[str, Sequence[str]] = {}
        self._size, self._keys, self._values = _layout(raw) if raw else (0, 0, 0)

    def gettext(self, msgid: str) -> str:
        """The translation; the sentence itself if there is none."""
        forms = self._forms(msgid)
        return forms[0] if forms else msgid

    def ngettext(self, one: str, many: str, n: int) -> str:
        """The translation of a counted sentence, in the form for this number."""
        forms = self._forms(one)
        form = self._form(n) if len(forms) > 1 else len(forms)
        if form < len(forms):
            return forms[form]
        return one if n == 1 else many

    def _forms(self, msgid: str) -> Sequence[str]:
        """All forms of a sentence, the singular first; empty if it is not translated.

        Only what is translated is remembered: what is not may be made of names, and there is no end of those.
        """
        found = self._known.get(msgid, ())
        if not found and (found := self._look_up(msgid.encode("utf-8", "surrogatepass"))):
            self._known[msgid] = found
        return found

    def _look_up(self, msgid: bytes) -> Sequence[str]:
        place = bisect_left(range(self._size), msgid, key=self._key)
        if place == self._size or self._key(place) != msgid:
            return ()
        return self._entry(self._values, place).decode().split("\0")

    def _key(self, place: int) -> bytes:
        """The singular of the source's sentence; the plural is behind it."""
        return self._entry(self._keys, place).partition(b"\0")[0]

    def _entry(self, table: int, place: int) -> bytes:
        length, start = unpack_from("<2I", self._raw, table + 8 * place)
        return self._raw[start : start + length]

    @cached_property
    def _form(self) -> Callable[[int], int]:
        """Which form a number takes, as the header says."""
        from gettext import c2py  # most processes count nothing in words

        _before, _plural, rule = self.gettext("").partition("plural=")
        return c2py(rule.partition(";")[0])


def _layout(raw: bytes) -> tuple[int, int, int]:
    """How many sentences there are, and where the tables of the source's and of the translated ones begin."""
    magic, _revision, size, keys, values = unpack_from("<5I", raw)
    if magic != _MAGIC:
        raise ValueError("not a catalogue")
    return size, keys, values
