"""A page with actions: work beside the keys, errors as notices, questions, and one step back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property, partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar, cast

from textual.suggester import Suggester
from textual.worker import Worker

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.leaving import Leaving, only_left
from chatapp_cli.tui.media.graphics import Graphics
from chatapp_cli.tui.session.error_guard import ErrorGuard
from chatapp_cli.tui.session.user_files import UserFiles
from chatapp_cli.tui.session.workspace import Workspace
from chatapp_cli.tui.undoing import Back, Undoing

if TYPE_CHECKING:
    from chatapp_cli.tui.popups import Take
    from chatapp_cli.tui.spelling import Spelling

T = TypeVar("T")
_UNASKED = frozenset(
    ("bars", "drafts", "health", "index", "needs", "newer", "news", "older", "pictures", "presence", "setup")
) | {"read", "rows", "timer", "typing", "views"}
"""Groups of work that the page begins by itself and repeats."""
Work: TypeAlias = Callable[[], Awaitable[None]]
"""Makes the awaitable when the work begins: work that never begins then leaves no coroutine unawaited."""


class Action(NamedTuple, Generic[T]):
    """What can be done with a target, such as a dialog or a message, and whether it is possible there."""

    run: Callable[[ActionPage, T], Awaitable[None]]
    possible: Callable[[T], bool] = lambda _target: True
    against: Callable[[T], ChatappError | None] = lambda _target: None
    """Why the action is impossible; ``None`` if it is possible or no reason can be named."""


class Window(Protocol):
    """What pages need of the application."""

    workspace: Workspace
    appearance: Appearance
    user_files: UserFiles
    spelling: Spelling
    graphics: Graphics
    guard: ErrorGuard

    def tell_terminal(self, sequence: str) -> None:
        """Write an escape sequence that Textual has no method for."""


class ActionPage(Leaving[None]):
    """A page that runs actions."""

    @property
    def window(self) -> Window:
        """The application, by what pages need of it."""
        return cast("Window", self.app)

    @property
    def workspace(self) -> Workspace:
        """The store, and the operator who works in this window."""
        return self.window.workspace

    @property
    def appearance(self) -> Appearance:
        """The current colours, and the clock."""
        return self.window.appearance

    def do(self, work: Work, *, group: str = "actions", exclusive: bool = False) -> Worker[None]:
        """Run work as a worker of the page; an error is shown as a notice.

        Work that the page repeats by itself shows the same error once a minute at most.
        """
        work = partial(self.carry_out, work, asked=group not in _UNASKED)
        return self.run_worker(work, group=group, exclusive=exclusive)

    async def carry_out(self, work: Work, *, asked: bool = True) -> None:
        """Await work; an error is shown as a notice and not raised."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - no action may end the window
            self.complain(error, asked=asked)

    def every(self, seconds: float, work: Callable[[], object], *, group: str = "timer", at_once: bool = False) -> None:
        """Repeat work; a run that fails does not end the ones that follow."""

        async def once() -> None:
            result = work()
            if isawaitable(result):
                await result

        self.set_interval(seconds, partial(self.do, once, group=group))
        if at_once:
            self.do(once, group=group)

    def complain(self, error: Exception, *, asked: bool = True) -> None:
        """Show an error and its next step as a notice; ``asked`` is false for work that the page repeats by itself."""
        if only_left(self, error):
            return
        guard, now = self.window.guard, self.workspace.company.world.clock.monotonic()
        words = guard.words(error)
        if asked or guard.first_report(words, now):
            self.notify(words, severity="warning", markup=False, timeout=8)

    @cached_property
    def _undoing(self) -> Undoing:
        return Undoing(self.workspace.company.world.clock.monotonic, self.workspace.write, self.say)

    def done(self, words: str, *back: Back) -> None:
        """Say that an action succeeded, and offer the key that undoes it."""
        self._undoing.offer(words, back)

    async def take_back(self) -> None:
        """Undo the last action, if that was done just now; what an error leaves of it is undone by the next try."""
        await self._undoing.take_back()

    def say(self, words: str) -> None:
        """Show a notice of success."""
        self.notify(words, markup=False, timeout=3)

    # Questions. ``take`` acts on the answer while the question is open: an error that it raises is shown there, and
    # the question stays until another answer is taken or the person leaves.

    async def confirm(self, title: str, note: str = "", *, yes: str = "", take: Take[bool] | None = None) -> bool:
        """Ask yes or no; ``take`` is called after a yes only."""
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
        """Ask for a line of text; ``None`` if the person leaves without an answer."""
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
        """Ask for one of several values, given with their words; ``None`` if the person leaves without an answer."""
        from chatapp_cli.tui.popups import Choose

        return await self.app.push_screen_wait(Choose(title, options, keys=keys).taken_by(take))


Actions = dict[str, Action[Any]]
