"""How names, phones and addresses are made comparable before they are stored or looked for."""

from __future__ import annotations

import re
from typing import Final

_FOLD = str.maketrans("ё", "е")
_LONG_ENOUGH_FOR_A_PHONE = 4
_RUSSIAN_PREFIXES = "78"
_LONG_ENOUGH_TO_RESPELL = 3
_EXTENSION: Final = re.compile(r"(?:доб|вн|ext|x|х|[#,;]).*", re.IGNORECASE | re.DOTALL)
"""What is dialled after somebody took up."""
_PLUS: Final = re.compile(r"\D*[+＋]")
_ABROAD: Final = re.compile(r"(?:00|810)(?=\d{9,})")
"""What is dialled before the code of another country; of ``810`` only where more digits follow than in Russia."""
_TRUNK: Final = re.compile(r"^8(?=[34789]\d{9}$)")
"""What Russians dial before a number of ten digits; theirs and Kazakh ones begin with no others."""
_TRUNK_TWICE: Final = re.compile(r"^78(?=[34789]\d{9}$)")
_NATIONAL: Final = re.compile(r"[34789]\d{9}")
_TRUNK_ALONE: Final = re.compile(r"\D*8(?:\D|9)")
"""No country has the code 8, nor one that begins with 89."""
_CODE_ALONE: Final = re.compile(r"\D*(?:\d\d|8(?:5[02356]|80|86))\D+\d")
"""The code of another country, apart from the digits behind it: ``84 912…``, ``880 1712…``."""
_KEYS = dict(zip("qwertyuiop[]asdfghjkl;'zxcvbnm,.", "йцукенгшщзхъфывапролджэячсмитьбю", strict=True))
"""What the keys of one keyboard layout type in the other."""
_LETTERS = {
    "shch": "щ", "sch": "щ", "iya": "ия", "zh": "ж", "kh": "х", "ts": "ц", "ch": "ч", "sh": "ш", "yu": "ю", "ya": "я",
    "yo": "е", "ye": "е", "ia": "ия", "ey": "ей", "ay": "ай", "oy": "ой", "iy": "и", "a": "а", "b": "б", "c": "к",
    "d": "д", "e": "е", "f": "ф", "g": "г", "h": "х", "i": "и", "j": "дж", "k": "к", "l": "л", "m": "м", "n": "н",
    "o": "о", "p": "п", "q": "к", "r": "р", "s": "с", "t": "т", "u": "у", "v": "в", "w": "в", "x": "кс", "y": "ы",
    "z": "з", "'": "ь",
}  # fmt: skip
_LATIN = {
    **dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True)),
    "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ь": "", "ъ": "",
}  # fmt: skip


def fold(words: str) -> str:
    """Lower case, ё as е, single spaces: SQLite's LIKE knows only ASCII case."""
    return " ".join(words.lower().translate(_FOLD).split())


def is_whole(said: str) -> bool:
    """Whether a text can be stored and sent: it has no NUL and no half of a character, which JSON and YAML can name."""
    return "\0" not in said and not any("\ud800" <= sign <= "\udfff" for sign in said)


def given_digits(phone: str) -> str:
    """The digits of a number that was said exactly, by a provider or with a plus: whose country it is stands in front.

    Only what can be no country's is read in the Russian way: an 8 alone in front, or before a 9. An extension goes.
    """
    said, found = _said(phone)
    russian = not _PLUS.match(said) and _TRUNK_ALONE.match(said)
    return _TRUNK_TWICE.sub("7", _TRUNK.sub("7", found) if russian else found)


def typed_digits(phone: str) -> str:
    """The digits of a number as somebody in Russia types it; with a plus it is exact.

    ``8 916…``, ``916…`` and ``(495)…`` are Russian, ``00`` and ``8 10`` stand before the code of another country,
    and so does nothing where that code stands apart.
    """
    said, found = _said(phone)
    if _PLUS.match(said) or _CODE_ALONE.match(said):
        return given_digits(phone)
    if abroad := _ABROAD.match(found):
        return _TRUNK_TWICE.sub("7", found[abroad.end() :])
    return "7" + found if _NATIONAL.fullmatch(found) else _TRUNK_TWICE.sub("7", _TRUNK.sub("7", found))


def _said(phone: str) -> tuple[str, str]:
    """A number without its extension, and its digits, whichever script they are of."""
    said = _EXTENSION.sub("", phone)
    return said, "".join(str(int(digit)) for digit in re.findall(r"\d", said))


def search_text(*parts: str, phone: str = "") -> str:
    """What a dialog is found by: everything known of the client, folded."""
    return " ".join(filter(None, [*(fold(part) for part in parts), given_digits(phone)]))


def needles(query: str) -> list[str]:
    """The pieces that must all occur; something that looks like a phone is one, without the 8 or +7 in front."""
    if re.fullmatch(r"\+?[\d\s()\-]+", query) and len(number := typed_digits(query)) > _LONG_ENOUGH_FOR_A_PHONE:
        return [number[1:] if number[0] in ("7" if "+" in query else _RUSSIAN_PREFIXES) else number]
    return fold(query).lstrip("@").split()


def bare(folded: str) -> str:
    """Without soft signs: Latin letters do not tell where they are."""
    return folded.replace("ь", "")


def other_spellings(needle: str) -> list[str]:
    """How else a piece of a name may be stored: in the other alphabet, or typed in the wrong keyboard layout.

    All of them are bare: whoever compares leaves the soft signs out too.
    """
    if len(needle) < _LONG_ENOUGH_TO_RESPELL or not re.search(r"[a-zа-я]", needle):
        return []
    keys = _KEYS if re.search("[a-z]", needle) else {russian: latin for latin, russian in _KEYS.items()}
    typed = "".join(keys.get(letter, letter) for letter in needle)
    found = (bare(spelled) for spelled in (_respelled(needle), fold(typed)))
    return [spelled for spelled in found if len(spelled) >= _LONG_ENOUGH_TO_RESPELL]


def _respelled(needle: str) -> str:
    """«ivanova» as «иванова» and the other way round; the end of «dmitry» may be spelled in many ways."""
    if re.search("[a-z]", needle):
        root = re.sub(r"(?<=[^aeiouy])[iy]?y$", "", needle)
        return re.sub("|".join(_LETTERS), lambda found: _LETTERS[found[0]], root)
    return "".join(_LATIN.get(letter, letter) for letter in needle)
