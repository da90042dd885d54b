"""Marks of dialogs in the list that are not in their rows: colleagues, drafts, picked ones."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from rich.style import Style

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import _
from chatapp_cli.tui.themes import PaintStyles

Piece = tuple[str, Style]


class DialogBadges(NamedTuple):
    """The badges of one dialog."""

    looking: bool = False
    writing: bool = False
    draft: bool = False
    picked: bool = False

    def colleagues(self, styles: PaintStyles) -> list[Piece]:
        """The sign of a colleague who looks at the dialog or writes in it."""
        if self.writing:
            return [(" ✎", styles.warn)]
        return [(" ◎", styles.muted)] if self.looking else []

    def unsent(self, styles: PaintStyles) -> list[Piece]:
        """The sign of a draft."""
        return [(_("draft") + " ", styles.warn)] if self.draft else []


NOTHING = DialogBadges()


class ListBadges(NamedTuple):
    """The badges of all dialogs."""

    looking: Collection[DialogId] = frozenset()
    writing: Collection[DialogId] = frozenset()
    drafts: Collection[DialogId] = frozenset()

    def of(self, dialog: DialogId, *, picked: bool = False) -> DialogBadges:
        """The badges of one dialog."""
        if not (picked or dialog in self.looking or dialog in self.drafts):
            return NOTHING
        return DialogBadges(dialog in self.looking, dialog in self.writing, dialog in self.drafts, picked)
