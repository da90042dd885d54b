"""Pages of a few lines over another page: a yes or no, one line of text, a choice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias, TypeVar, cast

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Button, Input, Label, OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import Worker

from chatapp_cli.i18n import _
from chatapp_cli.tui.keys.keymap import SAME_KEY
from chatapp_cli.tui.leaving import Leaving, only_left
from chatapp_cli.tui.reading.cells import as_it_stands, fit
from chatapp_cli.tui.session.error_guard import ErrorGuard

if TYPE_CHECKING:
    from typing import Self

R = TypeVar("R")
_NEXT_DIGIT = 0.8
"""Seconds in which a person types the next digit of a number."""
Take: TypeAlias = Callable[[R], Awaitable[object]]
"""Acts on an answer. It raises where it refuses one, and returns ``False`` where the person changed their mind."""


class _HasGuard(Protocol):
    guard: ErrorGuard


class Popup(Leaving[R], ModalScreen[R]):
    """A page of a few lines; Escape leaves it without an answer.

    An answer is taken while the page is open. If it is refused, the page shows the reason and stays.
    The page cannot be left while an answer is being taken.
    """

    DEFAULT_CSS = """
    Popup { align: center middle; background: $background 60%; }
    Popup > Vertical { width: 64; max-width: 94%; height: auto; max-height: 90%;
        background: $surface; border: round $rule; padding: 0 2 1 2; }
    Popup .title { text-style: bold; width: 1fr; margin: 0 0 1 0; }
    Popup .note { color: $muted; width: 1fr; }
    Popup .why { color: $warning; width: 1fr; margin: 1 0 0 0; }
    Popup Input { border: none; border-bottom: solid $rule; background: $surface; padding: 0; height: 2; }
    Popup Input:focus { border: none; border-bottom: solid $primary; background: $surface; }
    Popup OptionList { border: none; background: $surface; padding: 0; height: auto; max-height: 20; }
    Popup OptionList { scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    Popup OptionList:focus { border: none; background-tint: $surface 0%; }
    Popup Horizontal { height: auto; margin: 1 0 0 0; }
    Popup Button { border: none; height: 1; min-width: 10; margin: 0 1 0 0; background: $panel; color: $foreground; }
    Popup Button:focus { background: $primary; color: $background; text-style: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave")]

    _take: Take[R] | None = None
    _taking = False

    @property
    def guard(self) -> ErrorGuard:
        """Puts errors into words."""
        return cast("_HasGuard", self.app).guard

    def taken_by(self, take: Take[R] | None) -> Self:
        """Have an answer taken before the page is left; returns the page itself."""
        self._take = take
        return self

    def answer(self, value: R) -> None:
        """Take an answer, and leave with it unless it is refused."""
        if self._take is None:
            self.dismiss(value)
        elif not self._taking:
            self._taking = True
            self._begin_to_take(self._take, value)

    async def carry_out(self, work: Callable[[], Awaitable[object]]) -> None:
        """Await work that the question itself needs; an error is shown in the question."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - any error is shown in the question, which stays
            await self._say_why(error)

    def _begin_to_take(self, take: Take[R], value: R) -> Worker[None]:
        """Run as a worker of the application: one of the page would be cancelled with the page."""
        return self.app.run_worker(partial(self._try, take, value), group="answer")

    async def _try(self, take: Take[R], value: R) -> None:
        try:
            taken = await take(value)
        except Exception as error:  # noqa: BLE001 - any error is shown in the question, which stays
            await self._say_why(error)
        else:
            if taken is not False:
                self.dismiss(value)
        finally:
            self._taking = False
            self.query(".moment").remove()

    async def _say_why(self, error: Exception) -> None:
        if not only_left(self, error):
            await self.refuse(self.guard.words(error))

    async def refuse(self, why: str) -> None:
        """Show why the answer is refused: in the question, or as a notice if the page was taken away meanwhile."""
        if not self.is_attached:
            self.app.notify(why, severity="warning", markup=False, timeout=8)
            return
        for shown in self.query(".why").results(Static):
            shown.update(why)
            return
        await self.query_one(Vertical).mount(Static(why, classes="why", markup=False))

    def action_leave(self) -> None:
        """Leave without an answer."""
        self.leave_with(None)

    def leave_with(self, value: R | None) -> None:
        """Leave with a value that need not be taken; not while an answer is being taken."""
        if not self._taking:
            self.dismiss(value)
        elif not self.query(".moment"):
            self.query_one(Vertical).mount(Static(_("One moment…"), classes="note moment", markup=False))


class Confirm(Popup[bool]):
    """Yes or no, with the focus on no. «н» means no, although it lies on the key of y."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("y,д", "answer(True)"),
        ("n,н,т", "answer(False)"),
        ("left,right", "other"),
    ]

    def __init__(self, title: str, note: str = "", *, yes: str = "") -> None:
        super().__init__()
        self._title, self._note, self._yes = title, note, yes or _("Yes")

    def compose(self) -> ComposeResult:
        """Question and two answers."""
        with Vertical():
            yield Label(self._title, classes="title", markup=False)
            if self._note:
                yield Static(self._note, classes="note", markup=False)
            with Horizontal():
                yield Button(_("No"), id="no", compact=True)
                yield Button(as_it_stands(self._yes), id="yes", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.action_answer(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """Answer by a letter; a no is not taken."""
        if yes:
            self.answer(yes)
        else:
            self.leave_with(yes)

    def action_other(self) -> None:
        """To the other button."""
        self.focus_next()


class TextPrompt(Popup[str]):
    """One line of text."""

    def __init__(self, title: str, value: str = "", *, note: str = "", suggest: Suggester | None = None) -> None:
        super().__init__()
        self._title, self._value, self._note, self._suggest = title, value, note, suggest

    def compose(self) -> ComposeResult:
        """Question and field."""
        with Vertical():
            yield Label(self._title, classes="title", markup=False)
            yield Input(self._value, suggester=self._suggest)
            yield Static(self._note, classes="note", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer."""
        self.answer(event.value)


class Choose(Popup[str]):
    """One of several, each in a row of its own; the letter or the number before a choice picks it.

    Where a number of more digits begins with the same ones, it is waited for them for `_NEXT_DIGIT` seconds.
    """

    DEFAULT_CSS = """
    Choose > Vertical { width: auto; min-width: 44; }
    Choose .title, Choose OptionList { width: auto; max-width: 100%; }
    Choose OptionList { max-height: 70vh; }
    """

    def __init__(self, title: str, options: Sequence[tuple[str, str]], *, keys: Sequence[str] = ()) -> None:
        super().__init__()
        self._title, self._options, self._keys = title, options, keys or [""] * len(options)
        self._digits = ""
        """The digits that were typed of a number."""

    def compose(self) -> ComposeResult:
        """Question and list."""
        with Vertical():
            yield Label(self._title, classes="title", markup=False)
            rows = (Option(self._shown(n), id=value) for n, (value, _words) in enumerate(self._options))
            yield OptionList(*rows, markup=False)

    def _shown(self, n: int) -> Text:
        key = fit(self._keys[n], max(map(cell_len, self._keys)) + 2) if any(self._keys) else ""
        return Text.assemble((key, "bold"), self._options[n][1], no_wrap=True, overflow="ellipsis")

    def on_key(self, event: events.Key) -> None:
        """Choose by a letter, in either layout, or by a number; the page below does not get the key."""
        character = event.character or ""
        whole = self._digits + character if character.isdigit() else character
        typed = next((one for one in (whole, character) if self._meant(one)), "")
        self._digits = typed if typed.isdigit() else ""
        if typed:
            event.stop()
            event.prevent_default()
            self._take_typed(typed)

    def _meant(self, typed: str) -> Sequence[int]:
        """The choices whose number begins with some digits, the number itself first, or that have this letter."""
        if not typed.isdigit():
            return [n for n, key in enumerate(self._keys) if typed and typed in {key, SAME_KEY.get(key)}]
        begun = [n for n, key in enumerate(self._keys) if key.isdigit() and key.startswith(typed)]
        return sorted(begun, key=lambda n: self._keys[n] != typed)

    def _take_typed(self, typed: str) -> None:
        meant = self._meant(typed)
        if len(meant) == 1 and (not typed.isdigit() or self._keys[meant[0]] == typed):
            self.answer(self._options[meant[0]][0])
            return
        self.query_one(OptionList).highlighted = meant[0]
        self.set_timer(_NEXT_DIGIT, partial(self._end_number, typed))

    def _end_number(self, typed: str) -> None:
        """Choose the number that was typed, if no more digits came and nothing else was chosen."""
        at = self._meant(typed)[0]
        if typed == self._digits == self._keys[at] and self.query_one(OptionList).highlighted == at:
            self.answer(self._options[at][0])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer."""
        self.answer(event.option.id or "")
