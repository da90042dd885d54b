"""What rules of CRMs and rules of automation have in common: names, sources, and conditions that can never fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from chatapp_cli.domain import limits, rule_checks
from chatapp_cli.domain.condition import Condition, OnSource
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.name import sound
from chatapp_cli.domain.text import T
from chatapp_cli.services import rule_words
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.store.rows.automation import NamedChannel, NamedLine
from chatapp_cli.store.tx import Tx

NO_KINDS: Final[Mapping[str, str]] = MappingProxyType({})


def source_names(tx: Tx, folder: Path | None, kinds: Mapping[str, str] = NO_KINDS) -> SourceNames:
    """What conditions may name; ``folder``: where the company keeps calendars, ``kinds``: how people call kinds."""
    every = tx.all(NamedChannel, "rules.channels")
    return SourceNames(
        lines=dict(tx.all(NamedLine, "rules.lines")),
        channels={row.id: row.title for row in every},
        folder=folder,
        kinds=kinds,
        sources={row.id: OnSource(row.line_id, row.kind, row.id) for row in every},
    )


def sound_name(name: str) -> str:
    """The name of a rule as it is kept. Raises UsageError."""
    name = sound(name)
    if not name:
        raise UsageError(T("A rule needs a name."), T("Say what it is for, such as: Sales"), field="name")
    limits.NAME.require(name, field="name")
    return name


def require_possible(name: str, condition: Condition) -> None:
    """Raise UsageError for a condition that can never hold."""
    if (two := rule_checks.contradiction(condition)) is not None:
        raise _never(name, *two)


def _never(name: str, one: Condition, other: Condition) -> UsageError:
    """Why a rule can never fit."""
    if one == other:
        what = T("The rule {name} can never fit: there is no time {one}.", name=name, one=rule_words.part(one))
        return UsageError(what, T("Say other hours or days."), field="if")
    said = {"one": rule_words.part(one), "other": rule_words.part(other)}
    return UsageError(
        T("The rule {name} can never fit, because these exclude each other: {one}; {other}.", name=name, **said),
        T("Leave one of them out, or make two rules of it."),
        field="if",
    )
