"""Words looked for in the open conversation: all of it, not only what is loaded (S-116)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.widgets import Static

from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.i18n import _
from chatapp_cli.tui.keymap import action, shown
from chatapp_cli.tui.screens.conversation import Conversing
from chatapp_cli.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from chatapp_cli.domain.wording import Query


class HitBar(Static):
    """Which hit of how many is shown."""

    DEFAULT_CSS = "HitBar { height: 1; padding: 0 1; color: $muted; background: $panel; }"


class Within(Conversing):
    """A page with a conversation in which words can be looked for."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self._hits: Sequence[MessageId] = ()
        self._hit = 0
        self._looked_in: Sequence[DialogId] = ()

    def action_look_within(self) -> None:
        """Ask for words; none end the search."""
        if self.opening is not None:
            self.do(self._ask_words, group="within", exclusive=True)

    async def _ask_words(self) -> None:
        from chatapp_cli.services.wording import understood

        note = _("Words in any form. Empty ends the search.")
        words = await self.prompt(_("Search in this conversation"), self._words, note=note)
        if words is None or self.opening is None:
            return
        self._looked_in, self._words = self.opening.thread, words
        self._hits = await self._found(understood(words))
        await self._end_search()
        if self._hits:
            await self._begin(understood(words))
        elif words:
            self.say(_("Nothing is found."))

    async def _found(self, query: Query) -> Sequence[MessageId]:
        from chatapp_cli.services import search

        desk, dialogs = self.office.desk, self._looked_in

        def look() -> Sequence[MessageId]:
            search.catch_up(desk.database, desk.search)
            return search.within(desk.search, query, dialogs)

        return await self.office.store.with_store(look)

    async def _begin(self, query: Query) -> None:
        """Light up the words, and show the newest hit."""
        from chatapp_cli.services.wording import marks

        transcript = self.query_one(Transcript)
        transcript.light(partial(marks, query=query))
        await self.query_one("#right").mount(HitBar(markup=False), after=transcript)
        await self._show_hit(len(self._hits) - 1)

    async def _end_search(self) -> None:
        self.query_one(Transcript).light(None)
        await self.query(HitBar).remove()

    def action_hit(self, step: int) -> None:
        """The next hit, or the one before."""
        if self._hits and self.query(HitBar):
            self.do(partial(self._show_hit, (self._hit + step) % len(self._hits)), group="within", exclusive=True)

    async def _show_hit(self, at: int) -> None:
        self._hit, message, transcript = at, self._hits[at], self.query_one(Transcript)
        if any(entry.message.id == message for entry in transcript.entries):
            transcript.choose(message)
            transcript.focus()
        elif self.opening is not None:
            await self.open(self.opening.card.id, message)
        self._tell_hit()

    def _tell_hit(self) -> None:
        place = _("{n} of {all}", n=self._hit + 1, all=len(self._hits))
        keys = [shown(action("inbox", f"hit({step})").keys[0]) for step in (-1, 1)]
        for bar in self.query(HitBar):
            bar.update(f"«{self._words}» {place}   {keys[0]} ↑  {keys[1]} ↓")

    async def open(self, dialog: DialogId, message: MessageId | None = None, *, exact: bool = False) -> None:
        """Show a dialog; the search goes on in as much of the conversation as is shown, and ends with it."""
        writing = bool(self.query(HitBar)) and self.pen.has_focus
        await super().open(dialog, message, exact=exact)
        shown = () if self.opening is None else self.opening.thread
        if not self.query(HitBar) or set(shown) == set(self._looked_in):
            return
        if set(shown).isdisjoint(self._looked_in):
            self._hits = ()
            await self._end_search()
        else:
            await self._look_again(shown, stay=writing)

    async def _look_again(self, shown: Sequence[DialogId], *, stay: bool) -> None:
        """The same words where more or fewer dialogs of the person are shown: at the same hit, or else the newest.

        Who is to ``stay`` where they write is only told which one that is.
        """
        from chatapp_cli.services.wording import understood

        at, self._looked_in = self._hits[self._hit], shown
        self._hits = await self._found(understood(self._words))
        if not self._hits:
            await self._end_search()
            return
        self._hit = self._hits.index(at) if at in self._hits else len(self._hits) - 1
        if stay:
            self._tell_hit()
        else:
            await self._show_hit(self._hit)
