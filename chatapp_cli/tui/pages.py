"""The pages beside the inbox, each imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatapp_cli.tui.hands import Hands

PAGES = {
    "begin": "begin.BeginScreen",
    "lines": "lines.LinesScreen",
    "troubles": "troubles.TroublesScreen",
    "operators": "operators.OperatorsScreen",
    "people": "people.PeopleScreen",
    "replies": "replies.RepliesScreen",
    "find": "search.SearchScreen",
}


def page_named(name: str) -> type[Hands]:
    """The class of a page."""
    module, _dot, page = PAGES[name].partition(".")
    found: type[Hands] = getattr(import_module(f"{__package__}.screens.{module}"), page)
    return found
