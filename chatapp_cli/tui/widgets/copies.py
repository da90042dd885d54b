"""The lines of a mail for those who get a copy: Cc, and Bcc when somebody wants it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from chatapp_cli.i18n import _
from chatapp_cli.tui.session.composer_state import ComposerState

CopyField: TypeAlias = Literal["cc", "bcc"]


class Copies(Vertical):
    """Both lines; one is shown once it is asked for, and while something stands in it."""

    DEFAULT_CSS = """
    Copies { height: auto; }
    Copies > Horizontal { height: 1; display: none; }
    Copies > Horizontal.-shown { display: block; }
    Copies Label { color: $muted; width: auto; margin-right: 1; }
    Copies Input { border: none; padding: 0; background: $background; height: 1; width: 1fr; }
    Copies Input:focus { border: none; background: $background; background-tint: $background 0%; }
    """

    def compose(self) -> ComposeResult:
        """A label and a box each."""
        yield Horizontal(Label(_("Copy:"), markup=False), Input(id="cc", compact=True), id="cc-line")
        yield Horizontal(Label(_("Blind copy:"), markup=False), Input(id="bcc", compact=True), id="bcc-line")

    def show_state(self, state: ComposerState) -> None:
        """Show the copies of what is being written; empty lines disappear."""
        for name, typed in (("cc", state.cc), ("bcc", state.bcc)):
            self.query_one(f"#{name}", Input).value = typed
            self.query_one(f"#{name}-line").set_class(bool(typed), "-shown")

    def ask(self) -> None:
        """Show the next line that is not shown yet and focus it; the last one, if both are."""
        line = next((name for name in ("cc", "bcc") if not self._is_shown(name)), "bcc")
        self.query_one(f"#{line}-line").add_class("-shown")
        self.query_one(f"#{line}", Input).focus()

    def add(self, addresses: Sequence[str]) -> None:
        """Add addresses to Cc and focus it."""
        box = self.query_one("#cc", Input)
        box.value = ", ".join(filter(None, [box.value.strip(" ,;"), *addresses]))
        box.cursor_position = len(box.value)
        self.query_one("#cc-line").add_class("-shown")

    def allow(self, *, enabled: bool) -> None:
        """Let both be written in, or not."""
        for box in self.query(Input):
            box.disabled = not enabled

    def _is_shown(self, name: str) -> bool:
        return self.query_one(f"#{name}-line").has_class("-shown")
