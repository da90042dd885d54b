"""Passwords that anybody would try among the first: told by how such passwords are made, not by a list of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

_LATIN: Final = "qwertyuiop[]asdfghjkl;'zxcvbnm,."
_RUSSIAN: Final = "йцукенгшщзхъфывапролджэячсмитьбю"
_COLUMNS: Final = "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/"
_ROWS: Final = tuple(
    row
    for rows in (
        ("qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "1234567890-=", "!@#$%^&*()_+", _COLUMNS),
        (
            "йцукенгшщзхъ",
            "фывапролджэ",
            "ячсмитьбю.",
            "abcdefghijklmnopqrstuvwxyz",
            "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        ),
    )
    for row in rows
)
_STEPS: Final = frozenset(pair for row in _ROWS for pair in pairwise(row))
_AS_RUSSIAN: Final = str.maketrans(_LATIN, _RUSSIAN)
_AS_LATIN: Final = str.maketrans(_RUSSIAN, _LATIN)
_LETTERS_OF_SIGNS: Final = str.maketrans("0134578@$!", "oieastbasi")
_WORDS: Final = frozenset(
    word
    for line in (
        "password passwort parol парольпароль пароль пасворд секрет secret qwerty йцукен admin administrator",
        "админ root user guest test demo temp login letmein welcome hello privet привет master monkey dragon",
        "shadow football baseball superman batman pokemon sunshine princess iloveyou loveyou люблю",
        "лялюблютебя ялюблютебя любовь lyubov солнце солнышко зайка котик кошка собака наташа natasha марина",
        "marina анастасия anastasia настя светлана ольга olga елена elena екатерина татьяна мария максим",
        "maxim maksim александр alexander aleksandr сергей sergey дмитрий андрей andrey михаил michael россия",
        "russia москва moscow спартак spartak зенит zenit динамо chatapp desk office магазин company компания",
        "manager менеджер client клиент support поддержка changeme default computer internet google yandex",
        "яндекс telegram whatsapp samsung iphone zaq1zaq1 trustno freedom whatever starwars killer",
    )
    for word in line.split()
)
_PADDING: Final = 4
"""Characters around a word that add next to nothing, such as a year."""
_SHORTEST: Final = 3
"""Letters of a name below which it is in many words."""
_FEW_DIGITS: Final = 12
"""Digits alone below this number are a date or a telephone."""


def is_common(password: str, names: Iterable[str] = ()) -> bool:
    """Whether it is made as the first ones to be tried are; ``names`` are of who will use it."""
    folded = password.casefold().strip()
    if folded.isdigit() and len(folded) < _FEW_DIGITS:
        return True
    words = _WORDS | {word for name in names for word in _spellings(name)}
    return any(
        _is_repeated(typed) or _is_a_walk(typed) or any(_is_padded(typed, word) for word in words)
        for typed in {folded, folded.translate(_AS_RUSSIAN), folded.translate(_AS_LATIN)}
    )


def _spellings(name: str) -> Iterator[str]:
    """A name as one word, and its words."""
    words = re.findall(r"\w+", name.casefold())
    yield from (word for word in {"".join(words), *words} if len(word) >= _SHORTEST)


def _is_repeated(typed: str) -> bool:
    """Whether it is one piece twice or more often."""
    return typed in (typed + typed)[1:-1]


def _is_a_walk(typed: str) -> bool:
    """Whether most of it, or of every other sign, are neighbours on the keyboard or in the alphabet."""
    return _walks(typed) or (_walks(typed[::2]) and _walks(typed[1::2]))


def _walks(typed: str) -> bool:
    walked = sum((a, b) in _STEPS or (b, a) in _STEPS or a == b for a, b in pairwise(typed))
    return walked * 4 >= (len(typed) - 1) * 3


def _is_padded(typed: str, word: str) -> bool:
    """Whether it is a well-known word, also with signs for letters or twice, with little around it."""
    return any(
        word * times in spelt and len(typed) - len(word) * times <= _PADDING
        for spelt in (typed, typed.translate(_LETTERS_OF_SIGNS))
        for times in (1, 2)
    )
