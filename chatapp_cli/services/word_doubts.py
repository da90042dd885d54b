"""Which words of a condition a dictionary does not know, or knows as forms of several words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chatapp_cli.domain.text import T, Text
from chatapp_cli.domain.wording import words
from chatapp_cli.services import word_forms

_LISTS: Final = ("words", "without")


def of_condition(asked: Mapping[str, Any]) -> Iterator[Text]:
    """What a person should know of the words of a condition, also of those inside; each word once."""
    if not asked.get("exact"):
        said = (word for name in _LISTS for phrase in asked.get(name) or () for word in words(phrase))
        for word in dict.fromkeys(said):
            yield from _of_word(word)
    inner = [*(asked.get("all") or ()), *(asked.get("any") or ()), *([asked["not"]] if asked.get("not") else [])]
    for one in inner:
        yield from of_condition(one)


def _of_word(word: str) -> Iterator[Text]:
    if not word_forms.is_russian(word):
        return
    found = word_forms.meanings(word)
    if not found:
        yield T("«{word}» is in no dictionary: it is found in the forms that it is likely to have.", word=word)
    elif len(found) > 1 and found[0] != word:
        yield T("«{word}» may be a form of {words}: the forms of {first} are found.", word=word,
                words=", ".join(found), first=found[0])  # fmt: skip
