"""Texts that a provider approves before they may be sent (S-090)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T

_GAP: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")

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
    """The value of each gap, in their order."""


def gaps(body: str) -> Sequence[str]:
    """The names of a text's gaps, each once: numbers sorted, words in the order of the text."""
    found = list(dict.fromkeys(_GAP.findall(body)))
    return sorted(found, key=int) if all(name.isdecimal() for name in found) else found


def fill(template: Template, values: Mapping[str, str]) -> tuple[Filled, str]:
    """A filled template and the text that the client will read. Raises UsageError, which names missing values."""
    wanted = gaps(template.body)
    missing = [name for name in wanted if not values.get(name, "").strip()]
    if missing:
        raise UsageError(
            T("Nothing fills {gaps} in the template {name}.", gaps=_listed(missing), name=template.name),
            T("Fill every gap so: --value {gap}=TEXT", gap=missing[0]),
            field="value",
        )
    if unknown := [name for name in values if name not in wanted]:
        raise UsageError(
            T("The template {name} has no gap {gaps}.", gaps=_listed(unknown), name=template.name),
            T("Its gaps: {gaps}", gaps=_listed(wanted) or "-"),
            field="value",
        )
    ready = tuple((name, values[name].strip()) for name in wanted)
    filled = Filled(name=template.name, language=template.language, values=ready)
    return filled, _GAP.sub(lambda gap: dict(ready)[gap[1]], template.body)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"{{{{{name}}}}}" for name in names)
