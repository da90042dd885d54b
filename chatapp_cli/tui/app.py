"""The window as an application: opens the store, follows the journal, keeps a daemon running."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.worker import Worker

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.journal.operators import OperatorEvent
from chatapp_cli.i18n import _, show
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.tui.action_chooser import ActionChooser
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.keys.listening import listen_to
from chatapp_cli.tui.keys.pasting import take_whole
from chatapp_cli.tui.keys.typeahead import TypeAhead
from chatapp_cli.tui.login_watch import LoginWatch
from chatapp_cli.tui.media.graphics import Graphics
from chatapp_cli.tui.pages import page_named
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.screens.inbox import InboxScreen
from chatapp_cli.tui.session.error_guard import ErrorGuard
from chatapp_cli.tui.session.journal_feed import JournalAdvanced, watch_journal
from chatapp_cli.tui.session.login_gate import LoginGate
from chatapp_cli.tui.session.notices import PAUSE, Notices
from chatapp_cli.tui.session.terminal import KEEP_TITLE, RESTORE_TITLE, Terminal
from chatapp_cli.tui.session.user_files import UserFiles
from chatapp_cli.tui.session.workspace import Workspace
from chatapp_cli.tui.spelling import Spelling
from chatapp_cli.tui.themes import begin_in, next_theme
from chatapp_cli.tui.widgets.bars import StatusBar

if TYPE_CHECKING:
    from textual.widgets import TextArea


HEAD_START = 0.03
"""Seconds in which the first paint reaches the terminal, before anything else takes the processor."""
REMINDED = 12.0
"""Seconds for which the page says that somebody who was put off is due."""
LOGIN = 60.0
"""Seconds between two looks whether a login still holds."""


NO_FILES = UserFiles()
"""Nothing of a person's own is read or written."""


class InboxApp(TypeAhead):
    """The window of one company, in a terminal."""

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
        self, company: Company, *, alone: bool = False, user_files: UserFiles = NO_FILES, token: str = ""
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
        begin_in(self, user_files.theme(company.settings))
        self._faults = listen_to(self, user_files.keymap(company.settings))

    async def on_load(self) -> None:
        """Open the store for this loop."""
        store = AsyncStore(self.company)
        self._open.push_async_callback(store.aclose)
        self.workspace = Workspace(self.company, store)
        self.spelling = Spelling(self.user_files.words_file, self.user_files.speller(self.company.settings))
        self._open.push_async_callback(self.spelling.aclose)
        self._login = LoginWatch(self, self.company.whole, LoginGate(self.workspace, self._token), self._begin_anew)
        await self._login.look()
        self.action_chooser = ActionChooser(self, self.workspace, self.appearance, self._beside)
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
        self._login.ask()
        self._beside(self._follow)
        self.set_interval(LOGIN, lambda: self._beside(self._login.look_again))

    def on_ready(self) -> None:
        """Let the first paint out; say what of the person's own keys could not be used."""
        self._let_it_paint()
        if not self._alone:
            self.call_after_refresh(self.set_timer, HEAD_START, partial(self._beside, self._accompany))
        for fault in self._faults:
            said = [f"{fault.place}: {show(fault.what)}", show(fault.next_step)]
            self.notify("\n".join(said), severity="warning", markup=False, timeout=12)

    def _let_it_paint(self) -> None:
        """Begin all that the page does not need for its first paint once that is out."""
        page = self.screen_stack[0] if self.screen_stack else None  # there is none while the window closes
        if isinstance(page, InboxScreen):
            page.call_after_refresh(gc.enable)
            page.call_after_refresh(page.set_timer, HEAD_START, page.go_on)

    def notify(self, message: str, **how: Any) -> None:
        """Say something beside the page; names of people and channels may have brackets, which are no markup here."""
        super().notify(message, **{**how, "markup": False})

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
            if self.guard.is_new(words, self.company.world.clock.monotonic()):
                self.notify(words, severity="error", markup=False, timeout=8)
            return False
        return True

    async def _follow(self) -> None:
        self.tell_terminal(KEEP_TITLE)
        await watch_journal(self.workspace, self._guarded, self._hear, started=self._notices.show_title)

    async def _hear(self, news: JournalAdvanced) -> None:
        for screen in self.screen_stack:
            screen.post_message(news)
        if news.any_of(OperatorEvent):
            await self._guarded(self._login.look_again)
        page = self.screen if self.screen_stack else None  # there is none while the window closes
        await self._notices.hear(news, seen=page.looked_at if isinstance(page, InboxScreen) else None)

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
        """Check the spelling of what is written to a client."""
        from chatapp_cli.tui.widgets.composer import Pen

        if isinstance(event.text_area, Pen):
            self.spelling.soon(event.text_area)

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

    async def _begin_anew(self) -> None:
        """Pages of their own for whoever sits here now: nothing of what the last one saw is left."""
        before = self.current_mode
        after = f"{before}'"
        self.add_mode(after, self.get_default_screen)
        await self.switch_mode(after)
        await self.remove_mode(before)
        self._let_it_paint()

    def action_help(self) -> None:
        """All keys."""
        from chatapp_cli.tui.screens.help import Help

        self.push_screen(Help(self.appearance))

    def action_palette(self) -> None:
        """Everything that can be done here, by a few letters."""
        self.action_chooser.palette()

    def action_page(self, name: str) -> None:
        """Another page, unless it is in front already; see PAGES."""
        page = page_named(name)
        if not isinstance(self.screen, page):
            self.push_screen(page())

    def action_theme(self) -> None:
        """The next colours, kept for the next time."""
        self.theme = next_theme(self.theme)
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
        self.action_chooser.chord(first)
