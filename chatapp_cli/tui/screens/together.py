"""A page on which colleagues see one another, and on which nothing that was begun is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.timer import Timer

from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.presence import DraftEvent, PresenceEvent
from chatapp_cli.i18n import _
from chatapp_cli.services import drafts
from chatapp_cli.services.drafts import Unsent
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui import unsent
from chatapp_cli.tui.cells import line
from chatapp_cli.tui.colleagues import Colleagues, Company
from chatapp_cli.tui.live import News
from chatapp_cli.tui.own import folder_of
from chatapp_cli.tui.reading import Opening
from chatapp_cli.tui.rescue import rescued
from chatapp_cli.tui.screens.conversation import Conversing
from chatapp_cli.tui.sheet import Sheet
from chatapp_cli.tui.widgets.bars import Heading
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.marks import Marks

if TYPE_CHECKING:
    from textual.widgets import TextArea

BEAT = 20.0
"""Seconds between two signs of life of a window."""
LOST = 20.0
"""Seconds for which the page says that an open dialog is no more, and where lies what was written to it."""
PAUSE = 1.0
"""Seconds without a key after which what is written is kept."""


class Together(Conversing):
    """A page with a conversation, in the company of others."""

    colleagues: Colleagues

    def __init__(self) -> None:
        super().__init__()
        self._drafts: frozenset[DialogId] = frozenset()
        self._kept: dict[DialogId, Unsent] = {}
        """What the store has of this window's sheets."""
        self._keeping: Timer | None = None
        self._names: dict[DialogId, str] = {}
        """Whose they are."""

    async def on_mount(self) -> None:
        """See who is there and where one began to write."""
        self.colleagues = Colleagues(self.office)
        self.every(BEAT, self._beat, group="company")

    def go_on(self) -> None:
        """Look who is there."""
        self.do(self._look_around, group="company")

    async def on_unmount(self) -> None:
        """Keep what is written, and be seen no longer; nothing else has panes to work on any more."""
        self.workers.cancel_node(self)
        await self.carry_out(self._keep)
        await self.carry_out(self.colleagues.leave)

    async def _look_around(self) -> None:
        await self.colleagues.see()
        await self._read_drafts()

    async def _beat(self) -> None:
        try:
            await self.colleagues.beat()
        except NotFound:
            if self.opening is not None:
                self.lose(self.opening)
        self.show_company()

    def lose(self, opening: Opening) -> None:
        """What was written to a dialog that is no more goes into a file: the store keeps drafts of dialogs alone."""
        if self.lost == opening.card.id:
            return
        super().lose(opening)
        if self.lost != opening.card.id:
            return
        self.colleagues.nowhere()
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

    # Colleagues

    async def answer_by(self, opening: Opening) -> None:
        """Go on with what was begun in a dialog, and let the others know."""
        await self.carry_out(self._keep)
        await self._restore(opening.card.id)
        await super().answer_by(opening)
        self.show_company()
        self.do(partial(self.colleagues.look, opening.card.id), group="company")

    async def _take(self, news: News) -> None:
        """What passes is not worth reading dialogs again for."""
        moved = news.any_of(PresenceEvent)
        if moved:
            await self.colleagues.see()
        if news.any_of(DraftEvent):
            await self._read_drafts()
        elif moved:
            self.show_company()
        lasting = [row for row in news.rows if not isinstance(row.event, (PresenceEvent, DraftEvent))]
        if lasting:
            await super()._take(News(lasting))

    def tick(self) -> None:
        """Whoever wrote may have stopped, and a pause of the channel may be over."""
        super().tick()
        self.show_company()
        self._allow()

    def show_company(self) -> None:
        """Mark in the list where colleagues are, and name those who are here."""
        there = self.colleagues.there(self.look.now())
        writing = {dialog for dialog, company in there.items() if company.writing}
        self.query_one(DialogList).mark(Marks(frozenset(there), writing, self._drafts))
        here = self.company_here()
        if self.query_one(Heading).tell_company(str(here), busy=bool(here.writing)):
            self._allow()

    def company_here(self) -> Company:
        """Who else is in the dialog that is open."""
        there = self.colleagues.there(self.look.now())
        return Company() if self.opening is None else there.get(self.opening.card.id, Company())

    def _obstacles(self, card: DialogCard, channel: ChannelRow) -> tuple[Refused | None, str]:
        stop, warning = super()._obstacles(card, channel)
        return stop, "  ".join(filter(None, (warning, self._collision(card))))

    def _collision(self, card: DialogCard) -> str:
        """Why two may be about to answer the same client."""
        if writing := self.company_here().writing:
            return _("{name} is writing here just now.", name=", ".join(writing))
        if card.assignee not in {"", self.office.actor}:
            return _("{name} answers for this dialog.", name=card.assignee)
        return ""

    # Drafts

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keep it after a pause, and let colleagues see that somebody writes."""
        if self.opening is None:
            return
        if self._keeping is not None:
            self._keeping.stop()
        self._keeping = self.set_timer(PAUSE, partial(self.do, self._keep, group="drafts"))
        if not event.text_area.text:
            self.do(self.colleagues.rest, group="company")
        elif self.colleagues.silent:
            self.do(self.colleagues.write, group="company")

    def on_composer_submitted(self) -> None:
        """Colleagues need not wait any longer."""
        self.do(self.colleagues.rest, group="company")

    async def _restore(self, dialog: DialogId) -> None:
        """Have the sheet that the store keeps, unless this window knows better."""
        known = self._sheets.get(dialog)
        if known is not None and unsent.unsent(known) != self._kept.get(dialog):
            return
        sheet = await self.office.read(partial(unsent.sheet_of, dialog=dialog))
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
            await self.office.write(partial(drafts.keep, dialog=dialog, unsent=now))
            self._kept[dialog] = now

    def without_draft(self, dialog: DialogId, job: Callable[[Tx], object]) -> Callable[[Tx], None]:
        """A transaction that sends, and takes the draft with it."""

        def both(tx: Tx) -> None:
            job(tx)
            drafts.drop(tx, dialog)

        return both

    async def _read_drafts(self) -> None:
        self._drafts = frozenset(await self.office.read(drafts.everywhere))
        self.show_company()
