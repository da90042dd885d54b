"""The window as an application: opens the store, follows the journal, keeps a daemon running."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.dom import DOMNode
from textual.notifications import SeverityLevel
from textual.worker import Worker

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.operators import OperatorEvent
from chatapp_cli.i18n import _, say_steps, show
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.keys import next_steps
from chatapp_cli.tui.keys.keymap import bindings, chords, first_keys, replaced, use
from chatapp_cli.tui.keys.pasting import take_whole
from chatapp_cli.tui.keys.typeahead import TypeAhead
from chatapp_cli.tui.media.graphics import Graphics
from chatapp_cli.tui.pages import page_named
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.screens.inbox import InboxScreen
from chatapp_cli.tui.session.error_guard import ErrorGuard
from chatapp_cli.tui.session.journal_feed import JournalAdvanced, JournalFeed
from chatapp_cli.tui.session.login_gate import LoginGate
from chatapp_cli.tui.session.notices import PAUSE, Notices
from chatapp_cli.tui.session.terminal import KEEP_TITLE, RESTORE_TITLE, Terminal
from chatapp_cli.tui.session.user_files import UserFiles
from chatapp_cli.tui.session.workspace import Workspace
from chatapp_cli.tui.spelling import Spelling
from chatapp_cli.tui.themes import THEMES, following
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from textual.widgets import TextArea

    from chatapp_cli.tui.keys.remapping import Keymap

HEAD_START = 0.03
"""Seconds in which the first paint reaches the terminal, before anything else takes the processor."""
REMINDED = 12.0
"""Seconds for which the page says that somebody who was put off is due."""
AGAIN = 1.0
"""Seconds after which what went wrong with the news is tried again."""
LOGIN = 60.0
"""Seconds between two looks whether a login still holds."""


class InboxApp(TypeAhead):
    """One company's desk in a terminal."""

    TITLE = "chatapp"
    SCOPE = "app"
    DEFAULT_MODE = "sitting"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = bindings("app")
    CSS = """
    Screen { background: $background; color: $foreground; }
    Toast { background: $panel; color: $foreground; padding: 0 1; width: 56; max-width: 100%; }
    """

    graphics = Graphics.HALFCELLS

    def __init__(
        self,
        company: Company,
        *,
        alone: bool = False,
        user_files: UserFiles = UserFiles(),  # noqa: B008 - it is frozen
        token: str = "",
    ) -> None:
        super().__init__()
        take_whole(self.driver_class)
        self.add_mode(self.DEFAULT_MODE, self.get_default_screen)
        self.company = company
        self.guard = ErrorGuard()
        self._pages: list[InboxScreen] = []
        self._token = token
        self.user_files = user_files
        self.terminal = Terminal(user_files.env)
        self.appearance = Appearance(company.world.clock, user_files.theme(company.settings))
        self._alone = alone
        self._open = AsyncExitStack()
        for theme in THEMES:
            self.register_theme(theme)
        self._begin_in(user_files.theme(company.settings))
        self._listen_to(user_files.keymap(company.settings))

    def _begin_in(self, theme: str) -> None:
        """Have these colours from the first paint on; a change of theme would have all styles read a second time."""
        self.set_reactive(App.theme, theme)
        self.stylesheet.set_variables(self.get_css_variables())
        for name, dark in (("-dark-mode", True), ("-light-mode", False)):
            self.set_class(self.current_theme.dark == dark, name, update=False)

    def _listen_to(self, keymap: Keymap | None) -> None:
        use(keymap.groups if keymap else None)
        say_steps(next_steps.keys)
        self.set_keymap(replaced())
        for first, typed in first_keys().items():
            self.bind(typed, f"chord({first!r})", show=False)
        self._faults = keymap.faults if keymap else ()

    async def on_load(self) -> None:
        """Open the store for this loop."""
        store = AsyncStore(self.company)
        self._open.push_async_callback(store.aclose)
        self.workspace = Workspace(self.company, store)
        self.spelling = Spelling(self.user_files.words_file, self.user_files.speller(self.company.settings))
        self._open.push_async_callback(self.spelling.aclose)
        self._logging_in = asyncio.Lock()
        self.login_gate = LoginGate(self.workspace, self._token)
        self._outside = await self.login_gate.look()
        wait, remind = partial(self.set_timer, PAUSE), partial(self.notify, markup=False, timeout=REMINDED)
        self._notices = Notices(self.workspace, self.terminal, self.tell_terminal, wait, remind)

    def get_default_screen(self) -> InboxScreen:
        """The page that people work on, which is styled as it is made: Textual would do it again for a mode's page."""
        page = InboxScreen(self.size.width)
        page._css_update_count = self._css_update_count
        self._pages.append(page)
        return page

    def on_mount(self) -> None:
        """Follow what happens."""
        self._ask_to_log_in()
        self._keep_on(self._follow)
        self.set_interval(LOGIN, lambda: self._keep_on(self._look_who_sits_here))

    def on_ready(self) -> None:
        """Let the first paint out; say what of the person's own keys could not be used."""
        self._let_it_paint()
        if not self._alone:
            self.call_after_refresh(self.set_timer, HEAD_START, partial(self._keep_on, self._accompany))
        for fault in self._faults:
            said = [f"{fault.place}: {show(fault.what)}", show(fault.next_step)]
            self.notify("\n".join(said), severity="warning", markup=False, timeout=12)

    def _let_it_paint(self) -> None:
        """Begin all that the page does not need for its first paint once that is out."""
        page = self.screen_stack[0] if self.screen_stack else None  # there is none while the window closes
        if page is None:
            return
        assert isinstance(page, InboxScreen)
        page.call_after_refresh(gc.enable)
        page.call_after_refresh(page.set_timer, HEAD_START, page.go_on)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Say something beside the page; names of people and channels may have brackets, which are no markup here."""
        del markup
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)

    # Beside the loop of keys

    def _keep_on(self, work: Callable[[], Awaitable[object]]) -> Worker[None]:
        return self._beside(work)

    def _beside(self, work: Callable[[], Awaitable[object]], **how: Any) -> Worker[None]:
        async def guarded() -> None:
            await self._guarded(work)

        return self.run_worker(guarded, **how)

    async def _guarded(self, work: Callable[[], Awaitable[object]]) -> bool:
        """Whether something went well; what did not is said, and the window goes on."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - nothing that is done beside the keys may end the window
            words = self.guard.words(error)
            if self.guard.is_news(words, self.company.world.clock.monotonic()):
                self.notify(words, severity="error", markup=False, timeout=8)
            return False
        return True

    async def _follow(self) -> None:
        """Hear of news as long as the window is open, whatever becomes of the store meanwhile."""
        feed = JournalFeed(self.workspace)
        self.tell_terminal(KEEP_TITLE)
        while not await self._guarded(feed.start):  # noqa: ASYNC110 - the store tells nobody that it is back
            await asyncio.sleep(AGAIN)
        await self._guarded(self._notices.entitle)
        while True:
            if not await self._guarded(partial(self._hear, feed)):
                await asyncio.sleep(AGAIN)

    async def _hear(self, feed: JournalFeed) -> None:
        news = JournalAdvanced(await feed.next())
        for screen in self.screen_stack:
            screen.post_message(news)
        if news.any_of(OperatorEvent):
            await self._guarded(self._look_who_sits_here)
        await self._notices.hear(news, seen=self._looked_at())

    @property
    def broken(self) -> Exception | None:
        """What ended the window."""
        return self._exception

    def _handle_exception(self, error: Exception) -> None:
        """End; Textual would paint all variables, clients' words among them, which are told by nobody now."""
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    def unkept(self) -> list[tuple[str, str]]:
        """What was written to whom and is nowhere but in the memory of this window."""
        return [one for page in self._pages for one in page.drafts.unkept()]

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Look at the spelling of what is written to a client."""
        from chatapp_cli.tui.widgets.composer import Pen

        if isinstance(event.text_area, Pen):
            self.spelling.soon(event.text_area)

    def _looked_at(self) -> DialogId | None:
        """The dialog whose end is in front of somebody's eyes."""
        page = self.screen if self.screen_stack else None  # there is none while the window closes
        if not isinstance(page, InboxScreen) or page.opening is None or not self.app_focus:
            return None
        ended = any(shown.at_end and shown.region for shown in page.query(Transcript))  # none while the window closes
        return page.opening.card.id if ended else None

    def tell_terminal(self, sequence: str) -> None:
        """Send what Textual has no words for."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    def copy_to_clipboard(self, text: str) -> None:
        """Into the clipboard of the person's own machine, from within tmux too."""
        super().copy_to_clipboard(text)
        if self.terminal.in_tmux:
            self.tell_terminal(self.terminal.copied(text))

    async def _accompany(self) -> None:
        """Keep a daemon for as long as nobody else runs one; say so if there is none."""
        from chatapp_cli.runtime.embedded_daemon import accompanied

        async with accompanied(self.company) as daemon:
            async for state in daemon.states():
                said, trouble = (show(state.text), state.trouble)
                for page in self.screen_stack[:1]:  # there is none while the window closes
                    page.query_one(StatusBar).tell_daemon(said, trouble=trouble)

    async def on_unmount(self) -> None:
        """Close what was opened."""
        self.tell_terminal(RESTORE_TITLE)
        self.workers.cancel_all()
        await self._open.aclose()

    # Who sits here

    async def _look_who_sits_here(self) -> None:
        """Show to whoever sits here what they may see by now, or the door."""
        async with self._logging_in:
            before = self.login_gate.acting
            self._outside = await self.login_gate.look()
            if self.login_gate.acting != before:
                await self._begin_anew()

    async def _begin_anew(self) -> None:
        """Pages of their own for whoever sits here now: nothing of what the last one saw is left."""
        before = self.current_mode
        after = f"{before}'"
        self.add_mode(after, self.get_default_screen)
        await self.switch_mode(after)
        await self.remove_mode(before)
        self._let_it_paint()
        self._ask_to_log_in()

    def _ask_to_log_in(self) -> None:
        if self._outside is not None:
            from chatapp_cli.tui.screens.login import LoginScreen

            company = self.company.whole
            title = company.read(lambda tx: company.options.text(tx, "company_name")) or self.TITLE
            self.push_screen(LoginScreen(title, self.login_gate.log_in, show(self._outside.what)))

    # Everywhere

    def action_help(self) -> None:
        """All keys."""
        from chatapp_cli.tui.screens.help import Help

        self.push_screen(Help(self.appearance))

    def action_palette(self) -> None:
        """Everything that can be done here, by a few letters."""
        self._beside(partial(self._choose_what_to_do, self._scopes()), group="palette", exclusive=True)

    async def _choose_what_to_do(self, places: dict[str, DOMNode]) -> None:
        from chatapp_cli.tui import palette
        from chatapp_cli.tui.screens.palette import PaletteScreen

        entries = list(palette.doable(places, self.run_action))
        if isinstance(page := self.screen, InboxScreen):
            entries += palette.narrowing(page.listing, *await self.workspace.read(palette.known))
        chosen = await self.push_screen_wait(PaletteScreen(entries, self.appearance))
        if chosen is not None:
            self.call_later(chosen.run)

    def action_page(self, name: str) -> None:
        """Another page, unless it is in front already; see PAGES."""
        page = page_named(name)
        if not isinstance(self.screen, page):
            self.push_screen(page())

    def action_theme(self) -> None:
        """The next colours, kept for the next time."""
        self.theme = following(self.theme)
        self.appearance.use(self.theme)
        for screen in self.screen_stack:
            if isinstance(screen, InboxScreen):
                screen.repaint()
        try:
            self.user_files.remember("theme", self.theme)
        except ChatappError as error:
            self.notify(str(error), severity="warning", markup=False)

    def action_mute(self) -> None:
        """No notices for an hour, or again."""
        until = self._notices.mute()
        said = _("No notices until {time}.", time=words.clock(until)) if until else _("Notices are back.")
        self.notify(said, markup=False, timeout=3)

    async def action_leave(self) -> None:
        """End."""
        self.exit()

    def action_chord(self, first: str) -> None:
        """Show what the second key may be, and do it."""
        self._beside(partial(self._second_key, first, self._scopes()), group="chord", exclusive=True)

    async def _second_key(self, first: str, scopes: Mapping[str, DOMNode]) -> None:
        from chatapp_cli.tui.screens.help import Chord

        following = chords(first, tuple(scopes))
        if not following:
            return
        answer = await self.push_screen_wait(Chord(first, following))
        if answer is not None:
            act = following[answer]
            await self.run_action(act.name, scopes[act.scope])

    def _scopes(self) -> dict[str, DOMNode]:
        """The places around the focus, the nearest first."""
        nodes = self.focused.ancestors_with_self if self.focused else [self.screen, self]
        return {node.SCOPE: node for node in nodes if hasattr(node, "SCOPE")}
