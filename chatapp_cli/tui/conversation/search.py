"""Searches the whole open conversation, not only its loaded messages (S-116)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.i18n import _, show
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.part import ConversationPart
from chatapp_cli.tui.reading.words import moment
from chatapp_cli.tui.widgets.hit_bar import HitBar

if TYPE_CHECKING:
    from chatapp_cli.domain.text import Text
    from chatapp_cli.domain.wording import Query
    from chatapp_cli.tui.reading.conversations import Opening


class ConversationSearch(ConversationPart):
    """Searches in the conversation; it may open another place of the dialog, so it answers late."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(conversation)
        self.looked_in: Sequence[DialogId] = ()
        self._words = ""
        self._hits: Sequence[MessageId] = ()
        self._hit = 0
        self._bar: HitBar | None = None
        """The bar with the hits; ``None`` while nothing is found."""
        self._writing = False
        """Whether the text had the focus when another dialog was opened."""

    def ask(self) -> None:
        """Ask for words and search for them; no words end the search."""
        if self.conversation.opening is not None:
            self.page.do(self._ask, group="within", exclusive=True)

    async def _ask(self) -> None:
        from chatapp_cli.services.wording import understood

        note = _("Words in any form. Empty ends the search.")
        words = await self.page.prompt(_("Search in this conversation"), self._words, note=note)
        opening = self.conversation.opening
        if words is None or opening is None:
            return
        self.looked_in, self._words = opening.thread, words
        self._hits, missing = await self._found(understood(words))
        await self._end()
        if self._hits:
            await self._begin(understood(words))
        elif words:
            self.page.say(_("Nothing is found."))
        if words and missing is not None:
            self.page.say(show(missing))

    async def _found(self, query: Query) -> tuple[Sequence[MessageId], Text | None]:
        """The hits, and what is not in the index yet."""
        from chatapp_cli.services import search

        company, dialogs = self.page.workspace.company, self.looked_in

        def look() -> tuple[Sequence[MessageId], search.Missing]:
            whole = search.catch_up(company.database, company.search)
            hits = search.within(company.search, query, dialogs)
            return hits, search.Missing() if whole else company.read(partial(search.missing, index=company.search))

        hits, missing = await self.page.workspace.store.with_store(look)
        return hits, missing.said(lambda at: moment(at, self.page.appearance.now()))

    async def _begin(self, query: Query) -> None:
        """Highlight the words, and show the newest hit."""
        from chatapp_cli.services.wording import marks

        conversation = self.conversation
        conversation.transcript.light(partial(marks, query=query))
        self._bar = HitBar()
        await conversation.pane.mount(self._bar, after=conversation.transcript)
        await self._show(len(self._hits) - 1)

    async def _end(self) -> None:
        self.conversation.transcript.light(None)
        bar, self._bar = self._bar, None
        if bar is not None:
            await bar.remove()

    def step(self, step: int) -> None:
        """The next hit, or the one before."""
        if self._hits and self._bar is not None:
            to = (self._hit + step) % len(self._hits)
            self.page.do(partial(self._show, to), group="within", exclusive=True)

    async def _show(self, at: int) -> None:
        conversation, message = self.conversation, self._hits[at]
        self._hit = at
        if any(entry.message.id == message for entry in conversation.transcript.entries):
            conversation.transcript.choose(message)
            conversation.transcript.focus()
        elif conversation.opening is not None:
            await conversation.open(conversation.opening.card.id, message)
        self._tell()

    def _tell(self) -> None:
        if self._bar is not None:
            self._bar.tell(self._words, self._hit, len(self._hits))

    async def before_opening(self, opening: Opening) -> None:
        """Remember whether the text has the focus, so that it keeps it."""
        del opening
        self._writing = self._bar is not None and self.conversation.pen.has_focus

    async def opened(self, opening: Opening) -> None:
        """Search again if dialogs of the same person were added or removed; end the search if others are shown."""
        thread = opening.thread
        if self._bar is None or set(thread) == set(self.looked_in):
            return
        if set(thread).isdisjoint(self.looked_in):
            self._hits = ()
            await self._end()
        else:
            await self._look_again(thread, stay=self._writing)

    async def _look_again(self, thread: Sequence[DialogId], *, stay: bool) -> None:
        """Search for the same words in ``thread``, and go to the same hit, or to the newest if it is not among them.

        With ``stay`` the bar shows the hit's number, and the focus stays in the text.
        """
        from chatapp_cli.services.wording import understood

        at, self.looked_in = self._hits[self._hit], thread
        self._hits, _missing = await self._found(understood(self._words))
        if not self._hits:
            await self._end()
            return
        self._hit = self._hits.index(at) if at in self._hits else len(self._hits) - 1
        if stay:
            self._tell()
        else:
            await self._show(self._hit)
