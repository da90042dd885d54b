"""Rules of automation, and what became of their acts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chatapp_cli.i18n import show
from chatapp_cli.services import auto_form

if TYPE_CHECKING:
    from chatapp_cli.services.auto_rules import AutoRule
    from chatapp_cli.services.conditions import SourceNames


def rule(one: AutoRule, place: int, names: SourceNames) -> Mapping[str, Any]:
    """A rule as a file has it, with its number and place, and what is wrong with it."""
    return {
        "id": one.id,
        "place": place,
        "about": "",
        "line": None,
        **auto_form.document(one, names),
        "works": one.works,
        "problem": None if one.problem is None else show(one.problem.what),
        "halted": None if one.halted is None else show(one.halted),
    }
