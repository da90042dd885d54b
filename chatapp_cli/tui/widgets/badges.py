"""Marks of dialogs in the list that are not in their rows: colleagues, drafts, picked ones, names of channels."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from rich.style import Style

from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.i18n import _
from chatapp_cli.tui.themes import PaintStyles

Piece = tuple[str, Style]


class DialogBadges(NamedTuple):
    """The badges of one dialog."""

    looking: bool = False
    writing: bool = False
    draft: bool = False
    picked: bool = False
    channel: str = ""
    """The title of its channel, if that has to be told from others of its kind."""

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
    channels: Mapping[ChannelId, str] = MappingProxyType({})
    """The titles of the channels that their kind does not tell apart."""

    def of(self, dialog: DialogId, *, picked: bool = False, channel: ChannelId | None = None) -> DialogBadges:
        """The badges of one dialog in a channel."""
        title = "" if channel is None else self.channels.get(channel, "")
        if not (picked or title or dialog in self.looking or dialog in self.drafts):
            return NOTHING
        return DialogBadges(dialog in self.looking, dialog in self.writing, dialog in self.drafts, picked, title)
