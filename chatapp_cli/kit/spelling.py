"""A spell checker as a separate program, like ``hunspell -a``, because dictionaries are large and slow to load.

Each input line is a word; with ``^`` before it, only its correctness is checked. The answer is ``*``, or ``#`` for a
wrong word, or ``&`` with suggestions, and an empty line. The program ends with its input.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Protocol

FOLDERS = (
    "/usr/share/hunspell",
    "/usr/share/myspell/dicts",
    "/usr/local/share/hunspell",
    "/Library/Spelling",
)
LANGUAGES = (("ru_RU",), ("en_US", "en_GB"))
_MOST = 7
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


def dictionaries(folders: Iterable[str] = FOLDERS) -> list[Path]:
    """The dictionaries of this machine, one per language, as paths without suffix."""
    found = []
    for names in LANGUAGES:
        paths = (Path(folder) / name for folder in folders for name in names)
        found += [path for path in paths if path.with_suffix(".dic").is_file() and path.with_suffix(".aff").is_file()][
            :1
        ]
    return found


class Dictionary(Protocol):
    """The interface of a dictionary."""

    def lookup(self, word: str) -> bool:
        """Whether the word is correct."""

    def suggest(self, word: str) -> Iterator[str]:
        """Suggestions, the likeliest first."""


class Language:
    """A dictionary, loaded at its first word."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def knows(self, word: str) -> bool:
        """Whether the word is in the alphabet of this language."""
        return bool(_CYRILLIC.search(word)) == self._path.name.startswith("ru")

    @cached_property
    def dictionary(self) -> Dictionary:
        """The loaded dictionary."""
        from spylls.hunspell import Dictionary as Read  # type: ignore[import-untyped]  # it tells none

        read: Dictionary = Read.from_files(str(self._path))
        return read


def answer(languages: Iterable[Language], line: str) -> str:
    """The answer to a line."""
    word = line.lstrip("^")
    judge = next((language.dictionary for language in languages if language.knows(word)), None)
    if judge is None or judge.lookup(word):
        return "*"
    if line.startswith("^"):
        return f"# {word} 0"
    meant = list(islice(judge.suggest(word), _MOST))
    return f"& {word} {len(meant)} 0: {', '.join(meant)}" if meant else f"# {word} 0"


def main(paths: Iterable[str]) -> None:
    """Answer until the input ends."""
    languages = [Language(Path(path)) for path in paths]
    for line in sys.stdin:
        sys.stdout.write(f"{answer(languages, line.strip())}\n\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
