"""The box above the dialogs: what is typed there searches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message

from chatapp_cli.i18n import _

if TYPE_CHECKING:
    from textual.widgets import Input


class SearchBox(Vertical):
    """A row for the box, which is added when it is first asked for: the first paint does not wait for it."""

    DEFAULT_CSS = """
    SearchBox { height: 1; }
    SearchBox #search { border: none; height: 1; padding: 0 1; background: $background; }
    SearchBox #search:focus { background: $panel; background-tint: $panel 0%; }
    """

    class Typed(Message):
        """The text changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Confirmed(Message):
        """The text was confirmed by Enter."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__()
        self._input: Input | None = None

    def ready(self) -> Input:
        """The box itself; the first call adds it."""
        if self._input is None:
            from textual.widgets import Input

            self._input = Input(placeholder=_("Search: name, phone, e-mail"), id="search", compact=True)
            self.mount(self._input)
        return self._input

    def clear(self) -> None:
        """Empty the box and start no search."""
        box = self.ready()
        with box.prevent(box.Changed):
            box.value = ""

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass the text on."""
        event.stop()
        self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Pass the text on."""
        event.stop()
        self.post_message(self.Confirmed(event.value))
