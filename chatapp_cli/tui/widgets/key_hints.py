"""The keys in the status bar: on as many lines as a page allows, and never without the way out and the help."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from chatapp_cli.i18n import _
from chatapp_cli.tui.keys.keymap import KeyAction, actions, shown


class KeyHint(NamedTuple):
    """A key and the short name of what it does."""

    key: str
    words: str
    kept: bool
    """Whether it is shown however little room there is."""
    common: bool
    """Whether it works everywhere and may be left out before anything of the page."""

    @property
    def width(self) -> int:
        """In cells."""
        return cell_len(self.key + self.words)


def hints(scopes: Collection[str], *, typing: bool, without: Collection[str]) -> Sequence[KeyHint]:
    """The hints of some scopes, except of some actions by their ids; while something is typed, no letters."""
    return tuple(_hints(scopes, typing=typing, without=without))


def _hints(scopes: Collection[str], *, typing: bool, without: Collection[str]) -> Iterator[KeyHint]:
    for act in (act for scope in scopes for act in actions(scope)):
        key = next((key for key in act.keys if not typing or _works_while_typing(key)), None)
        if act.hint and key is not None and act.id not in without:
            yield KeyHint(f" {shown(key)}", f" {_(act.hint)} ", _is_kept(act), act.scope == "app")


def _is_kept(act: KeyAction) -> bool:
    return "escape" in act.keys or act.id == "app.help"


def _works_while_typing(key: str) -> bool:
    return len(key) > 1 and " " not in key and key != "space"


def needed(found: Sequence[KeyHint], width: int) -> int:
    """How many lines the hints of the page itself take, with the way out and the help."""
    return len(_broken([hint for hint in found if hint.kept or not hint.common], width))


def fitted(found: Sequence[KeyHint], width: int, most: int) -> Sequence[Sequence[KeyHint]]:
    """At most so many lines of hints: the last ones are left out until the others fit."""
    left = list(found)
    while len(lines := _broken(left, width)) > most:
        gone = next((hint for hint in reversed(left) if not hint.kept), None)
        if gone is None:
            return lines[:most]
        left.remove(gone)
    return lines


def _broken(found: Sequence[KeyHint], width: int) -> list[list[KeyHint]]:
    lines: list[list[KeyHint]] = [[]]
    for hint in found:
        if lines[-1] and sum(one.width for one in lines[-1]) + hint.width > width:
            lines.append([])
        lines[-1].append(hint)
    return lines
