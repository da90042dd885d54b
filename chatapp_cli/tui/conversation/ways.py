"""The ways to a person: which dialog and channel an answer takes, and which ones messages took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.text import Text

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import _
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.store.rows.people import WayRow
from chatapp_cli.tui.keys.keymap import action, shown
from chatapp_cli.tui.reading.cells import line

if TYPE_CHECKING:
    from chatapp_cli.tui.reading.conversations import Opening
    from chatapp_cli.tui.widgets.message_lines import Route


def routes(opening: Opening) -> Mapping[DialogId, Route]:
    """The mark of each dialog's messages; empty if a single dialog is shown."""
    if len(opening.thread) == 1:
        return {}
    from chatapp_cli.tui.widgets.message_lines import Route

    kinds = Counter(way.kind for way in opening.ways)
    return {way.id: Route(manifest(way.kind), _mark(way, alone=kinds[way.kind] == 1)) for way in opening.ways}


def _mark(way: WayRow, *, alone: bool) -> str:
    label = manifest(way.kind).label
    return label if alone else f"{label} · {line(way.channel)}"


def title(opening: Opening) -> Text:
    """The route of the answer, and the key that changes it if the person has other dialogs."""
    card = opening.card
    route = Text(f"→ {manifest(card.kind).label} · {line(card.channel)}")
    if (others := len(opening.ways) - 1) > 0:
        key = shown(action("inbox", "way").keys[0])
        route.append(f"  {key} {_('{n} more', n=others)}")
    return route


def next_dialog(opening: Opening, step: int = 1) -> DialogId | None:
    """The next dialog of the person, in the order of ids; ``None`` if there is no other."""
    known = sorted(way.id for way in opening.ways)
    if len(known) < 2:  # noqa: PLR2004 - one has no next
        return None
    return known[(known.index(opening.card.id) + step) % len(known)]
