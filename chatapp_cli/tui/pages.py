"""The pages that a key of the inbox opens, each imported when it is first opened."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatapp_cli.tui.action_page import ActionPage

PAGES = {
    "begin": "begin.BeginScreen",
    "lines": "lines.LinesScreen",
    "troubles": "troubles.TroublesScreen",
    "operators": "operators.OperatorsScreen",
    "people": "people.PeopleScreen",
    "replies": "replies.RepliesScreen",
    "automation": "automation.AutomationScreen",
    "mail": "mail.MailScreen",
    "crm": "crm.CrmScreen",
    "find": "search.SearchScreen",
}


def page_named(name: str) -> type[ActionPage]:
    """The class of a page."""
    module, _dot, page = PAGES[name].partition(".")
    found: type[ActionPage] = getattr(import_module(f"{__package__}.screens.{module}"), page)
    return found
