"""Regular expressions that end: after twenty milliseconds a search is given up, and only the beginning is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from chatapp_cli.domain import limits
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T

if TYPE_CHECKING:
    from chatapp_cli.domain.dialog_condition import Searches

LONGEST: Final = 0.02
"""Seconds of a search."""
MOST: Final = 4_000
"""Characters that are looked at."""
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled regular expression, which looks for letters of either case."""

    compiled: Any

    def found(self, text: str) -> str:
        """The first place that fits; empty if there is none. Raises TimeoutError after ``LONGEST``."""
        there = self.compiled.search(text[:MOST], timeout=LONGEST)
        return there[0][:_SHOWN] if there else ""


@lru_cache(maxsize=1_000)
def expression(pattern: str) -> Searches:
    """An expression as somebody wrote it. Raises UsageError for one that is none, or fits everything."""
    import regex

    limits.SEARCH.require(pattern, field="match")
    try:
        compiled = regex.compile(pattern, regex.IGNORECASE | regex.V1)
        fits_empty = compiled.search("", timeout=LONGEST)
    except (regex.error, TimeoutError, RecursionError, OverflowError) as error:
        raise UsageError(
            T("{pattern} is no regular expression: {error}", pattern=pattern, error=str(error)),
            T("Such as: заказ\\s+№?\\s*\\d+"),
            field="match",
        ) from error
    if fits_empty:
        raise UsageError(
            T("{pattern} fits an empty text too.", pattern=pattern),
            T("Ask for something that has to be there."),
            field="match",
        )
    return Expression(compiled)
