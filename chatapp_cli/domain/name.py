"""What people may call a line, an operator, a view, a section or a company."""

from __future__ import annotations

from typing import Final
from unicodedata import category

from chatapp_cli.domain import limits
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T

_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Unicode's categories of control characters, of characters without a width, and of line ends."""


def sound(name: str, *, field: str = "name") -> str:
    """A name without the space around it. Raises UsageError for unseen characters, line ends, and too many letters."""
    name = name.strip()
    if any(category(sign) in _UNSEEN for sign in name):
        raise UsageError(
            T("A name has to be one line, without characters that nobody sees."),
            T("Type it anew instead of pasting it."),
            field=field,
        )
    limits.NAME.require(name, field=field)
    return name
