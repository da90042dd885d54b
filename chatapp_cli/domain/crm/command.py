"""What a CRM answers to a command that only it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatapp_cli.domain.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAnswer:
    """The answer, for a person and for a program."""

    lines: Sequence[Text]
    document: Any
    """The same as JSON can hold it."""
