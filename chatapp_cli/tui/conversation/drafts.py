"""Nothing that was begun is lost: drafts are in the store, and what cannot be there is in a file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from textual.timer import Timer

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.presence import DraftEvent
from chatapp_cli.i18n import _
from chatapp_cli.services import drafts
from chatapp_cli.services.drafts import Unsent
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.conversation import stored_drafts
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.part import ConversationPart
from chatapp_cli.tui.reading.cells import line
from chatapp_cli.tui.reading.conversations import Opening
from chatapp_cli.tui.session.composer_state import ComposerState
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.session.rescue import rescued
from chatapp_cli.tui.session.user_files import folder_of

LOST = 20.0
"""Seconds for which the page says that an open dialog is no more, and where lies what was written to it."""
PAUSE = 1.0
"""Seconds without a key after which what is written is kept."""


class Drafts(ConversationPart):
    """Keeps what was written before anything else changes, and restores what was begun in the next dialog."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(conversation)
        self.begun: frozenset[DialogId] = frozenset()
        """Where the person at this window began to write, here or in another window."""
        self._kept: dict[DialogId, Unsent] = {}
        """What the store has of this window's states."""
        self._keeping: Timer | None = None
        self._names: dict[DialogId, str] = {}
        """Whose they are."""

    async def furnish(self) -> None:
        """See where one began to write."""
        self.page.do(self._read, group="company")

    async def _read(self) -> None:
        workspace = self.page.workspace
        self.begun = frozenset(await workspace.read(drafts.everywhere))
        shown = self.conversation.dialogs
        shown.mark(shown.badges._replace(drafts=self.begun))

    async def before(self, opening: Opening) -> None:
        """Keep what was written so far, and go on with what was begun in the other dialog."""
        await self.page.carry_out(self._keep)
        await self._restore(opening.card.id)

    async def hear(self, news: JournalAdvanced) -> None:
        """Something was begun, or sent."""
        if news.any_of(DraftEvent):
            await self._read()

    def typed(self, text: str) -> None:
        """Keep it after a pause."""
        del text
        if self._keeping is not None:
            self._keeping.stop()
        self._keeping = self.page.set_timer(PAUSE, partial(self.page.do, self._keep, group="drafts"))

    def lost(self) -> None:
        """What was written goes into a file: the store keeps drafts of dialogs alone."""
        opening = self.conversation.opening
        if opening is None:
            return
        dialog, name = opening.card.id, opening.card.name
        said = [_("The dialog with {name} is no more: its channel was unbound.", name=line(name))]
        state = self.conversation.states.get(dialog, ComposerState())
        if state.text.strip():
            with suppress(OSError):  # it is tried again, and said in the terminal, once the window closes
                path = rescued(self._folder, name, state.text, self.page.appearance.now())
                self._kept[dialog] = stored_drafts.unsent(state)
                said.append(_("Your text is in {path}.", path=path))
        self.page.notify("\n".join(said), severity="warning", markup=False, timeout=LOST)

    @property
    def _folder(self) -> Path:
        """Where files of the person at this window lie."""
        return folder_of(self.page.window.user_files, self.page.workspace.company.settings)

    async def close(self) -> None:
        """Keep what is written."""
        await self._keep()

    def unkept(self) -> list[tuple[str, str]]:
        """To whom something was written that the store does not have, and what."""
        dirty = [
            (dialog, state)
            for dialog, state in self.conversation.states.items()
            if state.text.strip() and stored_drafts.unsent(state) != self._kept.get(dialog)
        ]
        return [(self._names.get(dialog, str(dialog)), state.text) for dialog, state in dirty]

    async def _restore(self, dialog: DialogId) -> None:
        """Have the sheet that the store keeps, unless this window knows better."""
        states, workspace = self.conversation.states, self.page.workspace
        known = states.get(dialog)
        if known is not None and stored_drafts.unsent(known) != self._kept.get(dialog):
            return
        state = await workspace.read(partial(stored_drafts.state_of, dialog=dialog))
        states[dialog], self._kept[dialog] = state, stored_drafts.unsent(state)

    async def _keep(self) -> None:
        """Keep what stands on the sheet of the open dialog, if the store does not have it."""
        opening, workspace = self.conversation.opening, self.page.workspace
        if opening is None:
            return
        dialog = opening.card.id
        self._names[dialog] = opening.card.name
        if dialog == self.conversation.lost:
            return
        now = stored_drafts.unsent(self.conversation.states[dialog])
        if now != self._kept.get(dialog):
            await workspace.write(partial(drafts.save, dialog=dialog, unsent=now))
            self._kept[dialog] = now

    def without_draft(self, dialog: DialogId, job: Callable[[Tx], object]) -> Callable[[Tx], None]:
        """A transaction that sends, and takes the draft with it."""

        def both(tx: Tx) -> None:
            job(tx)
            drafts.delete(tx, dialog)

        return both
