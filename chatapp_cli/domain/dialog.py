"""Filters of the dialog list, each declared once.

Command line, the window's page and its chips, saved views and the store loop over these declarations. To add a
filter, declare it here and add its condition to ``store/dialog_list.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, dataclass_transform

from chatapp_cli.domain.ids import ChannelId, LineId, Millis
from chatapp_cli.domain.text import T, Text

NOTHING = Text("")
MOST_AT_ONCE = 1000
"""The most dialogs that one key of the window changes."""
TOGETHER = 50
"""Dialogs that one write changes: all of them, or none if one refuses.

Arrivals wait for it: on PostgreSQL, where each dialog takes half a millisecond, for hundredths of a second.
"""


class FilterKind(Enum):
    """How a person chooses a filter's value."""

    FLAG = "flag"
    LINE = "line"
    CHANNEL = "channel"
    TAG = "tag"
    OPERATOR = "operator"
    MOMENT = "moment"
    TEXT = "text"
    INNER = "inner"
    """Set by the program only."""


@dataclass(eq=False)
class Filter:
    """A filter and its name in each place; a place without a name does not show it."""

    kind: FilterKind
    default: Any
    help: Text = NOTHING
    """Of the command's option."""
    option: str = ""
    """Of the command line; by default two dashes and the name, with dashes between its words."""
    row: Text = NOTHING
    """Its name on the window's page of filters."""
    chip: Text = NOTHING
    """The text of a flag above the list, or of a moment with its ``{time}``; other kinds show their value."""
    name: str = ""

    @property
    def flag(self) -> str:
        """Its option on the command line."""
        return self.option or f"--{self.name.replace('_', '-')}"

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, wanted: Any, owner: type) -> Any:
        return self if wanted is None else wanted.chosen.get(self.name, self.default)


def declared(kind: FilterKind, *, default: Any, **words: Any) -> Any:
    """A filter, as an attribute of :class:`DialogFilter`."""
    return Filter(kind, default, **words)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(declared,))
class _FilterValues:
    """Immutable values by filter name; filters with their default value are left out."""

    __slots__ = ("chosen",)
    chosen: Mapping[str, Any]

    def __init__(self, **values: Any) -> None:
        known = {one.name: one for one in filters()}
        if strange := values.keys() - known.keys():
            raise TypeError(f"no such filter: {', '.join(sorted(strange))}")
        chosen = {name: values[name] for name, one in known.items() if name in values and values[name] != one.default}
        object.__setattr__(self, "chosen", chosen)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a filter cannot be changed: {name}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _FilterValues) and self.chosen == other.chosen

    def __hash__(self) -> int:
        return hash(tuple(self.chosen.items()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.chosen.items())})"


class DialogFilter(_FilterValues):
    """Filters that combine (S-117); unset ones do not matter. Blocked dialogs are shown only on request.

    The order of the declarations is that of the command's help.
    """

    __slots__ = ()

    line: LineId | None = declared(
        FilterKind.LINE, default=None, help=T("Line by name or number; not needed with only one"), row=T("Line")
    )
    channel: ChannelId | None = declared(
        FilterKind.CHANNEL, default=None, help=T("Channel by kind, account or number"), row=T("Channel")
    )
    kind: str = declared(FilterKind.INNER, default="")
    """Kind of the channel, for the «messenger» filter."""
    tag: str = declared(FilterKind.TAG, default="", help=T("With this tag"), row=T("Tag"))
    unread: bool = declared(FilterKind.FLAG, default=False, help=T("Only unread"), row=T("Unread"))
    waiting: bool = declared(
        FilterKind.FLAG, default=False, help=T("Only unanswered, the longest waiting first"), row=T("Unanswered")
    )
    """Unanswered, the longest waiting first."""
    pinned: bool = declared(FilterKind.FLAG, default=False, help=T("Only pinned"), row=T("Pinned"), chip=T("pinned"))
    blocked: bool = declared(
        FilterKind.FLAG, default=False, help=T("Only those on the blacklist"), row=T("Blacklist"), chip=T("blacklist")
    )
    assignee: str | None = declared(
        FilterKind.OPERATOR,
        default=None,
        help=T("Assignee: a name, «me» or «nobody»"),
        row=T("Answers"),
    )
    """The assignee; empty: dialogs without one."""
    snoozed: bool = declared(
        FilterKind.FLAG, default=False, help=T("Only snoozed"), row=T("Snoozed"), chip=T("snoozed")
    )
    """Snoozed dialogs; other filters leave them out unless a text is searched for."""
    wherever: bool = declared(FilterKind.INNER, default=False)
    """Include snoozed dialogs: a search in messages."""
    since: Millis | str | None = declared(
        FilterKind.MOMENT,
        default=None,
        option="--from",
        help=T("Last message since: 2026-12-01, or 7d ago"),
        row=T("Last message since"),
        chip=T("since {time}"),
    )
    """The last message is not older than this moment, or than what these words mean whenever the filter is used."""
    until: Millis | str | None = declared(
        FilterKind.MOMENT,
        default=None,
        help=T("Last message before: 2026-12-01, or 7d ago"),
        row=T("Last message before"),
        chip=T("before {time}"),
    )
    """The last message is older."""
    text: str = declared(
        FilterKind.TEXT, default="", option="--search", help=T("Part of a name, phone, e-mail or username")
    )
    """Part of a name, phone, e-mail or username (S-116)."""

    def but(self, **changes: Any) -> DialogFilter:
        """A copy with other values; a default value removes a filter."""
        return DialogFilter(**{**self.chosen, **changes})


def filters() -> list[Filter]:
    """Every filter, in the order of the declarations."""
    return [one for one in vars(DialogFilter).values() if isinstance(one, Filter)]


def rows() -> list[Filter]:
    """Those of the window's page, in its order."""
    return _ordered((one for one in filters() if one.row is not NOTHING), _ROWS)


def chips() -> list[Filter]:
    """Those that the line above the list names, in its order."""
    return _ordered((one for one in filters() if one.kind in _NAMED or one.chip is not NOTHING), _CHIPS)


_ROWS = ("assignee", "tag", "line", "channel", "waiting")
_CHIPS = ("line", "channel", "tag", "assignee", "pinned", "since", "until", "snoozed", "blocked")
"""These come first; the others follow as they are declared."""
_NAMED = {FilterKind.LINE, FilterKind.CHANNEL, FilterKind.TAG, FilterKind.OPERATOR}


def _ordered(found: Iterable[Filter], first: tuple[str, ...]) -> list[Filter]:
    return sorted(found, key=lambda one: first.index(one.name) if one.name in first else len(first))
