"""What stands beside dialogs in the list and is not in their rows: colleagues, drafts, what was picked out."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from rich.style import Style

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import _
from chatapp_cli.tui.themes import PaintStyles

Piece = tuple[str, Style]


class DialogBadges(NamedTuple):
    """The marks of one dialog."""

    looking: bool = False
    writing: bool = False
    draft: bool = False
    picked: bool = False

    def colleagues(self, styles: PaintStyles) -> list[Piece]:
        """Whether a colleague is there."""
        if self.writing:
            return [(" ✎", styles.warn)]
        return [(" ◎", styles.muted)] if self.looking else []

    def unsent(self, styles: PaintStyles) -> list[Piece]:
        """Whether something was begun there."""
        return [(_("draft") + " ", styles.warn)] if self.draft else []


NOTHING = DialogBadges()


class ListBadges(NamedTuple):
    """The marks of all dialogs."""

    looking: Collection[DialogId] = frozenset()
    writing: Collection[DialogId] = frozenset()
    drafts: Collection[DialogId] = frozenset()

    def of(self, dialog: DialogId, *, picked: bool = False) -> DialogBadges:
        """Those of one dialog."""
        if not (picked or dialog in self.looking or dialog in self.drafts):
            return NOTHING
        return DialogBadges(dialog in self.looking, dialog in self.writing, dialog in self.drafts, picked)
