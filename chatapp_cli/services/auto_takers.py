"""Whom rules give dialogs to, as rules say it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from chatapp_cli.domain import limits
from chatapp_cli.domain.attendance import Distribution
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import auto_values, operators
from chatapp_cli.store.tx import Tx

ASSIGN: Final = "assign"
DISTRIBUTE: Final = "distribute"
JOIN: Final = "join"
FINDING: Final = frozenset({ASSIGN, DISTRIBUTE})
"""Acts that may find nobody."""
BY_LINE: Final = "line"
_WAYS: Final[Mapping[str, str]] = MappingProxyType(
    {BY_LINE: BY_LINE, "yes": BY_LINE, "": BY_LINE, "evenly": Distribution.EVENLY, "in_order": Distribution.IN_ORDER}
)
_IN_WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        BY_LINE: T("as the line does"),
        Distribution.EVENLY: T("to whoever was given one longest ago"),
        Distribution.IN_ORDER: T("to the first who is there"),
    }
)
_EXAMPLE: Final = "distribute: evenly"


def way(tx: Tx, said: Any) -> str:
    """How a dialog is distributed: as the line says, or ``evenly`` or ``in_order`` whatever it says."""
    del tx
    meant = BY_LINE if said is True else _WAYS.get(said) if isinstance(said, str) else None
    if meant is None:
        raise auto_values.wrong(DISTRIBUTE, said, _EXAMPLE)
    return str(meant)


def way_in_words(said: str) -> Text:
    """How a dialog is distributed, as people read it."""
    return _IN_WORDS.get(said, Text(said))


def operator(kind: str) -> auto_values.Checked:
    """The name of an operator. Raises NotFound."""

    def checked(tx: Tx, said: Any) -> str:
        name: str = auto_values.text(kind, limits.NAME, "Ольга")(tx, said)
        operators.require_somebody(tx, name)
        return name

    return checked
