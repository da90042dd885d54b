"""The form of a quick reply: title, text, keywords, buttons, category (S-137, S-138, S-144)."""

from __future__ import annotations

from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.suggester import SuggestFromList
from textual.widgets import Button, Input, Label, Static, TextArea

from chatapp_cli.domain import buttons
from chatapp_cli.domain.quick_reply import CATEGORIES, QuickReplyDraft, category_name
from chatapp_cli.domain.variables import names
from chatapp_cli.i18n import _, language, show
from chatapp_cli.tui.popups import Popup


class ReplyForm(Popup[QuickReplyDraft]):
    """The form; it stays until the reply is saved or the person leaves."""

    DEFAULT_CSS = """
    ReplyForm TextArea { border: none; border-bottom: solid $rule; height: 5; background: $surface; padding: 0; }
    ReplyForm #pair { height: auto; }
    ReplyForm #pair Input { width: 1fr; }
    ReplyForm TextArea:focus { border: none; border-bottom: solid $primary; }
    """

    def __init__(self, title: str, known: QuickReplyDraft) -> None:
        super().__init__()
        self._title, self._known = title, known
        self._buttons = buttons.as_typed(known.buttons)

    def compose(self) -> ComposeResult:
        """The fields."""
        known, usual = self._known, [show(name) for name in CATEGORIES.values()]
        suggest = SuggestFromList(usual, case_sensitive=False)
        with Vertical():
            yield Label(self._title, classes="title", markup=False)
            yield Input(known.title, placeholder=_("Title"), id="title")
            yield TextArea(known.text, id="text", tab_behavior="focus", placeholder=_("Text"))
            yield Input(known.keywords, placeholder=_("Keywords: what clients ask"), id="keywords")
            with Horizontal(id="pair"):
                yield Input(self._buttons, placeholder=_("Buttons, separated by |"), id="buttons")
                yield Input(
                    show(category_name(known.category)),
                    placeholder=_("Category: {known}", known=", ".join(usual)),
                    id="category",
                    suggester=suggest,
                )
            known_names = ", ".join(f"{{{name}}}" for name in names(language()))
            yield Static(_("Filled in automatically: {names}", names=known_names), classes="note", markup=False)
            with Horizontal():
                yield Button(_("Save"), id="save", compact=True)

    @on(Input.Submitted)
    def _next(self) -> None:
        """Focus the next field."""
        self.focus_next()

    @on(Input.Submitted, "#category")
    @on(Button.Pressed)
    def _save(self, event: Input.Submitted | Button.Pressed) -> None:
        event.stop()
        event.prevent_default()
        self.answer(self._draft())

    def _draft(self) -> QuickReplyDraft:
        title, keywords, typed, category = (box.value for box in self.query(Input))
        text = self.query_one(TextArea).text
        new = replace(self._known, title=title, text=text, keywords=keywords, category=category)
        if typed == self._buttons:
            return new
        return replace(new, buttons=tuple(one for one in typed.split(buttons.BETWEEN) if one.strip()))
