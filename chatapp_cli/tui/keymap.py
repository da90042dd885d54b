"""The one keymap file: bindings, hints and help all come from it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from textual.binding import Binding, BindingType

_LATIN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./~QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>?#$^&@"
_RUSSIAN = 'ёйцукенгшщзхъфывапролджэячсмитьбю.ЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,№;:?"'
SAME_KEY = dict(zip(_LATIN, _RUSSIAN, strict=True))
"""What a key types in the Russian layout, by what it types in the Latin one."""

_SHOWN = {
    "escape": "Esc",
    "enter": "Enter",
    "space": "␣",
    "up": "↑",
    "down": "↓",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done by a key."""

    scope: str
    name: str
    keys: Sequence[str]
    help: str
    hint: str = ""
    """Short name for the status bar; empty: not shown there."""


@dataclass(frozen=True, slots=True)
class Group:
    """Actions of one place, as the help shows them."""

    scope: str
    title: str
    actions: Sequence[Action]


@cache
def groups() -> Sequence[Group]:
    """The whole keymap."""
    data = tomllib.loads(resources.files(__package__).joinpath("keymap.toml").read_text("utf-8"))
    return tuple(
        Group(g["scope"], g["title"], tuple(Action(scope=g["scope"], **action) for action in g["actions"]))
        for g in data["groups"]
    )


def actions(*scopes: str) -> Iterator[Action]:
    """The actions of some places."""
    return (action for group in groups() if group.scope in scopes for action in group.actions)


def action(scope: str, name: str) -> Action:
    """One action by its name."""
    return next(found for found in actions(scope) if found.name == name)


def bindings(scope: str) -> list[BindingType]:
    """What Textual shall listen to in a place; the first key of a chord asks for the second one."""
    found = {key: act.name for act in actions(scope) for key in act.keys if " " not in key}
    for first in {key.split()[0] for act in actions(scope) for key in act.keys if _chord(key)}:
        found.setdefault(first, f"app.chord('{first}')")
    return [Binding("comma" if key == "," else key, name, show=False) for key, name in with_russian(found).items()]


def chords(first: str, scopes: Sequence[str]) -> dict[str, Action]:
    """What may follow the first key of a chord."""
    return {
        key.split()[1]: act for act in actions(*scopes) for key in act.keys if _chord(key) and key.split()[0] == first
    }


def _chord(key: str) -> bool:
    """Two keys one after the other; a backslash before Enter is the composer's own affair."""
    return " " in key and not key.startswith("\\")


def with_russian(found: dict[str, str]) -> dict[str, str]:
    """Add what the same keys type in the Russian layout, unless that is a key of its own."""
    russian = {SAME_KEY[key]: name for key, name in found.items() if key in SAME_KEY}
    return {**{key: name for key, name in russian.items() if key not in found}, **found}


def shown(key: str) -> str:
    """A key as people write it."""
    if " " in key:
        return " ".join(shown(part) for part in key.split())
    *modifiers, last = key.split("+") if key != "+" else ["+"]
    last = _SHOWN.get(last, last.upper() if modifiers or (last[0] == "f" and last[1:].isdigit()) else last)
    return "".join({"ctrl": "Ctrl+", "shift": "Shift+"}[m] for m in modifiers) + last
