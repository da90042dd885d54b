"""What an action may ask of the person and of the window, whichever page it is done on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar, cast

from textual.css.query import NoMatches
from textual.suggester import Suggester
from textual.worker import Worker

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.i18n import _, show
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.graphics import Graphics
from chatapp_cli.tui.keymap import action, shown
from chatapp_cli.tui.leaving import Leaving
from chatapp_cli.tui.look import Look
from chatapp_cli.tui.office import Office
from chatapp_cli.tui.own import Own

if TYPE_CHECKING:
    from chatapp_cli.tui.spelling import Spelling

T = TypeVar("T")
UNDO = 15.0
"""Seconds for which a deed can be taken back."""
Work: TypeAlias = Callable[[], Awaitable[None]]
"""Something to be done; made when it begins, so that one which never begins leaves nothing behind."""


class Deed(NamedTuple, Generic[T]):
    """An action on something, and whether it makes sense there."""

    run: Callable[[Hands, T], Awaitable[None]]
    possible: Callable[[T], bool] = lambda _target: True
    against: Callable[[T], ChatappError | None] = lambda _target: None
    """The reason why it makes no sense there, where one can be named."""


class House(Protocol):
    """What pages need of the application that they are shown in."""

    office: Office
    look: Look
    own: Own
    spelling: Spelling
    graphics: Graphics

    def tell_terminal(self, sequence: str) -> None:
        """Send what Textual has no words for."""


class Hands(Leaving[None]):
    """A page on which things are done."""

    _undo: tuple[float, Callable[[Tx], None]] | None = None
    """Until when the last deed can be taken back, and how."""

    @property
    def house(self) -> House:
        """The application, as pages know it."""
        return cast("House", self.app)

    @property
    def office(self) -> Office:
        """The store and who sits here."""
        return self.house.office

    @property
    def look(self) -> Look:
        """The colours of now, and the time."""
        return self.house.look

    def do(self, work: Work, *, group: str = "deeds", exclusive: bool = False) -> Worker[None]:
        """Carry something out beside the loop of keys; what goes wrong is said in words."""
        return self.run_worker(partial(self.carry_out, work), group=group, exclusive=exclusive)

    async def carry_out(self, work: Work) -> None:
        """Wait for something; what goes wrong is said in words."""
        try:
            await work()
        except ChatappError as error:
            self.complain(error)
        except NoMatches:
            if self.app.is_running and self.children:
                raise  # otherwise the window is closing, and its panes went before this was done

    def complain(self, error: ChatappError) -> None:
        """What happened, and what to do about it."""
        words = "\n".join(filter(None, [show(error.what), show(error.next_step)]))
        self.notify(words, severity="warning", markup=False, timeout=8)

    def done(self, words: str, back: Callable[[Tx], None]) -> None:
        """Something that went well and can be taken back for some seconds by one key."""
        self._undo = self.office.desk.world.clock.monotonic() + UNDO, back
        self.say(f"{words}\n{shown(action('inbox', 'undo').keys[0])}: {_('Take back')}")

    async def take_back(self) -> None:
        """Undo what was done last, if that was a moment ago."""
        undo, self._undo = self._undo, None
        if undo is None or undo[0] < self.office.desk.world.clock.monotonic():
            self.say(_("There is nothing to take back."))
            return
        await self.office.write(undo[1])
        self.say(_("Taken back."))

    def say(self, words: str) -> None:
        """Something that went well."""
        self.notify(words, markup=False, timeout=3)

    async def confirm(self, title: str, note: str = "", *, yes: str = "") -> bool:
        """Ask yes or no."""
        from chatapp_cli.tui.screens.small import Confirm

        answer: bool | None = await self.app.push_screen_wait(Confirm(title, note, yes=yes))
        return bool(answer)

    async def prompt(
        self, title: str, value: str = "", *, note: str = "", suggest: Suggester | None = None
    ) -> str | None:
        """Ask for a line of text; ``None`` if the person would rather not."""
        from chatapp_cli.tui.screens.small import Prompt

        return await self.app.push_screen_wait(Prompt(title, value, note=note, suggest=suggest))

    async def choose(self, title: str, options: Sequence[tuple[str, str]], *, keys: Sequence[str] = ()) -> str | None:
        """Ask for one of several."""
        from chatapp_cli.tui.screens.small import Choose

        return await self.app.push_screen_wait(Choose(title, options, keys=keys))


Deeds = dict[str, Deed[Any]]
