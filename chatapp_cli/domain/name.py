"""What people may call a line, an operator, a view, a section or a company."""

from __future__ import annotations

from typing import Final
from unicodedata import category, normalize

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import DAEMON, DISTRIBUTION, EFFECT, LOGIN
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of control characters, of characters without a width, of halves of one, and of line ends."""
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters of other categories that are drawn as nothing."""

RESERVED: Final = frozenset({"me", "nobody", "program", *(one.name for one in (DAEMON, DISTRIBUTION, EFFECT, LOGIN))})
"""Words for an operator, and names of the program's own parts, that cannot be an operator's name."""

_LOOKALIKES: Final = str.maketrans(
    "авеёзікмнорстухѕјԛԝһӏαβεζηικμνορτυχ",
    "abeë3ikmhopctyxsjqwhlabezhikmnoptyx",
)
"""Cyrillic and Greek letters, in lower case, and the Latin signs that look like them in either case."""
_VARIANTS: Final = {ord(sign): None for sign in map(chr, range(0xFE00, 0xFE10))}
"""Characters that choose how the one before them is drawn."""


def sound(name: str, *, field: str = "name") -> str:
    """A name without the space around it. Raises UsageError for unseen characters, line ends, and too many letters."""
    name = name.strip()
    if any(category(sign) in _UNSEEN or sign in _BLANK for sign in name):
        raise UsageError(
            T("A name has to be one line, without characters that nobody sees."),
            T("Type it anew instead of pasting it."),
            field=field,
        )
    limits.NAME.require(name, field=field)
    return name


def known_as(typed: str) -> str:
    """The name that somebody means who types it: without superfluous blanks, in composed letters."""
    return normalize("NFC", " ".join(typed.split()))


def of_operator(name: str, *, field: str = "name") -> str:
    """An operator's name as it is stored and signed with. Raises UsageError for one that cannot be a name."""
    name = known_as(sound(name, field=field))
    if skeleton(name) in RESERVED or name.startswith("-"):
        raise UsageError(
            T("{name} has a meaning of its own where somebody is named.", name=name),
            T("Choose another name."),
            field=field,
        )
    return name


def skeleton(name: str) -> str:
    """What is left of a name for the eye: two names with the same one look alike."""
    folded = normalize("NFKC", normalize("NFKC", name).casefold())
    return known_as(folded.translate(_VARIANTS).translate(_LOOKALIKES))
