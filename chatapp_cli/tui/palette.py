"""The command palette: all actions at the focus, found by a few letters in either language or layout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from textual.dom import DOMNode

from chatapp_cli.domain.finding import fold
from chatapp_cli.i18n import _
from chatapp_cli.services import dialogs, duties
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.keys.keymap import SAME_KEY, action, actions, shown
from chatapp_cli.tui.listing.listing import Listing
from chatapp_cli.tui.reading.filters import title

ITSELF = "app.palette"
_TYPED = str.maketrans({**SAME_KEY, **{russian: latin for latin, russian in SAME_KEY.items() if russian.isalpha()}})
"""The same keys in the other layout."""
_STEPS = {"down", "up", "page_down", "page_up", "first", "last", "next_pane", "previous_pane"}
_FEW = 3
"""A search of at most so many letters has to occur exactly."""
_ENOUGH = 72
"""How similar the letters have to be, from 0 to 100."""
_WITHIN, _BEGINS, _IS_KEY = 110, 120, 130


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """An entry of the palette."""

    id: str
    words: str
    run: Callable[[], object]
    keys: str = ""
    also: str = ""
    """Other words that it is found by."""


def doable(places: Mapping[str, DOMNode], run: Callable[[str, DOMNode], object]) -> Iterator[PaletteEntry]:
    """The actions of the scopes at the focus, the innermost first; cursor movements come last."""
    found = [act for scope in places for act in actions(scope) if act.id != ITSELF]
    for act in sorted(found, key=lambda act: act.name in _STEPS):
        keys = "  ".join(map(shown, act.keys))
        yield PaletteEntry(
            act.id, _(act.help), partial(run, act.name, places[act.scope]), keys, f"{act.help} {act.name}"
        )


def narrowing(listing: Listing, tags: Iterable[str], operators: Iterable[str]) -> Iterator[PaletteEntry]:
    """Filters of the list by each line, channel, tag and operator."""
    wanted, channels = listing.dialog_filter, listing.overview.channels
    for line, name in {channel.line_id: channel.line for channel in channels}.items():
        yield _filter(listing, _("Line: {name}", name=name), "by_line", line=line, channel=None)
    for channel in channels:
        yield _filter(
            listing, _("Channel: {name}", name=title(channel)), "by_channel", channel=channel.id, line=channel.line_id
        )
    for tag in tags:
        yield _filter(listing, _("Tag: {name}", name=tag), "by_tag", tag=tag)
    for name in operators:
        yield _filter(listing, _("Operator: {name}", name=name), "by_assignee", assignee=name)
    if wanted.assignee != "":
        yield _filter(listing, _("Operator: {name}", name=_("nobody answers")), "by_assignee", assignee="")


def _filter(listing: Listing, words: str, known_as: str, **changes: object) -> PaletteEntry:
    wanted = listing.dialog_filter.but(**changes)
    keys = shown(action("inbox", known_as).keys[0])
    return PaletteEntry(f"{known_as} {words}", words, partial(listing.filter_by, wanted), keys, known_as)


def known(tx: Tx) -> tuple[list[str], list[str]]:
    """All tags and all operators."""
    return dialogs.known_tags(tx), duties.operators(tx)


def ranked(entries: Sequence[PaletteEntry], typed: str) -> list[PaletteEntry]:
    """The entries that match what was typed, the best first; all of them if nothing is typed."""
    if not typed.strip():
        return list(entries)
    spelled = {fold(typed), fold(typed.translate(_TYPED))}

    def fitness(entry: PaletteEntry) -> float:
        if typed.strip() in entry.keys.split("  "):
            return _IS_KEY
        return max(_similarity(letters, text) for letters in spelled for text in _texts(entry))

    scored = [(fitness(entry), -n, entry) for n, entry in enumerate(entries)]
    return [entry for score, _n, entry in sorted(scored, key=lambda one: one[:2], reverse=True) if score >= _ENOUGH]


def _texts(entry: PaletteEntry) -> tuple[str, str]:
    return fold(entry.words), fold(entry.also)


def _similarity(letters: str, text: str) -> float:
    from rapidfuzz.fuzz import partial_ratio

    if f" {letters}" in f" {text}":
        return _BEGINS
    if letters in text:
        return _WITHIN
    return partial_ratio(letters, text) if _FEW < len(letters) <= len(text) else 0
