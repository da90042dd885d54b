"""A part of the client's card: their other dialogs, and who may be the same person (S-119)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.style import Style
from rich.text import Text

from chatapp_cli.i18n import _, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services.persons import Person, Suggestion
from chatapp_cli.store.rows.people import WayRow
from chatapp_cli.tui.keys.keymap import action, shown
from chatapp_cli.tui.reading.cells import cut, line
from chatapp_cli.tui.reading.conversations import Opening
from chatapp_cli.tui.themes import PaintStyles

WIDTH = 31
_FEW = 2
"""The most suggestions on a card; after a decision the next one is shown."""


def related_people(opening: Opening, styles: PaintStyles) -> Text:
    """Who may be the same person, and the person's dialogs if there are several; empty if there is neither."""
    pieces = [*_suggested(opening.alike, styles), *(_ways(opening, styles) if len(opening.ways) > 1 else ())]
    return Text.assemble(*pieces)


def _ways(opening: Opening, styles: PaintStyles) -> Iterator[tuple[str, Style]]:
    yield f"\n{_('Their dialogs')}\n", styles.faint
    for way in sorted(opening.ways):
        yield from _way(way, styles, here=way.id == opening.card.id)
    yield from _hints(styles)


def _way(way: WayRow, styles: PaintStyles, *, here: bool) -> Iterator[tuple[str, Style]]:
    yield ("▸ " if here else "  "), styles.accent
    yield cut(f"{manifest(way.kind).label} · {line(way.channel)}", WIDTH - 6), styles.strong if here else styles.plain
    yield (f" ✉ {way.unread}" if way.unread else ""), styles.accent
    yield f"\n  {cut(line(way.address), WIDTH - 2)}\n", styles.muted


def _hints(styles: PaintStyles) -> Iterator[tuple[str, Style]]:
    yield f"{_key('way')} ", styles.accent
    yield f"{_('the next')}  ", styles.muted
    yield f"{_key('join')} ", styles.accent
    yield f"{_('as one')}\n", styles.muted


def _suggested(alike: Sequence[Suggestion], styles: PaintStyles) -> Iterator[tuple[str, Style]]:
    for n, one in enumerate(alike[:_FEW]):
        yield f"\n{_('Perhaps the same person')}\n" if n == 0 else "\n", styles.warn
        yield cut(line(one.other.name), WIDTH) + "\n", styles.strong
        yield cut(_where(one.other), WIDTH) + "\n", styles.muted
        for reason in one.reasons:
            yield f"≈ {cut(line(show(reason.reason)), WIDTH - 2)}\n", styles.plain
        if n == 0:
            yield from _choice(styles)


def _choice(styles: PaintStyles) -> Iterator[tuple[str, Style]]:
    yield f"{_action_key('same')} ", styles.accent
    yield f"{_('the same')}  ", styles.muted
    yield f"{_action_key('not_same')} ", styles.accent
    yield f"{_('somebody else')}\n", styles.muted


def _where(other: Person) -> str:
    return ", ".join(dict.fromkeys(f"{manifest(way.kind).label} {line(way.address)}" for way in other.ways))


def _key(name: str) -> str:
    return shown(action("inbox", name).keys[0])


def _action_key(name: str) -> str:
    return _key(f"deed({name!r})")
