"""The tree on the page of CRMs: each link with its pairings, and with what it is still to tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual.widgets import OptionList

from chatapp_cli.domain.crm.states import Tells
from chatapp_cli.kit.crms import manifest

if TYPE_CHECKING:
    from chatapp_cli.store.rows.crm import LinkRow, PairingRow, ShownEntryRow
    from chatapp_cli.tui.widgets.link_words import LinkWords

_FITTING: Mapping[str, Collection[str]] = MappingProxyType(
    {
        "": (),
        "link": ("attach", "renew", "check", "resume", "catch_up", "rules", "people", "robots", "letter", "unlink"),
        "pairing": ("attach", "open", "check", "detach", "mend", "history"),
        "entry": ("retry", "drop"),
    }
)
"""What can be done with what is chosen; the bar shows the keys of that."""
_NARROWEST = 34
_BESIDE = 3
"""Cells of a row's padding and of the scrollbar."""
_EVERY = frozenset(act for acts in _FITTING.values() for act in acts)


class CrmTree(OptionList):
    """The tree, and which row of it is chosen."""

    def __init__(self) -> None:
        super().__init__(id="tree", markup=False)
        self.links: Sequence[LinkRow] = ()
        self.pairings: Sequence[PairingRow] = ()
        self.entries: Sequence[ShownEntryRow] = ()

    def show(
        self,
        words: LinkWords,
        links: Sequence[LinkRow],
        pairings: Sequence[PairingRow],
        entries: Sequence[ShownEntryRow],
    ) -> None:
        """Show these, the same place chosen as before."""
        self.links, self.pairings, self.entries = links, pairings, entries
        chosen = self.highlighted
        self.clear_options()
        self.add_options(words.tree(links, pairings, entries, self._room()))
        self.highlighted = min(chosen or 0, self.option_count - 1) if self.option_count else None

    def is_paired(self, link: LinkRow) -> bool:
        """Whether any channel is paired with a link."""
        return any(one.link_id == link.id for one in self.pairings)

    def _room(self) -> int:
        """Cells of a row, before the first layout those of the narrowest tree."""
        return (self.size.width or _NARROWEST) - _BESIDE

    def _chosen(self) -> tuple[str, int]:
        if self.highlighted is None:
            return "", 0
        kind, _space, number = (self.get_option_at_index(self.highlighted).id or "").partition(" ")
        return kind, int(number or 0)

    @property
    def entry(self) -> ShownEntryRow | None:
        """The chosen entry."""
        kind, number = self._chosen()
        return next((row for row in self.entries if kind == "entry" and row.id == number), None)

    @property
    def pairing(self) -> PairingRow | None:
        """The chosen pairing."""
        kind, number = self._chosen()
        return next((row for row in self.pairings if kind == "pairing" and row.id == number), None)

    @property
    def chosen(self) -> tuple[LinkRow | None, PairingRow | None, ShownEntryRow | None]:
        """All three."""
        return self.link, self.pairing, self.entry

    @property
    def link(self) -> LinkRow | None:
        """The chosen link, or that of the chosen pairing or entry."""
        kind, number = self._chosen()
        below = self.pairing or self.entry
        wanted = number if kind == "link" else None if below is None else below.link_id
        return next((row for row in self.links if row.id == wanted), None)

    def unfit(self) -> Sequence[str]:
        """The actions of the page that what is chosen does not allow."""
        fitting, link = set(_FITTING[self._chosen()[0]]), self.link
        if link is not None:
            about = manifest(link.kind)
            fitting -= {"catch_up", "mend"} if about.one_way_of(link.settings) else set()
            fitting -= set() if about.has_robots(link.settings) else {"robots"}
            fitting -= {"letter"} if about.letter is None else set()
            fitting -= set() if Tells.HISTORY in about.tells_of(link.settings) else {"history"}
        return [f"crm.{act}" for act in sorted(_EVERY - fitting)]
