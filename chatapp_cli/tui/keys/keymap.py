"""The keymap, from which bindings, hints, help and the command palette are made.

Widgets bind the keys of ``places.PLACES`` when their classes are defined. When the window starts, a preset or a
person's own keys replace them by the ids of the bindings (`replaced`). Everything that shows keys asks `groups`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from textual.binding import Binding, BindingType

from chatapp_cli.tui.keys.places import PLACES

_LATIN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./~QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>?#$^&@"
_RUSSIAN = 'ёйцукенгшщзхъфывапролджэячсмитьбю.ЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,№;:?"'
SAME_KEY = dict(zip(_LATIN, _RUSSIAN, strict=True))
"""Latin character of a key → Russian character of the same key."""

_SHOWN = {
    "escape": "Esc",
    "enter": "Enter",
    "space": "␣",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    "insert": "Ins",
    "delete": "Del",
    "backspace": "⌫",
}


class KeyAction(NamedTuple):
    """An action and its keys."""

    scope: str
    name: str
    keys: Sequence[str]
    help: str
    hint: str = ""
    """Short name for the status bar; empty if it is not shown there."""

    @property
    def id(self) -> str:
        """Its name in a file of keys."""
        return f"{self.scope}.{self.name}"


class Group(NamedTuple):
    """The actions of one scope, as the help shows them."""

    scope: str
    title: str
    actions: Sequence[KeyAction]
    inside: str = "app"
    """The enclosing scope, whose keys work here too; empty if there is none."""


@cache
def built_in() -> Sequence[Group]:
    """The keymap without presets and own keys."""
    return tuple(
        Group(place.scope, place.title, tuple(KeyAction(place.scope, *act) for act in place.acts), place.inside)
        for place in PLACES
    )


_used: Sequence[Group] | None = None


def use(keymap: Sequence[Group] | None) -> None:
    """Use a keymap in the whole process; ``None`` is the built-in one."""
    global _used
    _used = keymap


def groups() -> Sequence[Group]:
    """The keymap in use."""
    return _used or built_in()


def around(scope: str, keymap: Sequence[Group]) -> list[str]:
    """A scope and its enclosing ones, the innermost first; the keys of all of them work there."""
    inside = {group.scope: group.inside for group in keymap}
    found = [scope]
    while inside.get(found[-1]):
        found.append(inside[found[-1]])
    return found


def actions(*scopes: str) -> Iterator[KeyAction]:
    """The actions of some scopes."""
    return (action for group in groups() if group.scope in scopes for action in group.actions)


def action(scope: str, name: str) -> KeyAction:
    """An action by its name."""
    return next(found for found in actions(scope) if found.name == name)


def key(scope: str, name: str) -> str:
    """The first key of an action as it is shown, such as Ctrl+P."""
    return shown(action(scope, name).keys[0])


def bindings(scope: str) -> list[BindingType]:
    """Textual's bindings of a scope; their ids are those that `replaced` names."""
    acts = [act for group in built_in() if group.scope == scope for act in group.actions]
    ids = {act.name: act.id for act in acts}
    found = {key: act.name for act in acts for key in act.keys if " " not in key}
    return [Binding(_bound(key), name, show=False, id=ids[name]) for key, name in with_russian(found).items()]


def over_a_page(scope: str) -> list[BindingType]:
    """Textual's bindings of a page that lies over another one: of the keys of everywhere only the palette's."""
    found = [one for one in bindings("app") if isinstance(one, Binding) and one.id == "app.palette"]
    return [*bindings(scope), *(replace(one, action="app.palette") for one in found)]


_NO_KEY = "none"
"""The name of no key, for an action that has only chords."""


def replaced() -> dict[str, str]:
    """Binding id → keys, for the actions whose keys differ from the built-in ones."""
    known = {act.id: act.keys for group in built_in() for act in group.actions}
    found = {}
    for group in groups():
        typed = with_russian({key: act.id for act in group.actions for key in act.keys if " " not in key})
        for act in group.actions:
            if list(act.keys) != list(known[act.id]):
                found[act.id] = ",".join(_bound(key) for key, name in typed.items() if name == act.id) or _NO_KEY
    return found


def chords(first: str, scopes: Sequence[str]) -> dict[str, KeyAction]:
    """The actions of chords that begin with a key, by the second key."""
    return {
        key.split()[1]: act for act in actions(*scopes) for key in act.keys if _chord(key) and key.split()[0] == first
    }


def first_keys() -> dict[str, str]:
    """The first keys of chords, each with Textual's names for it in both layouts, joined by commas."""
    found = {key.split()[0] for group in groups() for act in group.actions for key in act.keys if _chord(key)}
    return {key: ",".join(map(_bound, with_russian({key: key}))) for key in sorted(found)}


def _bound(key: str) -> str:
    return "comma" if key == "," else key


def _chord(key: str) -> bool:
    """Whether it is two keys in sequence; the composer itself handles a backslash before Enter."""
    return " " in key and not key.startswith("\\")


def with_russian(found: dict[str, str]) -> dict[str, str]:
    """The same mapping with the Russian characters of the keys, unless such a character is already in it."""
    russian = {SAME_KEY[key]: name for key, name in found.items() if key in SAME_KEY}
    return {**{key: name for key, name in russian.items() if key not in found}, **found}


def shown(key: str) -> str:
    """A key as it is shown to people."""
    if " " in key:
        return " ".join(shown(part) for part in key.split())
    *modifiers, last = key.split("+") if key != "+" else ["+"]
    last = _SHOWN.get(last, last.upper() if modifiers or (last[0] == "f" and last[1:].isdigit()) else last)
    return "".join({"ctrl": "Ctrl+", "shift": "Shift+", "alt": "Alt+"}.get(m, m + "+") for m in modifiers) + last
