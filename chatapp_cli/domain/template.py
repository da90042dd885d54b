"""Texts that a provider approves before they may be sent (S-090)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

TemplateState: TypeAlias = Literal["draft", "pending", "approved", "rejected", "paused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text with named gaps, ``{{name}}`` or ``{{1}}``, as the provider knows it."""

    name: str
    language: str = "ru"
    body: str
    category: str = ""
    """The provider's own word, such as ``UTILITY``."""
    state: TemplateState = "draft"
    reason: str = ""
    """Why it was rejected or paused, in the provider's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A template with its gaps filled, ready to be sent."""

    name: str
    language: str
    values: Sequence[tuple[str, str]] = ()
    """Gap and what fills it, in the order of the gaps."""
