"""A connector's questions as a form: errors are shown at their fields, and answers are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.message import Message
from textual.widgets import Button, Checkbox, Input, Label, RadioButton, RadioSet, Static

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.form import Field, Form
from chatapp_cli.i18n import _, show
from chatapp_cli.tui.media.paths import Paths
from chatapp_cli.tui.reading.cells import as_it_stands

_A_MOMENT = 0.01
"""In seconds."""


class PlainRadio(RadioButton):
    """A choice whose sign tells without colours whether it is chosen."""

    @property
    def _button(self) -> Content:
        return Content("(●)" if self.value else "( )").stylize(self.get_visual_style("toggle--button"))


class PlainCheckbox(Checkbox):
    """A yes or no whose sign tells without colours which of them it is."""

    @property
    def _button(self) -> Content:
        return Content("[✓]" if self.value else "[ ]").stylize(self.get_visual_style("toggle--button"))


class FieldRow(Vertical):
    """A question with its hint, its answer and its error."""

    DEFAULT_CSS = """
    FieldRow { height: auto; margin: 0 0 1 0; }
    FieldRow > Label { width: 1fr; }
    FieldRow > .hint { color: $muted; width: 1fr; }
    FieldRow > .error { color: $error; width: 1fr; display: none; }
    FieldRow.-wrong > .error { display: block; }
    FieldRow > Input { border: none; height: 1; padding: 0 1; background: $panel; }
    FieldRow > Input:focus { border: none; background: $cursor; background-tint: $cursor 0%; }
    FieldRow > RadioSet, FieldRow > Checkbox { border: none; background: $background; padding: 0; }
    FieldRow > RadioSet:focus, FieldRow > Checkbox:focus { border: none; background: $panel; }
    FieldRow > RadioSet:focus, FieldRow > Checkbox:focus { background-tint: $panel 0%; }
    FieldRow > RadioSet:blur > RadioButton.-selected > .toggle--label { color: $block-cursor-blurred-foreground; }
    """

    def __init__(self, field: Field, value: str, error: str) -> None:
        super().__init__(classes="-wrong" if error else "")
        self.field, self._given, self._error = field, value, error
        self.applies = True
        """Whether the question applies; a further question may apply and yet be folded."""
        self._blamed = value
        """The answer to which the error belongs."""

    def compose(self) -> ComposeResult:
        """Label, answer, hint and error."""
        optional = "" if self.field.required or self.field.kind == "flag" else " " + _("(may be empty)")
        yield Label(show(self.field.label) + optional, markup=False)
        if self.field.kind == "choice":
            yield self._choices()
        elif self.field.kind == "flag":
            yield PlainCheckbox(_("Yes"), self._given == "on", compact=True)
        else:
            suggest = Paths() if self.field.kind == "file" else None
            yield Input(self._given, password=self.field.secret, suggester=suggest, compact=True)
        if self.field.hint is not None:
            yield Static(show(self.field.hint), classes="hint", markup=False)
        yield Static(self._error, classes="error", markup=False)

    def _choices(self) -> RadioSet:
        buttons = [
            PlainRadio(as_it_stands(show(choice.label)), choice.value == self._given) for choice in self.field.choices
        ]
        return RadioSet(*buttons, compact=True)

    @property
    def value(self) -> str:
        """The present answer."""
        if self.field.kind == "choice":
            at = self.query_one(RadioSet).pressed_index
            return self.field.choices[at].value if at >= 0 else self._given
        if self.field.kind == "flag":
            return "on" if self.query_one(Checkbox).value else "off"
        return self.query_one(Input).value.strip()

    def choose(self, value: str) -> None:
        """Choose another answer of several."""
        at = [choice.value for choice in self.field.choices].index(value)
        self.query(RadioButton)[at].value = True

    def blame(self, error: str) -> None:
        """Show an error of the present answer; an empty one removes it."""
        self._blamed = self.value
        self.query_one(".error", Static).update(error)
        self.set_class(bool(error), "-wrong")

    @on(RadioSet.Changed)
    @on(Checkbox.Changed)
    @on(Input.Changed)
    def _forgive(self) -> None:
        """Remove the error once there is another answer."""
        if self.has_class("-wrong") and self.value != self._blamed.strip():
            self.blame("")


class FormView(VerticalScroll):
    """A form, with a button that submits it; further questions stand last, folded until another button shows them."""

    DEFAULT_CSS = """
    FormView { height: 1fr; padding: 1 2; scrollbar-size-vertical: 1; }
    FormView > .title { text-style: bold; width: 1fr; margin: 0 0 1 0; }
    FormView > .intro { color: $muted; width: 1fr; margin: 0 0 1 0; }
    FormView > .whole { color: $error; width: 1fr; margin: 0 0 1 0; display: none; }
    FormView.-wrong > .whole { display: block; }
    FormView > #further { margin: 0 0 1 0; }
    FormView > Button { border: none; height: 1; min-width: 16; background: $panel; color: $foreground; }
    FormView > Button:focus { background: $primary; color: $background; text-style: none; }
    """

    @dataclass
    class Answered(Message):
        """The form was submitted; the values are by the names of the fields."""

        values: Mapping[str, str]

    def __init__(self, form: Form, typed: Mapping[str, str], lasting: Callable[[str], str], done: str) -> None:
        super().__init__()
        self.form, self._typed, self._lasting, self._done = form, typed, lasting, done
        self._unfolded = any(field.further and field.name in form.errors for field in form.fields)
        self._told: dict[str, str] = {}
        self.checking = False
        """Whether the answers are being checked: until then nothing can be typed."""

    def compose(self) -> ComposeResult:
        """Title, introduction, error of the whole form, fields, button."""
        yield Static(show(self.form.title), classes="title", markup=False)
        if self.form.intro:
            yield Static("\n".join(map(show, self.form.intro)), classes="intro", markup=False)
        yield Static(show(self.form.errors.get("")), classes="whole", markup=False)
        fields = self.form.fields
        yield from (self._row(field) for field in fields if not field.further)
        if any(field.further for field in fields):
            yield Button(_("Further questions"), id="further", compact=True)
        yield from (self._row(field) for field in fields if field.further)
        yield Button(self._done, id="continue", compact=True)

    def _row(self, field: Field) -> FieldRow:
        given = self.form.values.get(field.name, self._typed.get(field.name, field.default))
        return FieldRow(field, given, show(self.form.errors.get(field.name)))

    def on_mount(self) -> None:
        """Hide fields that do not apply, and focus the first one with an error, or the first one."""
        values = self.typed()
        self._told = {field.name: field.found(values) for field in self.form.fields if field.found_in}
        self._show_fields_that_apply()
        self.set_class("" in self.form.errors, "-wrong")
        self._focus_first()

    def _focus_first(self) -> None:
        """Focus the first answer with an error, or the first one."""
        rows = [row for row in self.query(FieldRow) if row.display]
        first = next((row for row in rows if row.has_class("-wrong")), rows[0] if rows else None)
        target = None if first is None else next((w for w in first.query("*") if w.focusable), None)
        (target or self.query_one("#continue")).focus()
        if first is not None:
            self.call_after_refresh(first.scroll_visible, animate=False)  # nothing has a place before that

    def check(self) -> None:
        """Take no keys while the answers are checked; the form stays as it is."""
        self.checking = True
        self.focus(scroll_visible=False)  # keys of letters that are typed on must not reach the page
        for part in self.query("FieldRow, Button"):
            part.disabled = True

    def on_key(self, event: Key) -> None:
        """Drop what is typed while the answers are checked."""
        if self.checking and event.is_printable:
            event.stop()
            event.prevent_default()

    def asks_the_same(self, form: Form) -> bool:
        """Whether another form differs from this one in its errors alone."""
        mine, typed = self.form, self.typed()
        same = (mine.title, mine.intro, tuple(mine.fields)) == (form.title, form.intro, tuple(form.fields))
        return same and all(form.values.get(name, value) == value for name, value in typed.items())

    def ask_again(self, form: Form) -> None:
        """Show the errors of the same form, and take keys again."""
        self.form, self.checking = form, False
        for part in self.query("FieldRow, Button"):
            part.disabled = False
        for row in self.query(FieldRow):
            row.blame(show(form.errors.get(row.field.name)))
            self._unfolded |= row.field.further and row.has_class("-wrong")
        self.query_one(".whole", Static).update(show(form.errors.get("")))
        self.set_class("" in form.errors, "-wrong")
        self._show_fields_that_apply()
        self._focus_first()

    def typed(self) -> dict[str, str]:
        """All present answers, those of hidden fields included."""
        return {row.field.name: row.value for row in self.query(FieldRow)}

    @on(RadioSet.Changed)
    @on(Checkbox.Changed)
    @on(Input.Changed)
    def _show_fields_that_apply(self) -> None:
        self._choose_what_is_told()
        values = self.typed()
        for row in self.query(FieldRow):
            row.applies = row.field.applies(values)
            row.display = row.applies and (self._unfolded or not row.field.further)

    def _choose_what_is_told(self) -> None:
        """Choose the answers that another answer tells, once it changes; a person may still choose others.

        That is done a moment later: while a RadioSet reports a change, those of other buttons are not reported.
        """
        for row in self.query(FieldRow):
            told = row.field.found(self.typed())
            if row.field.found_in and told != self._told[row.field.name]:
                self._told[row.field.name] = told
                self.set_timer(_A_MOMENT, partial(row.choose, told or row.field.default))

    @on(Button.Pressed, "#further")
    def _unfold(self) -> None:
        """Show the further questions, or fold them again."""
        self._unfolded = not self._unfolded
        self._show_fields_that_apply()

    @on(Input.Submitted)
    def _on(self) -> None:
        """Go to the next field, from the last one to the button."""
        self.screen.focus_next()

    @on(Button.Pressed, "#continue")
    def submit(self) -> None:
        """Answer, unless something is wrong, which is then shown."""
        if self.checking:
            return
        asked = [row for row in self.query(FieldRow) if row.applies]
        answers = {row.field.name: self._answer_of(row) for row in asked}
        wrong = next((row for row in asked if row.has_class("-wrong")), None)
        if wrong is None:
            self.post_message(self.Answered(answers))
        else:
            self._unfolded |= any(row.field.further for row in asked if row.has_class("-wrong"))
            self._show_fields_that_apply()
            wrong.query_one("Input, RadioSet, Checkbox").focus()

    def _answer_of(self, row: FieldRow) -> str:
        """The answer of a row, a new file as a path that stays valid; its error is shown in the row."""
        value, fault = row.value, ""
        if row.field.required and not value:
            fault = _("This is needed.")
        elif row.field.kind == "file" and value not in {"", self.form.values.get(row.field.name)}:
            try:
                value = self._lasting(value)
            except ChatappError as error:
                fault = " ".join(filter(None, [show(error.what), show(error.next_step)]))
        row.blame(fault)
        return value
