"""Searching messages by their words: results appear while one types, Enter opens the dialog there (S-116)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from chatapp_cli.domain.wording import Query
from chatapp_cli.i18n import _, show
from chatapp_cli.services import search
from chatapp_cli.services.search import Missing, SearchPage, SearchResult, SearchScope, Snippet
from chatapp_cli.services.wording import understood
from chatapp_cli.store.search import TOP
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.reading import overview, words
from chatapp_cli.tui.reading.cells import fit, line
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.dialog_list import DialogList

PAUSE = 0.15
"""Seconds without a key after which the search begins."""
_NAME = 24
_MOMENT = 12


class SearchScreen(ActionPage):
    """A box for words, and the messages in which they occur."""

    SCOPE = "find"
    DEFAULT_CSS = """
    SearchScreen Input { border: none; height: 1; margin: 1 2; background: $panel; }
    SearchScreen Input:focus { border: none; background: $panel; background-tint: $panel 0%; }
    SearchScreen #status { height: 1; padding: 0 2; color: $muted; }
    SearchScreen OptionList { border: none; height: 1fr; padding: 1 1; background: $background;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    SearchScreen OptionList:focus { border: none; background-tint: $background 0%; }
    """
    BINDINGS = bindings("find")

    def __init__(self) -> None:
        super().__init__()
        self._typing: Timer | None = None
        self._query = Query()
        self._found: list[SearchResult] = []
        self._below = 0

    def compose(self) -> ComposeResult:
        """Box, status, messages."""
        yield Input(placeholder=_('Words in any form, "a phrase", -without'), compact=True)
        yield Static(self._status(Query(), Missing()), id="status", markup=False)
        yield OptionList(markup=False)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Focus the box; add the messages to the index that it does not have yet."""
        self.query_one(StatusBar).tell_keys("find", "app")
        self.query_one(Input).focus()
        self.do(self._tell_health, group="health")
        self.do(self._begin, group="index")

    async def _begin(self) -> None:
        """Complete the index, a part at a time; then search again for what is in the box."""
        if await self._catch_up():
            return
        while not await self._catch_up():
            pass
        await self._search(self._query)

    async def _tell_health(self) -> None:
        self.query_one(StatusBar).tell(await self.workspace.read(overview.read))

    async def _catch_up(self) -> bool:
        company = self.workspace.company
        return await self.workspace.store.with_store(partial(search.catch_up, company.database, company.search))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if self._typing is not None:
            self._typing.stop()
        query = understood(event.value, typing=True)
        self._typing = self.set_timer(
            PAUSE, lambda: self.do(partial(self._search, query), group="look", exclusive=True)
        )

    async def _search(self, query: Query) -> None:
        missing = Missing() if await self._catch_up() else await self._missing()
        page = await self._page(query, TOP)
        self._query, self._found = query, []
        self.query_one(OptionList).clear_options()
        self._add(page)
        self.query_one("#status", Static).update(self._status(query, missing))

    async def _missing(self) -> Missing:
        return await self.workspace.read(partial(search.missing, index=self.workspace.company.search))

    def _status(self, query: Query, missing: Missing) -> str:
        said = missing.said(lambda at: words.moment(at, self.appearance.now()))
        if said is not None:
            return show(said)
        if not query:
            return _("Search in messages: the newest come first.")
        return "" if self._found else _("Nothing is found.")

    async def _page(self, query: Query, below: int) -> SearchPage:
        index, dialect = self.workspace.company.search, self.workspace.dialect

        def look(tx: Tx) -> SearchPage:
            return search.find(tx, index, dialect, query, SearchScope(), below=below)

        return await self.workspace.read(look)

    def _add(self, page: SearchPage) -> None:
        shown = self.query_one(OptionList)
        self._found += page.found
        self._below = page.below
        shown.add_options([Option(self._line(one)) for one in page.found])
        if page.below:
            shown.add_option(Option(_("More…")))

    def _line(self, one: SearchResult) -> Text:
        styles, message = self.appearance.styles, one.message
        return Text.assemble(
            (fit(one.dialog.name, _NAME), styles.strong),
            (f" {fit(words.moment(message.at, self.appearance.now()), _MOMENT)} ", styles.faint),
            ("→ " if message.direction == "out" else "", styles.own),
            *((line(part), styles.accent if marked else styles.plain) for part, marked in _parts(one.snippet)),
        )

    # What can be done

    @on(Input.Submitted)
    def action_results(self) -> None:
        """Move the focus from the box to the messages."""
        shown = self.query_one(OptionList)
        if self._found:
            shown.highlighted = shown.highlighted or 0
            shown.focus()

    @on(OptionList.OptionSelected)
    def action_open(self) -> None:
        """Open the dialog at the chosen message, or list more messages."""
        at = self.query_one(OptionList).highlighted
        if at is None:
            return
        if at == len(self._found):
            self.do(self._more, group="look", exclusive=True)
            return
        one, behind = self._found[at], self.app.screen_stack[0]
        self.dismiss()
        behind.post_message(DialogList.Opened(one.dialog.id, one.message.id))

    async def _more(self) -> None:
        page, shown = await self._page(self._query, self._below), self.query_one(OptionList)
        at = len(self._found)
        shown.remove_option_at_index(at)
        self._add(page)
        shown.highlighted = min(at, shown.option_count - 1)

    def action_box(self) -> None:
        """Focus the box."""
        self.query_one(Input).focus()

    def action_back(self) -> None:
        """Back to the dialogs."""
        self.dismiss()


def _parts(snippet: Snippet) -> Iterator[tuple[str, bool]]:
    """The snippet in pieces, and whether each piece is a word that was searched for."""
    at = 0
    for start, end in snippet.marks:
        yield snippet.text[at:start], False
        yield snippet.text[start:end], True
        at = end
    yield snippet.text[at:], False
