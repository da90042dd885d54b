"""The one keymap: bindings, hints, help, palette and the page of keys all come from it.

What stands in ``places.PLACES`` is bound when the classes are made; a preset or a person's own keys replace it while
the window starts, by the bindings' ids (`replaced`), and everything that shows keys asks for those in use.
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
"""What a key types in the Russian layout, by what it types in the Latin one."""

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
    """One thing that can be done by a key."""

    scope: str
    name: str
    keys: Sequence[str]
    help: str
    hint: str = ""
    """Short name for the status bar; empty: not shown there."""

    @property
    def id(self) -> str:
        """What a file of keys calls it."""
        return f"{self.scope}.{self.name}"


class Group(NamedTuple):
    """Actions of one place, as the help shows them."""

    scope: str
    title: str
    actions: Sequence[KeyAction]
    inside: str = "app"
    """The place around this one, whose keys work here too; empty: none does."""


@cache
def built_in() -> Sequence[Group]:
    """The keymap as it comes."""
    return tuple(
        Group(place.scope, place.title, tuple(KeyAction(place.scope, *act) for act in place.acts), place.inside)
        for place in PLACES
    )


_used: Sequence[Group] | None = None


def use(keymap: Sequence[Group] | None) -> None:
    """Show these keys from now on, in the whole process; ``None``: those that are built in."""
    global _used
    _used = keymap


def groups() -> Sequence[Group]:
    """The keymap in use."""
    return _used or built_in()


def around(scope: str, keymap: Sequence[Group]) -> list[str]:
    """A place and those around it, whose keys work in it together."""
    inside = {group.scope: group.inside for group in keymap}
    found = [scope]
    while inside.get(found[-1]):
        found.append(inside[found[-1]])
    return found


def actions(*scopes: str) -> Iterator[KeyAction]:
    """The actions of some places."""
    return (action for group in groups() if group.scope in scopes for action in group.actions)


def action(scope: str, name: str) -> KeyAction:
    """One action by its name."""
    return next(found for found in actions(scope) if found.name == name)


def key(scope: str, name: str) -> str:
    """The first key of an action, as people write it."""
    return shown(action(scope, name).keys[0])


def bindings(scope: str) -> list[BindingType]:
    """What Textual shall listen to in a place, each with the id by which another key can take its place."""
    acts = [act for group in built_in() if group.scope == scope for act in group.actions]
    ids = {act.name: act.id for act in acts}
    found = {key: act.name for act in acts for key in act.keys if " " not in key}
    return [Binding(_bound(key), name, show=False, id=ids[name]) for key, name in with_russian(found).items()]


def over_a_page(scope: str) -> list[BindingType]:
    """What Textual shall listen to on a page that lies over another, where no other key of everywhere is heard."""
    found = [one for one in bindings("app") if isinstance(one, Binding) and one.id == "app.palette"]
    return [*bindings(scope), *(replace(one, action="app.palette") for one in found)]


_NO_KEY = "none"
"""A name that no key has: all keys of the action are chords."""


def replaced() -> dict[str, str]:
    """The keys in use that are not the built-in ones, by the ids of their bindings."""
    known = {act.id: act.keys for group in built_in() for act in group.actions}
    found = {}
    for group in groups():
        typed = with_russian({key: act.id for act in group.actions for key in act.keys if " " not in key})
        for act in group.actions:
            if list(act.keys) != list(known[act.id]):
                found[act.id] = ",".join(_bound(key) for key, name in typed.items() if name == act.id) or _NO_KEY
    return found


def chords(first: str, scopes: Sequence[str]) -> dict[str, KeyAction]:
    """What may follow the first key of a chord."""
    return {
        key.split()[1]: act for act in actions(*scopes) for key in act.keys if _chord(key) and key.split()[0] == first
    }


def first_keys() -> dict[str, str]:
    """The keys that begin a chord, each with all that it types."""
    found = {key.split()[0] for group in groups() for act in group.actions for key in act.keys if _chord(key)}
    return {key: ",".join(map(_bound, with_russian({key: key}))) for key in sorted(found)}


def _bound(key: str) -> str:
    return "comma" if key == "," else key


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
    return "".join({"ctrl": "Ctrl+", "shift": "Shift+", "alt": "Alt+"}.get(m, m + "+") for m in modifiers) + last
