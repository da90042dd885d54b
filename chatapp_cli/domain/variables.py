"""Variables in stored texts: ``{имя клиента}``, ``{client_name}``, and ``{{`` for a brace (S-140).

Six known variables have a Russian and a Latin name. Any other name is a gap that a person fills before sending.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.text import T

CLIENT: Final = "client_name"
COMPANY: Final = "company_name"
OPERATOR: Final = "operator_name"
LINE: Final = "line_name"
DATE: Final = "date"
OPENS: Final = "opens_at"
"""When the line opens next."""

OF_SIGNATURES: Final = (OPERATOR, COMPANY, LINE, DATE)
"""Those that a signature below a mail has."""

_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "имя клиента": CLIENT,
        "название компании": COMPANY,
        "имя оператора": OPERATOR,
        "название линии": LINE,
        "дата": DATE,
        "когда откроемся": OPENS,
    }
)
_PIECE: Final = re.compile(r"\{\{|\}\}|\{[^\S\n]*(\w+(?:[^\S\n]+\w+)*)[^\S\n]*\}")
_SET_OFF: Final = re.compile(rf"[,\s]*(?:{_PIECE.pattern})")


def canonical(name: str) -> str:
    """The canonical name of a variable, in whatever way it is written."""
    folded = fold(name)
    return _ALIASES.get(folded, folded)


def names(language: str) -> Sequence[str]:
    """The known variables as written in a language."""
    return list(_ALIASES if language == "ru" else _ALIASES.values())


def spoken(name: str, language: str) -> str:
    """A known variable, given its canonical name, as written in a language."""
    own = next((one for one, meant in _ALIASES.items() if meant == name), name)
    return own if language == "ru" else name


def gaps(text: str) -> Mapping[str, str]:
    """The variables of a text, each once and in order: the canonical name, and how the text writes it."""
    found: dict[str, str] = {}
    for piece in _PIECE.finditer(text):
        if piece[1]:
            found.setdefault(canonical(piece[1]), piece[1])
    return found


def missing(text: str, values: Mapping[str, str]) -> Sequence[str]:
    """The canonical names of variables without a value."""
    return [name for name in gaps(text) if not values.get(name, "").strip()]


def preview(text: str, values: Mapping[str, str]) -> str:
    """The text with known values; missing ones stay in braces."""

    def spoken(piece: re.Match[str]) -> str:
        if not piece[1]:
            return piece[0][0]
        return values.get(canonical(piece[1]), "").strip() or f"{{{piece[1]}}}"

    return _PIECE.sub(spoken, text)


def without(text: str, name: str) -> str:
    """The text without a variable, and without the comma and the space that set it off."""

    def left(piece: re.Match[str]) -> str:
        return "" if piece[1] and canonical(piece[1]) == name else piece[0]

    bare = _SET_OFF.sub(left, text)
    if bare == text or not (begun := bare.lstrip(", \n")) or begun == bare:
        return bare
    return begun[0].upper() + begun[1:]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text that the client will read. Raises UsageError, which names missing values as the text writes them."""
    if lacking := missing(text, values):
        written = gaps(text)
        raise UsageError(
            T("Nothing fills {names}.", names=", ".join(f"{{{written[name]}}}" for name in lacking)),
            T("Fill every one so: --value {name}", name=f'"{written[lacking[0]]}=…"'),
            field="value",
        )
    return preview(text, values)


def require_signature(name: str, text: str) -> None:
    """Raise UsageError, naming the option, for a variable that a signature does not have."""
    unknown = next((written for gap, written in gaps(text).items() if gap not in OF_SIGNATURES), None)
    if unknown is None:
        _require_paired(name, text)
    else:
        raise UsageError(
            T(
                "{name} has {variable}, which nothing fills: its line would be left out.",
                name=name,
                variable=_in(unknown),
            ),
            T("Use {known}; write {brace} for a brace.", known=", ".join(map(_in, OF_SIGNATURES)), brace="{{"),
            field=name,
        )


def _require_paired(name: str, text: str) -> None:
    """Raise UsageError for a brace that belongs to no variable, or closes what was not opened."""
    left = _PIECE.sub(lambda piece: "" if piece[1] else {"{{": "\0", "}}": "\1"}[piece[0]], text)
    if "{" in left or "}" in left or "\1" in left.split("\0")[0]:
        raise UsageError(
            T("{name} has a brace that belongs to no variable.", name=name),
            T("Use {known}; write {brace} for a brace.", known=", ".join(map(_in, OF_SIGNATURES)), brace="{{"),
            field=name,
        )


def _in(name: str) -> str:
    return f"{{{name}}}"


def escape(text: str) -> str:
    """The text with literal braces."""
    return text.replace("{", "{{").replace("}", "}}")
