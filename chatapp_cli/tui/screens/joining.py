"""A person's dialogs as one conversation: which are shown, and by which of them the answer goes."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.i18n import _
from chatapp_cli.services.transcript import Entry
from chatapp_cli.tui import reading, ways
from chatapp_cli.tui.hands import Work
from chatapp_cli.tui.screens.within import Within

_WRITTEN_THERE = {"reply", "edit"}
"""What is done in the composer of the message's own dialog: a quote does not cross channels."""


class Joining(Within):
    """A conversation that knows the other dialogs of its person."""

    async def on_mount(self) -> None:
        """As it was left the last time."""
        self.joined = self.office.desk.settings.joined == "on"

    def action_join(self) -> None:
        """All dialogs of a person as one conversation, or each for itself again; kept for the next time."""
        self.joined = not self.joined
        self.do(self._keep_joined)
        self.say(_("All dialogs of a client are one conversation.") if self.joined else _("Each dialog for itself."))
        if self.opening is not None:
            self.do(partial(self.open, self.opening.card.id), group="open", exclusive=True)

    async def _keep_joined(self) -> None:
        self.house.own.remember("joined", "on" if self.joined else "off")

    def action_way(self) -> None:
        """The person's next dialog: joined only the answer takes it."""
        following = None if self.opening is None else ways.following(self.opening)
        if following is None:
            self.say(_("This client has no other dialog."))
        else:
            self.do(partial(self.turn, following), group="open", exclusive=True)

    async def turn(self, dialog: DialogId) -> None:
        """Answer by another dialog of the person; joined, what is shown stays as it is."""
        opening = self.opening
        if opening is None or dialog not in opening.thread:
            await self.open(dialog, exact=True)
            return
        fresh = await self.office.read(partial(reading.again, opening=opening, dialog=dialog))
        if self.shows(opening):
            await self.answer_by(fresh)
            self.composer.focus_pen()
            await self.tell_opened(fresh)

    async def by_its_own_way(self, deed: str, entry: Entry, work: Work) -> None:
        """Do something with a message; what is written about it goes by the dialog in which it was said."""
        dialog = entry.message.dialog_id
        if deed in _WRITTEN_THERE and self.opening is not None and self.opening.card.id != dialog:
            await self.turn(dialog)
        await work()
