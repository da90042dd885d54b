"""Presets of keys and a person's own file of keys. What is wrong in the file is reported and ignored."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from chatapp_cli.domain import given_file
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, Text
from chatapp_cli.tui.keys.keymap import Group, KeyAction, around, built_in, shown

LEADER = "space"
"""The first key of the chords that replace letters in the preset ``plain``; it shows which letters may follow."""
_NAMED = {
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete", "backspace"),
    *("enter", "tab", "escape", "space"),
    *(f"f{n}" for n in range(1, 25)),
}
_LONGEST = 2
"""The most keys in a chord."""
_MODIFIERS = {"ctrl", "shift", "alt"}
_SENT_AS = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+[": "escape", "ctrl+h": "backspace"}
"""Keys that a terminal cannot tell from another one, with that one."""


@dataclass(frozen=True, slots=True)
class KeymapFault:
    """An error in a file of keys, where it stands, and what to do about it."""

    place: str
    what: Text
    next_step: Text


@dataclass(frozen=True, slots=True)
class Keymap:
    """A keymap, and the errors of the file that it was read from."""

    groups: Sequence[Group]
    faults: Sequence[KeymapFault] = ()


def keymap(preset: str = "vim", file: Path | None = None) -> Keymap:
    """A preset, with a person's own keys in place of its keys."""
    groups = _plain(built_in()) if preset == "plain" else built_in()
    if file is None or not file.exists():
        return Keymap(groups)
    try:
        wanted = tomllib.loads(given_file.words(file).decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, UsageError) as error:
        what = T("The file of keys {file} cannot be read: {why}.", file=file, why=error)
        return Keymap(groups, [KeymapFault(file.name, what, T("Correct it: each line is an action and its keys."))])
    return _laid_over(groups, wanted, file.name)


def _plain(groups: Sequence[Group]) -> Sequence[Group]:
    """The same without single letters; an action that has no other key gets its letter after `LEADER`."""
    return tuple(group._replace(actions=tuple(map(_without_letters, group.actions))) for group in groups)


def _without_letters(act: KeyAction) -> KeyAction:
    if act.scope == "composer":
        return act
    kept = [key for key in act.keys if not any(map(_letter, key.split()))]
    behind = [f"{LEADER} {key}" for key in act.keys if _letter(key) and " " not in key and key != "space"]
    return act._replace(keys=tuple(kept or behind[:1] or act.keys))


def _letter(key: str) -> bool:
    return key == "space" or (len(key) == 1 and not key.isdigit())


# A person's own keys


def _laid_over(groups: Sequence[Group], wanted: Mapping[str, object], place: str) -> Keymap:
    known = {act.id: act for group in groups for act in group.actions}
    faults: list[KeymapFault] = []
    own: dict[str, Sequence[str]] = {}
    for name, value in wanted.items():
        keys = [value] if isinstance(value, str) else value
        if fault := _fault(name, keys, known, f"{place}: {name}"):
            faults.append(fault)
        else:
            own[name] = tuple(" ".join(key.split()) for key in keys)  # type: ignore[attr-defined]  # checked above
    while clashing := list(_clashes(_with(groups, own), own, place)):
        faults += [fault for _name, fault in clashing]
        own = {name: keys for name, keys in own.items() if name not in {name for name, _fault in clashing}}
    return Keymap(_with(groups, own), faults)


def _with(groups: Sequence[Group], own: Mapping[str, Sequence[str]]) -> Sequence[Group]:
    return tuple(
        group._replace(actions=tuple(act._replace(keys=own.get(act.id, act.keys)) for act in group.actions))
        for group in groups
    )


def _fault(name: str, keys: object, known: Mapping[str, KeyAction], place: str) -> KeymapFault | None:
    if name not in known:
        near = get_close_matches(name, known, n=1)
        step = T("Did you mean: {name}", name=near[0]) if near else T("See them all with: chatapp keys list")
        return KeymapFault(place, T("There is no action {name}.", name=name), step)
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) and key.strip() for key in keys):
        return KeymapFault(
            place, T("An action needs one key or several."), T("Write it as: {example}", example='["p", "ctrl+p"]')
        )
    return next((fault for key in keys if (fault := _unusable(key, known[name], place))), None)


def _unusable(key: str, act: KeyAction, place: str) -> KeymapFault | None:
    parts = key.split()
    wrong = next((part for part in parts if not _exists(part)), None)
    if wrong is not None or len(parts) > _LONGEST:
        step = T("Press it here to see its name: chatapp keys probe")
        return KeymapFault(place, T("There is no key {key}.", key=wrong or key), step)
    if instead := next((_SENT_AS[part] for part in parts if part in _SENT_AS), None):
        what = T("A terminal sends {instead} for {key}.", instead=shown(instead), key=shown(key))
        return KeymapFault(place, what, T("Choose another key."))
    if act.scope in {"composer", "quick"} and _letter(parts[0]) and key not in act.keys:
        what = T("{key} is a letter of the text there.", key=key)
        return KeymapFault(place, what, T("Choose a key with Ctrl, or one of F1 to F12."))
    return None


def _exists(key: str) -> bool:
    *modifiers, last = key.split("+") if key != "+" else ["+"]
    return set(modifiers) <= _MODIFIERS and (last in _NAMED or (len(last) == 1 and last.isprintable()))


def _clashes(
    groups: Sequence[Group], own: Mapping[str, Sequence[str]], place: str
) -> Iterator[tuple[str, KeymapFault]]:
    """Yield the id of each own action one of whose keys another action of the same place has, with the fault."""
    reported = set()
    for scope in (group.scope for group in groups):
        together = around(scope, groups)
        acts = [act for group in groups if group.scope in together for act in group.actions]
        for mine in (act for act in acts if act.id in own and act.id not in reported):
            other = next(((act, key) for act in acts if act.id != mine.id for key in _shared(mine, act)), None)
            if other is not None:
                reported.add(mine.id)
                yield mine.id, _clash(*other, f"{place}: {mine.id}")


def _shared(one: KeyAction, other: KeyAction) -> Iterator[str]:
    """Keys of the first action that clash with the second's: the same key, or one that begins the other's chord."""
    typing = "composer" in {one.scope, other.scope}
    for key in one.keys:
        for taken in other.keys:
            if key == taken or key in taken.split()[:1] or taken in key.split()[:1]:
                yield from [] if typing and _letter(key.split()[0]) else [key]


def _clash(other: KeyAction, key: str, place: str) -> KeymapFault:
    what = T(
        "{key} is already used there: {help} ({name}).",
        key=shown(key),
        help=T(other.help),
        name=other.id,
    )
    return KeymapFault(place, what, T("Give one of the two another key."))
