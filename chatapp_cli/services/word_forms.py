"""The forms of a word, for conditions: made once when a rule is compiled, so that no message has to be analysed.

The dictionary of pymorphy3 knows them all, where it is installed. Without it Snowball tells which endings belong to a
word: it takes some for forms that nobody says, and misses other stems of a word, such as «закажу» of «заказать».
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from typing import Any, Final, Protocol

from chatapp_cli.domain.condition import Phrase
from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.wording import words
from chatapp_cli.services.wording import bare_stem

_RUSSIAN: Final = re.compile(r"[а-я]+")
_ENGLISH: Final = re.compile(r"[a-z]+")
_SHORTEST: Final = 3
"""Letters of a word that has forms: shorter ones are taken as they are."""
_CASES: Final = (
    "а я ы и у ю е о ой ей ою ею ом ем ам ям ами ями ах ях ов ев ей ь ью ий ия ие ии ию ием иям иями иях "
    "ый ая яя ое ее ые ие ого его ому ему ым им ых их ыми ими ую юю"
)
_VERBAL: Final = (
    "ть ти чь л ла ло ли ал ала ало али ял яла яло яли ил ила ило или ел ела ело ели ыл ыла ыли ул ула уло ули "
    "у ю ешь ет ем ете ут ют ишь ит им ите ат ят аю аешь ает аем аете ают яю яешь яет яем яете яют "
    "ую уешь ует уем уете уют ать ять ить еть ыть уть овать евать ай айте яй яйте уй уйте и йте ите ься ься"
)
_PARTICIPLES: Final = ("вш", "ивш", "авш", "явш", "енн", "анн", "янн", "ющ", "ящ", "ащ", "ущ", "ающ")
_AGREEING: Final = "ий ая ое ие его ему им их ими ую ей ем ый ые ого ому ым ых ыми ой ом"
_REFLEXIVE: Final = ("ся", "сь")
_ENGLISH_ENDINGS: Final = ("", "s", "es", "ed", "d", "ing", "er", "ers", "'s")
_CHANGES: Final = {
    "п": "пл", "б": "бл", "м": "мл", "в": "вл", "ф": "фл", "с": "ш", "з": "ж", "т": "ч", "д": "ж", "ст": "щ",
}  # fmt: skip
"""How the first person of verbs ends: «куплю» of «купить», «прошу» of «просить»."""
_INFINITIVE: Final = re.compile(r"(.+?)(?:ить|еть)(?:ся)?")
_CHANGING: Final = re.compile(r"(.+?)(?:(?<=[зс])ать|(?<=н)уть)(ся)?")
"""Verbs whose present has one stem, as «закажу» of «заказать», «верну» of «вернуть»."""
_PRESENT: Final = "у ешь ет ем ете ут и ите"
_ADJECTIVE: Final = re.compile(r"(?:ый|ий|ой|ая|ое|ые|ие)$")
_VERB: Final = re.compile(r".+(?:ть|ти|чь)(?:ся|сь)?")
_FLEETING: Final = re.compile(r"([а-я]+[бвгджзйклмнпрстфхчшщь])([кц])")


class WordForms(Protocol):
    """Tells the forms of words."""

    def of(self, word: str) -> frozenset[str]:
        """All forms of a folded word, folded, itself included."""
        ...


class StemmedForms:
    """The forms that a stemmer takes to be of the same word."""

    def of(self, word: str) -> frozenset[str]:
        """All words with the same stem and an ending that the language has."""
        if len(word) < _SHORTEST:
            return frozenset({word})
        if _RUSSIAN.fullmatch(word):
            return _russian(word)
        if _ENGLISH.fullmatch(word):
            return frozenset({word, *_kept(word, (f"{_stub(word)}{end}" for end in _ENGLISH_ENDINGS))})
        return frozenset({word})


def _stub(word: str) -> str:
    stem = bare_stem(word)
    return stem if word.startswith(stem) else word


def _kept(word: str, candidates: Iterator[str]) -> Iterator[str]:
    stem = bare_stem(word)
    return (one for one in candidates if bare_stem(one) == stem)


@lru_cache(maxsize=10_000)
def _russian(word: str) -> frozenset[str]:
    stem, verb = bare_stem(word), _VERB.fullmatch(word) is not None
    shortened = (stem, word, word.rstrip("аеиоуыьюя"), _ADJECTIVE.sub("", word))
    bases = {base for base in shortened if word.startswith(base)}
    candidates = (base + end for base in {*bases, *_with_a_vowel(word, stem)} for end in _endings(verb=verb))
    return frozenset({word, *_kept(word, candidates), *_first_person(word), *_present(word), *_past(word)})


@cache
def _endings(*, verb: bool) -> tuple[str, ...]:
    if not verb:
        return ("", *_CASES.split())
    agreeing = [suffix + end for suffix in _PARTICIPLES for end in _AGREEING.split()]
    short = [f"{suffix}{end}" for suffix in ("ен", "ан", "ян") for end in ("", "а", "о", "ы")]
    bare = ["", *_CASES.split(), *_VERBAL.split(), *agreeing, *short]
    return tuple(dict.fromkeys([*bare, *(end + back for end in bare if end for back in _REFLEXIVE)]))


def _with_a_vowel(word: str, stem: str) -> Iterator[str]:
    """The stem of the second plural case: «ёлок» of «ёлка», «поддержек» of «поддержка»."""
    found = _FLEETING.fullmatch(stem)
    if found and word.startswith((stem, found[1])):
        yield from (found[1].rstrip("ьй") + vowel + found[2] for vowel in "ое")


def _first_person(word: str) -> Iterator[str]:
    found = _INFINITIVE.fullmatch(word)
    if found is None:
        return
    root = found[1]
    end = next((end for end in ("ст", root[-1:]) if root.endswith(end) and end in _CHANGES), None)
    changed = root if end is None else root.removesuffix(end) + _CHANGES[end]
    for first in ("ю", "у"):
        yield from (changed + first, changed + first + "сь")
    yield from (f"{changed}ен{end}" for end in ("", "а", "о", "ы", *(f"н{case}" for case in _AGREEING.split())))


def _present(word: str) -> Iterator[str]:
    found = _CHANGING.fullmatch(word)
    if found:
        root = found[1][:-1] + {"з": "ж", "с": "ш"}.get(found[1][-1], found[1][-1])
        for end in _PRESENT.split():
            yield root + end + ("" if found[2] is None else "сь" if end[-1] in "аеиоуыюя" else "ся")


def _past(word: str) -> Iterator[str]:
    if word.endswith(("ть", "ться")):
        root, reflexive = word.removesuffix("ся")[:-2], word.endswith("ся")
        for end in ("л", "ла", "ло", "ли"):
            yield root + end + ("" if not reflexive else "ся" if end == "л" else "сь")


class DictionaryForms:
    """The forms of a dictionary; of words that are not Russian the stemmer's."""

    def of(self, word: str) -> frozenset[str]:
        """All forms of the word that is meant most likely."""
        return _by_dictionary(word) if _RUSSIAN.fullmatch(word) else StemmedForms().of(word)


@lru_cache(maxsize=10_000)
def _by_dictionary(word: str) -> frozenset[str]:
    parses = _dictionary().parse(word)
    meant = next((one.normal_form for one in parses if fold(one.normal_form) == word), parses[0].normal_form)
    same = (one for one in parses if one.normal_form == meant)
    return frozenset({word, *(fold(form.word) for one in same for form in one.lexeme)})


@cache
def _dictionary() -> Any:
    from pymorphy3 import MorphAnalyzer  # type: ignore[import-not-found]  # not needed for anything else

    return MorphAnalyzer()


@cache
def word_forms() -> WordForms:
    """What rules are compiled with: the dictionary if it is installed."""
    return DictionaryForms() if find_spec("pymorphy3") else StemmedForms()


def phrase(said: str, *, exact: bool = False, forms: WordForms | None = None) -> Phrase | None:
    """A word or phrase with the forms of each word; ``exact``: as it is said. ``None`` if there is no word in it."""
    found = words(said)
    if not found:
        return None
    known = forms or word_forms()
    return Phrase(tuple(frozenset({word}) if exact else known.of(word) for word in found), said.strip())
