"""What an action may ask of the person and of the window, whichever page it is done on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar, cast

from textual.css.query import NoMatches
from textual.suggester import Suggester
from textual.worker import Worker

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.i18n import _
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.keys.keymap import action, shown
from chatapp_cli.tui.leaving import Leaving
from chatapp_cli.tui.media.graphics import Graphics
from chatapp_cli.tui.session.error_guard import ErrorGuard
from chatapp_cli.tui.session.user_files import UserFiles
from chatapp_cli.tui.session.workspace import Workspace

if TYPE_CHECKING:
    from chatapp_cli.tui.popups import Take
    from chatapp_cli.tui.spelling import Spelling

T = TypeVar("T")
UNDO = 15.0
"""Seconds for which an action can be taken back."""
_UNASKED = frozenset(
    ("bars", "drafts", "health", "index", "needs", "newer", "news", "older", "pictures", "presence", "setup")
) | {"read", "rows", "timer", "typing", "views"}
"""Groups of work that nobody asked for, and that comes round again and again."""
Work: TypeAlias = Callable[[], Awaitable[None]]
"""Something to be done; made when it begins, so that one which never begins leaves nothing behind."""


class Action(NamedTuple, Generic[T]):
    """An action on something, and whether it makes sense there."""

    run: Callable[[ActionPage, T], Awaitable[None]]
    possible: Callable[[T], bool] = lambda _target: True
    against: Callable[[T], ChatappError | None] = lambda _target: None
    """The reason why it makes no sense there, where one can be named."""


class Window(Protocol):
    """What pages need of the application that they are shown in."""

    workspace: Workspace
    appearance: Appearance
    user_files: UserFiles
    spelling: Spelling
    graphics: Graphics
    guard: ErrorGuard

    def tell_terminal(self, sequence: str) -> None:
        """Send what Textual has no words for."""


class ActionPage(Leaving[None]):
    """A page on which things are done."""

    _undo: tuple[float, Callable[[Tx], None]] | None = None
    """Until when the last action can be taken back, and how."""

    @property
    def window(self) -> Window:
        """The application, as pages know it."""
        return cast("Window", self.app)

    @property
    def workspace(self) -> Workspace:
        """The store and who sits here."""
        return self.window.workspace

    @property
    def appearance(self) -> Appearance:
        """The colours of now, and the time."""
        return self.window.appearance

    def do(self, work: Work, *, group: str = "actions", exclusive: bool = False) -> Worker[None]:
        """Carry something out beside the loop of keys; what goes wrong is said in words.

        What nobody asked for says the same only once a minute.
        """
        work = partial(self.carry_out, work, asked=group not in _UNASKED)
        return self.run_worker(work, group=group, exclusive=exclusive)

    async def carry_out(self, work: Work, *, asked: bool = True) -> None:
        """Wait for something; whatever goes wrong is said in words, and the page goes on."""
        try:
            await work()
        except NoMatches as error:
            if self.app.is_running and self in self.app.screen_stack:  # otherwise it was left before this was done
                self.complain(error, asked=asked)
        except Exception as error:  # noqa: BLE001 - nothing that is done beside the keys may end the window
            self.complain(error, asked=asked)

    def every(self, seconds: float, work: Callable[[], object], *, group: str = "timer", at_once: bool = False) -> None:
        """Do something again and again; what goes wrong once does not end it."""

        async def once() -> None:
            found = work()
            if isawaitable(found):
                await found

        self.set_interval(seconds, partial(self.do, once, group=group))
        if at_once:
            self.do(once, group=group)

    def complain(self, error: Exception, *, asked: bool = True) -> None:
        """What happened, and what to do about it."""
        guard, now = self.window.guard, self.workspace.company.world.clock.monotonic()
        words = guard.words(error)
        if asked or guard.is_new(words, now):
            self.notify(words, severity="warning", markup=False, timeout=8)

    def done(self, words: str, back: Callable[[Tx], None]) -> None:
        """Something that went well and can be taken back for some seconds by one key."""
        self._undo = self.workspace.company.world.clock.monotonic() + UNDO, back
        self.say(f"{words}\n{shown(action('inbox', 'undo').keys[0])}: {_('Take back')}")

    async def take_back(self) -> None:
        """Undo what was done last, if that was a moment ago."""
        undo, self._undo = self._undo, None
        if undo is None or undo[0] < self.workspace.company.world.clock.monotonic():
            self.say(_("There is nothing to take back."))
            return
        await self.workspace.write(undo[1])
        self.say(_("Taken back."))

    def say(self, words: str) -> None:
        """Something that went well."""
        self.notify(words, markup=False, timeout=3)

    # Questions. What is refused of an answer is said in the question, which stays until it is answered or left:
    # what comes of an answer belongs into its ``take``.

    async def confirm(self, title: str, note: str = "", *, yes: str = "", take: Take[bool] | None = None) -> bool:
        """Ask yes or no; only a yes is taken."""
        from chatapp_cli.tui.popups import Confirm

        answer: bool | None = await self.app.push_screen_wait(Confirm(title, note, yes=yes).taken_by(take))
        return bool(answer)

    async def prompt(
        self,
        title: str,
        value: str = "",
        *,
        note: str = "",
        suggest: Suggester | None = None,
        take: Take[str] | None = None,
    ) -> str | None:
        """Ask for a line of text; ``None`` if the person would rather not."""
        from chatapp_cli.tui.popups import TextPrompt

        return await self.app.push_screen_wait(TextPrompt(title, value, note=note, suggest=suggest).taken_by(take))

    async def choose(
        self,
        title: str,
        options: Sequence[tuple[str, str]],
        *,
        keys: Sequence[str] = (),
        take: Take[str] | None = None,
    ) -> str | None:
        """Ask for one of several."""
        from chatapp_cli.tui.popups import Choose

        return await self.app.push_screen_wait(Choose(title, options, keys=keys).taken_by(take))


Actions = dict[str, Action[Any]]
