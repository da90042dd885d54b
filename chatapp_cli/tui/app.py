"""The window as an application: it opens the store, follows the journal and keeps a daemon running."""

from __future__ import annotations

import gc
import sys
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
from chatapp_cli.tui import own_daemon
from chatapp_cli.tui.action_chooser import ActionChooser
from chatapp_cli.tui.appearance import Appearance, Repainted
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.keys.listening import listen_to
from chatapp_cli.tui.keys.pasting import with_whole_pastes
from chatapp_cli.tui.keys.typeahead import TypeAhead
from chatapp_cli.tui.login_watch import LoginWatch
from chatapp_cli.tui.media.graphics import Graphics
from chatapp_cli.tui.pages import page_named
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.screens.inbox import InboxScreen
from chatapp_cli.tui.session.error_guard import ErrorGuard
from chatapp_cli.tui.session.hangup import leave_on_hangup
from chatapp_cli.tui.session.journal_feed import JournalAdvanced, watch_journal
from chatapp_cli.tui.session.login_gate import LoginGate
from chatapp_cli.tui.session.notices import PAUSE, Notices
from chatapp_cli.tui.session.terminal import KEEP_TITLE, RESTORE_TITLE, Terminal
from chatapp_cli.tui.session.terminal_driver import surviving_hangup
from chatapp_cli.tui.session.user_files import UserFiles
from chatapp_cli.tui.session.workspace import Workspace
from chatapp_cli.tui.spelling import Spelling
from chatapp_cli.tui.themes import begin_in, next_theme

if TYPE_CHECKING:
    from textual.widgets import TextArea


HEAD_START = 0.03
"""Seconds after the first paint for which nothing else begins, so that the terminal gets it at once."""
REMINDED = 12.0
"""Seconds for which a notice says that a snoozed dialog is due."""
LOGIN = 60.0
"""Seconds between two checks whether the login still holds."""


NO_FILES = UserFiles()
"""Files of nobody: the window reads and writes none."""


class InboxApp(TypeAhead):
    """The window of one company, in a terminal."""

    TITLE = "chatapp"
    SCOPE = "app"
    DEFAULT_MODE = "inbox"
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
        self.driver_class = with_whole_pastes(surviving_hangup(self.driver_class))
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
        """Open the store on this event loop, and find out who works here."""
        store = AsyncStore(self.company)
        self._open.push_async_callback(store.aclose)
        self.workspace = Workspace(self.company, store)
        self.spelling = Spelling(self.user_files.words_file, self.user_files.speller(self.company.settings))
        self._open.push_async_callback(self.spelling.aclose)
        login_gate = LoginGate(self.workspace, self._token)
        self._login = LoginWatch(self, self.company.whole, login_gate, self._replace_pages, self._in_background)
        await self._login.look()
        self.action_chooser = ActionChooser(self, self.workspace, self.appearance, self._in_background)
        wait, remind = partial(self.set_timer, PAUSE), partial(self.notify, markup=False, timeout=REMINDED)
        self._notices = Notices(self.workspace, self.terminal, self.tell_terminal, wait, remind)

    def get_default_screen(self) -> InboxScreen:
        """Make the inbox, marked as styled: Textual would style the page of a mode a second time."""
        page = InboxScreen(self.size.width)
        page._css_update_count = self._css_update_count
        self._pages.append(page)
        return page

    def on_mount(self) -> None:
        """Follow the journal, check the login from time to time, and leave when the terminal goes away."""
        if not self.is_headless and sys.__stdin__ is not None and sys.__stdin__.isatty():
            self._open.enter_context(leave_on_hangup(sys.__stdin__.fileno(), self.exit))
        self._login.ask()
        self._in_background(self._follow)
        self.set_interval(LOGIN, lambda: self._in_background(self._login.look_again))

    def on_ready(self) -> None:
        """Begin what waits for the first paint; report faults of the person's own keymap."""
        self._after_first_paint()
        if not self._alone:
            self.call_after_refresh(self.set_timer, HEAD_START, partial(self._in_background, self._run_daemon))
        for fault in self._faults:
            lines = [f"{fault.place}: {show(fault.what)}", show(fault.next_step)]
            self.notify("\n".join(lines), severity="warning", markup=False, timeout=12)

    def _after_first_paint(self) -> None:
        """Once the first paint is out, begin all that it does not need."""
        page = self.screen_stack[0] if self.screen_stack else None  # there is none while the window closes
        if isinstance(page, InboxScreen):
            page.call_after_refresh(gc.enable)
            page.call_after_refresh(page.set_timer, HEAD_START, page.go_on)

    def notify(self, message: str, **how: Any) -> None:
        """Show a notice without markup: names of people and channels may contain brackets."""
        super().notify(message, **{**how, "markup": False})

    def _in_background(self, work: Callable[[], Awaitable[object]], **how: Any) -> Worker[None]:
        async def guarded() -> None:
            await self._guarded(work)

        return self.run_worker(guarded, **how)

    async def _guarded(self, work: Callable[[], Awaitable[object]]) -> bool:
        """Await work and show an error as a notice; returns whether there was none."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - no work in the background may end the window
            words = self.guard.words(error)
            if self.guard.first_report(words, self.company.world.clock.monotonic()):
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
        """The error that ended the window; ``None`` if it was left."""
        return self._exception

    def _handle_exception(self, error: Exception) -> None:
        """End without Textual's report, which prints all variables and clients' messages among them."""
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    def unkept(self) -> list[tuple[str, str]]:
        """Texts that only the memory of this window holds, each with the name of its recipient."""
        return [one for page in self._pages for one in page.drafts.unkept()]

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Check the spelling of what is written to a client."""
        from chatapp_cli.tui.widgets.composer import Pen

        if isinstance(event.text_area, Pen):
            self.spelling.soon(event.text_area)

    def tell_terminal(self, sequence: str) -> None:
        """Write an escape sequence that Textual has no method for."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy into the clipboard of the person's machine, from within tmux too."""
        super().copy_to_clipboard(text)
        if self.terminal.in_tmux:
            self.tell_terminal(self.terminal.copied(text))

    async def _run_daemon(self) -> None:
        """Run a daemon while no other one runs; show its state in the status bar."""
        await own_daemon.run(self, self.company)

    async def on_unmount(self) -> None:
        """Close the store and what works on it."""
        self.tell_terminal(RESTORE_TITLE)
        self.workers.cancel_all()
        await self._open.aclose()

    async def _replace_pages(self) -> None:
        """Replace all pages after another login: the next operator sees nothing of what the last one saw."""
        before, after = self.current_mode, f"{self.current_mode}'"
        self.add_mode(after, self.get_default_screen)
        await self.switch_mode(after)
        await self.remove_mode(before)
        self._after_first_paint()

    def action_help(self) -> None:
        """All keys."""
        from chatapp_cli.tui.screens.help import Help

        self.push_screen(Help(self.appearance))

    def action_palette(self) -> None:
        """Find an action by a few letters of its name."""
        self.action_chooser.palette()

    def action_page(self, name: str) -> None:
        """Open a page by its name in PAGES, unless it is in front."""
        if not isinstance(self.screen, page := page_named(name)):
            self.push_screen(page())

    def action_theme(self) -> None:
        """Change to the next colours, and remember them."""
        self.theme = next_theme(self.theme)
        self.appearance.use(self.theme)
        for screen in self.screen_stack:
            if isinstance(screen, Repainted):
                screen.repaint()
        try:
            self.user_files.remember("theme", self.theme)
        except ChatappError as error:
            self.notify(str(error), severity="warning", markup=False)

    def action_away(self) -> None:
        """Be away, or back."""
        from chatapp_cli.tui.actions.attendance import turn

        turn(self.screen)

    def action_mute(self) -> None:
        """Turn notices off for an hour, or on again."""
        until = self._notices.mute()
        notice = _("No notices until {time}.", time=words.clock(until)) if until else _("Notices are back.")
        self.notify(notice, markup=False, timeout=3)

    async def action_leave(self) -> None:
        """Close the window."""
        self.exit()

    def action_chord(self, first: str) -> None:
        """Show what may follow the first key of a chord, and run it."""
        self.action_chooser.chord(first)
