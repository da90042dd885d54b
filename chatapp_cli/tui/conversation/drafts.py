"""Keeps what is written: as drafts in the store, or in a file if the store cannot keep it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.timer import Timer

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.presence import DraftDropped, DraftEvent
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _, show
from chatapp_cli.services import drafts
from chatapp_cli.services.drafts import Unsent
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.conversation import stored_drafts
from chatapp_cli.tui.conversation.conversation import Conversation, loss
from chatapp_cli.tui.conversation.part import ConversationPart
from chatapp_cli.tui.reading.cells import line
from chatapp_cli.tui.session.composer_state import ComposerState
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.session.rescue import save_to_file
from chatapp_cli.tui.session.user_files import folder_of

if TYPE_CHECKING:
    from chatapp_cli.tui.reading.conversations import Opening

NOTICE_LASTS = 20.0
"""Seconds for which the page shows that the open dialog was deleted, and where its text was saved."""
PAUSE = 1.0
"""Seconds without a key after which the draft is saved."""


class Drafts(ConversationPart):
    """Saves what was written before anything else changes, and restores the draft of the next dialog."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(conversation)
        self.begun: frozenset[DialogId] = frozenset()
        """The dialogs with drafts of this operator, from this window or others."""
        self._saved: dict[DialogId, Unsent] = {}
        """What the store has of what is written in this window."""
        self._saving: Timer | None = None
        self._names: dict[DialogId, str] = {}
        """The names of these dialogs."""

    async def set_up(self) -> None:
        """Mark the dialogs with drafts in the list."""
        self.page.do(self._mark_drafts, group="presence")

    async def _mark_drafts(self) -> None:
        workspace = self.page.workspace
        self.begun = frozenset(await workspace.read(drafts.everywhere))
        listed = self.conversation.dialogs
        listed.mark(listed.badges._replace(drafts=self.begun))

    async def before_opening(self, opening: Opening) -> None:
        """Save the draft of the previous dialog, and restore the draft of the next one."""
        await self.page.carry_out(self._save)
        await self._restore(opening.card.id)

    async def hear(self, news: JournalAdvanced) -> None:
        """Mark the dialogs with drafts again if one was saved or sent; what another window sent is no draft here."""
        if news.any_of(DraftEvent):
            await self._mark_drafts()
        for dialog in {event.dialog for event in news.events if isinstance(event, DraftDropped)}:
            if dialog in self._saved:
                await self._restore(dialog)
                self.conversation.show_state(dialog)

    def typed(self, text: str) -> None:
        """Save the draft after `PAUSE`."""
        del text
        if self._saving is not None:
            self._saving.stop()
        self._saving = self.page.set_timer(PAUSE, partial(self.page.do, self._save, group="drafts"))

    def dialog_deleted(self) -> None:
        """Save the text into a file: the store keeps no drafts of a deleted dialog, and shows none of a hidden one."""
        opening = self.conversation.opening
        if opening is None:
            return
        dialog, name = opening.card.id, opening.card.name
        lines = [show(loss(line(name), hidden=self.conversation.is_hidden))]
        state = self.conversation.states.get(dialog, ComposerState())
        if state.text.strip():
            with suppress(OSError):  # closing the window tries again and prints the path
                path = save_to_file(self._folder, name, state.text, self.page.appearance.now())
                self._saved[dialog] = stored_drafts.unsent(state)
                lines.append(_("Your text is in {path}.", path=path))
        self.page.notify("\n".join(lines), severity="warning", markup=False, timeout=NOTICE_LASTS)

    @property
    def _folder(self) -> Path:
        """The folder of this person's files."""
        return folder_of(self.page.window.user_files, self.page.workspace.company.settings)

    async def close(self) -> None:
        """Save the draft."""
        await self._save()

    def unkept(self) -> list[tuple[str, str]]:
        """The texts that the store does not have, each with the name of its dialog."""
        dirty = [
            (dialog, state)
            for dialog, state in self.conversation.states.items()
            if state.text.strip() and stored_drafts.unsent(state) != self._saved.get(dialog)
        ]
        return [(self._names.get(dialog, str(dialog)), state.text) for dialog, state in dirty]

    async def _restore(self, dialog: DialogId) -> None:
        """Read the stored draft, unless this window has a newer text."""
        states, workspace = self.conversation.states, self.page.workspace
        if self._is_newer(dialog):
            return
        state = await workspace.read(partial(stored_drafts.state_of, dialog=dialog))
        if self._is_newer(dialog):  # typed meanwhile
            return
        states[dialog], self._saved[dialog] = state, stored_drafts.unsent(state)

    def _is_newer(self, dialog: DialogId) -> bool:
        """Whether this window has what the store does not."""
        known = self.conversation.states.get(dialog)
        return known is not None and stored_drafts.unsent(known) != self._saved.get(dialog)

    async def _save(self) -> None:
        """Save what is written in the open dialog, if it changed."""
        opening, workspace = self.conversation.opening, self.page.workspace
        if opening is None:
            return
        dialog = opening.card.id
        self._names[dialog] = opening.card.name
        if dialog == self.conversation.deleted_dialog:
            return
        now = stored_drafts.unsent(self.conversation.states[dialog])
        if now != self._saved.get(dialog):
            await workspace.write(partial(drafts.save, dialog=dialog, unsent=now))
            if now == stored_drafts.unsent(self.conversation.states[dialog]):  # otherwise it may be sent by now
                self._saved[dialog] = now

    def without_draft(self, dialog: DialogId, sent: ComposerState, job: Callable[[Tx], object]) -> Callable[[Tx], None]:
        """A transaction that runs ``job`` and deletes the draft.

        It raises Refused, once, if what is sent was the draft and is it no longer: another window sent or discarded it.
        """
        saved = self._saved.pop(dialog, None)
        was_draft = saved is not None and not saved.empty and saved == stored_drafts.unsent(sent)

        def send_and_delete(tx: Tx) -> None:
            if was_draft and drafts.of(tx, dialog) is None:
                raise Refused(
                    "draft_gone",
                    T("This text was sent or discarded in another window."),
                    T("Send it once more if it is to go again."),
                )
            job(tx)
            drafts.delete(tx, dialog)

        return send_and_delete
