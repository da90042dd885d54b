"""Makes names and addresses comparable before they are stored or searched."""

from __future__ import annotations

import re

from chatapp_cli.domain.phone import piece, provider_digits

_FOLD = str.maketrans("ё", "е")
_LONG_ENOUGH_TO_RESPELL = 3
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


def by_name(name: str) -> tuple[str, str]:
    """The place of a name in a list, the same on every store: case ignored, ё beside е."""
    return fold(name), name


def search_text(*parts: str, phone: str = "") -> str:
    """The searchable text of a dialog: everything known of the client, folded."""
    return " ".join(filter(None, [*(fold(part) for part in parts), provider_digits(phone)]))


def needles(query: str) -> list[str]:
    """The pieces that must all occur; a phone is one piece, without the leading 8 or +7."""
    number = piece(query)
    return [number] if number else fold(query).lstrip("@").split()


def bare(folded: str) -> str:
    """Without soft signs, which Latin spellings do not show."""
    return folded.replace("ь", "")


def other_spellings(needle: str) -> list[str]:
    """Other spellings of a piece of a name: in the other alphabet, or typed in the wrong keyboard layout.

    All are bare: compare them with bare text.
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
