"""A page on which colleagues see one another, and on which nothing that was begun is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.timer import Timer

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.presence import DraftEvent
from chatapp_cli.i18n import _
from chatapp_cli.services import drafts
from chatapp_cli.services.drafts import Unsent
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui import unsent
from chatapp_cli.tui.cells import line
from chatapp_cli.tui.live import News
from chatapp_cli.tui.own import folder_of
from chatapp_cli.tui.reading import Opening
from chatapp_cli.tui.rescue import rescued
from chatapp_cli.tui.screens.conversation import Conversing
from chatapp_cli.tui.sheet import Sheet

if TYPE_CHECKING:
    from textual.widgets import TextArea

LOST = 20.0
"""Seconds for which the page says that an open dialog is no more, and where lies what was written to it."""
PAUSE = 1.0
"""Seconds without a key after which what is written is kept."""


class Together(Conversing):
    """A page with a conversation, in the company of others."""

    def __init__(self) -> None:
        super().__init__()
        self._drafts: frozenset[DialogId] = frozenset()
        self._kept: dict[DialogId, Unsent] = {}
        """What the store has of this window's sheets."""
        self._keeping: Timer | None = None
        self._names: dict[DialogId, str] = {}
        """Whose they are."""

    def go_on(self) -> None:
        """See where one began to write."""
        self.do(self._read_drafts, group="company")

    async def on_unmount(self) -> None:
        """Keep what is written, and be seen no longer; nothing else has panes to work on any more."""
        self.workers.cancel_node(self)
        await self.carry_out(self._keep)
        for part in self.parts:
            await self.carry_out(part.close)

    def lose(self, opening: Opening) -> None:
        """What was written to a dialog that is no more goes into a file: the store keeps drafts of dialogs alone."""
        if self.lost == opening.card.id:
            return
        super().lose(opening)
        if self.lost != opening.card.id:
            return
        dialog, name = opening.card.id, opening.card.name
        said = [_("The dialog with {name} is no more: its channel was unbound.", name=line(name))]
        sheet = self._sheets.get(dialog, Sheet())
        if sheet.text.strip():
            with suppress(OSError):  # it is tried again, and said in the terminal, once the window closes
                path = rescued(self.own_folder, name, sheet.text, self.look.now())
                self._kept[dialog] = unsent.unsent(sheet)
                said.append(_("What you wrote lies in {path}.", path=path))
        self.notify("\n".join(said), severity="warning", markup=False, timeout=LOST)

    @property
    def own_folder(self) -> Path:
        """Where files of the person at this window lie."""
        return folder_of(self.house.own, self.office.desk.settings)

    def unkept(self) -> list[tuple[str, str]]:
        """To whom something was written that the store does not have, and what."""
        dirty = [
            (dialog, sheet)
            for dialog, sheet in self._sheets.items()
            if sheet.text.strip() and unsent.unsent(sheet) != self._kept.get(dialog)
        ]
        return [(self._names.get(dialog, str(dialog)), sheet.text) for dialog, sheet in dirty]

    async def answer_by(self, opening: Opening) -> None:
        """Go on with what was begun in a dialog."""
        await self.carry_out(self._keep)
        await self._restore(opening.card.id)
        await super().answer_by(opening)

    async def _take(self, news: News) -> None:
        if news.any_of(DraftEvent):
            await self._read_drafts()
        await super()._take(news)

    # Drafts

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keep it after a pause."""
        del event
        if self.opening is None:
            return
        if self._keeping is not None:
            self._keeping.stop()
        self._keeping = self.set_timer(PAUSE, partial(self.do, self._keep, group="drafts"))

    async def _restore(self, dialog: DialogId) -> None:
        """Have the sheet that the store keeps, unless this window knows better."""
        known = self._sheets.get(dialog)
        if known is not None and unsent.unsent(known) != self._kept.get(dialog):
            return
        sheet = await self.office.read(partial(unsent.sheet_of, dialog=dialog, operator=self.office.actor))
        self._sheets[dialog], self._kept[dialog] = sheet, unsent.unsent(sheet)

    async def _keep(self) -> None:
        """Keep what stands on the sheet of the open dialog, if the store does not have it."""
        if self.opening is None:
            return
        dialog = self.opening.card.id
        self._names[dialog] = self.opening.card.name
        if dialog == self.lost:
            return
        now = unsent.unsent(self._sheets[dialog])
        if now != self._kept.get(dialog):
            await self.office.write(partial(drafts.keep, dialog=dialog, unsent=now, operator=self.office.actor))
            self._kept[dialog] = now

    def without_draft(self, dialog: DialogId, job: Callable[[Tx], object]) -> Callable[[Tx], None]:
        """A transaction that sends, and takes the draft with it."""
        me = self.office.actor

        def both(tx: Tx) -> None:
            job(tx)
            drafts.drop(tx, dialog, operator=me)

        return both

    async def _read_drafts(self) -> None:
        self._drafts = frozenset(await self.office.read(partial(drafts.everywhere, operator=self.office.actor)))
        self.dialogs.mark(self.dialogs.marks._replace(drafts=self._drafts))
