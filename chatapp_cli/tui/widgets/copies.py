"""The lines of a mail for those who get a copy: Cc, and Bcc when somebody wants it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from chatapp_cli.domain.recipients import is_address, typed_addresses
from chatapp_cli.i18n import _
from chatapp_cli.tui.session.composer_state import ComposerState

CopyField: TypeAlias = Literal["cc", "bcc"]
COPY_FIELDS: Sequence[CopyField] = ("cc", "bcc")


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
        yield Horizontal(
            Label(_("Cc:"), markup=False), Input(id="cc", compact=True, select_on_focus=False), id="cc-line"
        )
        yield Horizontal(
            Label(_("Bcc:"), markup=False), Input(id="bcc", compact=True, select_on_focus=False), id="bcc-line"
        )

    def show_state(self, state: ComposerState) -> None:
        """Show the copies of what is being written; empty lines disappear."""
        for name, typed in zip(COPY_FIELDS, (state.cc, state.bcc), strict=True):
            self.query_one(f"#{name}", Input).value = typed
            self.query_one(f"#{name}-line").set_class(bool(typed), "-shown")

    def ask(self) -> bool:
        """Show and focus Cc; Bcc, if Cc has the focus. Returns whether there was one: nothing follows Bcc."""
        if self.query_one("#bcc", Input).has_focus:
            return False
        self.go_to("bcc" if self.query_one("#cc", Input).has_focus else "cc")
        return True

    def go_to(self, name: CopyField) -> None:
        """Show a line and focus it, to write behind what stands there."""
        self.query_one(f"#{name}-line").add_class("-shown")
        box = self.query_one(f"#{name}", Input)
        box.cursor_position = len(box.value)
        box.focus()

    def go_to_wrong(self) -> None:
        """Focus the first line with what is no address."""
        typed = {name: typed_addresses(self.query_one(f"#{name}", Input).value) for name in COPY_FIELDS}
        self.go_to(next((name for name, some in typed.items() if not all(map(is_address, some))), "cc"))

    @property
    def boxes(self) -> Sequence[Input]:
        """The lines that are shown."""
        return [self.query_one(f"#{name}", Input) for name in COPY_FIELDS if self._is_shown(name)]

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
