"""Logging in, where the window is not the owner's: nothing is behind it until somebody did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label, Static

from chatapp_cli.i18n import _
from chatapp_cli.tui.popups import Popup


class LoginScreen(Popup[None]):
    """Name and password."""

    DEFAULT_CSS = """
    LoginScreen { background: $background; }
    LoginScreen > Vertical { width: 48; padding: 1 3; }
    LoginScreen Input { margin: 0 0 1 0; }
    LoginScreen #said { color: $warning; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave"), ("ctrl+q", "leave")]

    def __init__(self, title: str, log_in: Callable[[str, str], Awaitable[None]], why: str = "") -> None:
        super().__init__()
        self._title, self._log_in, self._why = title, log_in, why

    def compose(self) -> ComposeResult:
        """Two boxes."""
        with Vertical():
            yield Label(self._title, classes="title", markup=False)
            yield Input(placeholder=_("Your name"), id="name")
            yield Input(placeholder=_("Your password"), id="password", password=True)
            yield Static(self._why, id="said", markup=False)
            yield Static(_("Enter: log in.  Esc: leave."), classes="note", markup=False)

    def action_leave(self) -> None:
        """There is nothing to go back to."""
        self.app.exit()

    @on(Input.Submitted, "#name")
    def _on(self) -> None:
        self.query_one("#password", Input).focus()

    @on(Input.Submitted, "#password")
    def _knock(self) -> None:
        self.run_worker(self._enter(), exclusive=True)

    async def _enter(self) -> None:
        said, secret = self.query_one("#said", Static), self.query_one("#password", Input)
        said.update(_("One moment…"))
        try:
            await self._log_in(self.query_one("#name", Input).value, secret.value)
        except Exception as error:  # noqa: BLE001 - whatever is wrong is said on the page, which stays
            secret.value = ""
            said.update(self.guard.words(error))
