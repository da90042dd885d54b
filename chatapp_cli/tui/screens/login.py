"""Logging in, where operators have accounts: no page lies below until somebody has logged in."""

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
    LoginScreen #status { color: $warning; width: 1fr; }
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
            yield Static(self._why, id="status", markup=False)
            yield Static(_("Enter: log in.  Esc: leave."), classes="note", markup=False)

    def action_leave(self) -> None:
        """Close the window: there is no page to go back to."""
        self.app.exit()

    @on(Input.Submitted, "#name")
    def _name_entered(self) -> None:
        self.query_one("#password", Input).focus()

    @on(Input.Submitted, "#password")
    def _submitted(self) -> None:
        self.run_worker(self._try_to_log_in(), exclusive=True)

    async def _try_to_log_in(self) -> None:
        status, secret = self.query_one("#status", Static), self.query_one("#password", Input)
        status.update(_("One moment…"))
        try:
            await self._log_in(self.query_one("#name", Input).value, secret.value)
        except Exception as error:  # noqa: BLE001 - any error is shown on the page, which stays
            secret.value = ""
            status.update(self.guard.words(error))
