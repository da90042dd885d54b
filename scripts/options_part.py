"""The table of options in ``docs/operations.md``, from ``domain/option.py``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chatapp_cli.domain.form import Field
from chatapp_cli.domain.option import OptionLevel, declared
from scripts.parts import table


def render(_root: Path) -> str:
    """Each option with what may have it; those of a kind of channel stand on the channel's page."""
    known: Mapping[str, Field] = {name: field for level in OptionLevel for name, field in declared(level).items()}
    return table(("option", "of", "meaning"), ((f"`{name}`", _of(name), _words(one)) for name, one in known.items()))


def _of(name: str) -> str:
    return ", ".join(level for level in OptionLevel if name in declared(level))


def _words(field: Field) -> str:
    return str(field.label) if field.hint is None else f"{field.label}. {field.hint}"
