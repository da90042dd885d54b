"""Which pane has the focus, and which one is shown where there is room for a single one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Input

from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.listing.listing import Listing
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from chatapp_cli.tui.widgets.composer import Pen

_OF_MAIL = ("transcript.message('whole')",)
"""Actions that are hinted at in a dialog of mails alone."""
_SCOPES = {"DialogList": "list", "Transcript": "transcript", "Pen": "composer"}


class Panes:
    """Moves the focus between the list, the conversation and the composer."""

    def __init__(self, listing: Listing, conversation: Conversation, status: StatusBar) -> None:
        self._page, self._listing, self._conversation, self._status = conversation.page, listing, conversation, status

    def focused(self, widget: Widget) -> None:
        """Show the keys of the pane that has the focus."""
        scope = _SCOPES.get(type(widget).__name__)
        if scope in {"transcript", "composer"}:
            self._listing.dialogs.follow_the_open_one()
        typing = isinstance(widget, Input) or scope == "composer"
        without = () if self._shows_mail() else _OF_MAIL
        self._status.tell_keys(*filter(None, (scope, "inbox", "app")), typing=typing, without=without)

    def _shows_mail(self) -> bool:
        opening = self._conversation.opening
        return opening is not None and self._page.workspace.capabilities(opening.channel).keeps_raw

    def back(self) -> None:
        """Go back to the list; from the list, drop what is picked, or list all dialogs."""
        listed = self._listing.dialogs
        if listed.has_focus and listed.drop_picks():
            return
        if listed.has_focus and not self._page.has_class("-open"):
            self._listing.everything()
        if self._page.has_class("-narrow"):
            self._page.remove_class("-open")
        listed.focus()

    def next_pane(self) -> None:
        """Focus the next pane: list, conversation, composer, list; from a box above the text the next one."""
        self._go(1)

    def previous_pane(self) -> None:
        """Focus the previous pane; from the text the boxes above it, the last one first."""
        self._go(-1)

    def _go(self, step: int) -> None:
        panes = self._all()
        here = next((n for n, pane in enumerate(panes) if pane.has_focus), 0)
        if step > 0 and panes[here] is self._conversation.transcript:
            here = max(here, len(panes) - 2)
        target = panes[(here + step) % len(panes)]
        if self._page.has_class("-narrow"):
            self._page.set_class(target is not self._listing.dialogs, "-open")
        target.focus()

    def _all(self) -> Sequence[DialogList | Transcript | Input | Pen]:
        first, shown = self._listing.dialogs, self._conversation
        if shown.opening is None:
            return [first]
        if not shown.pen.focusable:
            return [first, shown.transcript]
        return [first, shown.transcript, *shown.composer.boxes, shown.pen]

    def up(self) -> None:
        """Move the focus from the composer to the conversation."""
        self._conversation.transcript.focus()

    def card(self) -> None:
        """Show the client's card, or hide it."""
        self._page.do(self._turn_card)

    async def _turn_card(self) -> None:
        await self._conversation.ready()
        self._conversation.card.turn()
        self._tell_parts()

    def deal(self) -> None:
        """Show the client's card, and have the CRMs asked again."""
        self._page.do(self._ask_crms)

    async def _ask_crms(self) -> None:
        await self._conversation.ready()
        card = self._conversation.card
        card.forget_crm()
        if not card.is_shown:
            card.turn()
        self._tell_parts()

    def _tell_parts(self) -> None:
        for part in self._conversation.parts:
            part.renewed()
