"""Logging in, where operators have accounts: no page lies below until somebody has logged in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Button, Input, Label, Static

from chatapp_cli.i18n import _
from chatapp_cli.ports.bind import Asker
from chatapp_cli.tui.popups import Popup
from chatapp_cli.tui.reading.cells import as_it_stands


class LoginScreen(Popup[None]):
    """Name and password, and a button for each other way."""

    DEFAULT_CSS = """
    LoginScreen { background: $background; }
    LoginScreen > Vertical { width: 48; padding: 1 3; }
    LoginScreen Input { margin: 0 0 1 0; }
    LoginScreen #status { color: $warning; width: 1fr; }
    LoginScreen Button { margin: 1 0 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave"), ("ctrl+q", "leave")]

    def __init__(
        self,
        title: str,
        log_in: Callable[[str, str], Awaitable[None]],
        why: str = "",
        *,
        ways: Mapping[str, str] | None = None,
        log_in_by: Callable[[str, Asker], Awaitable[None]] | None = None,
    ) -> None:
        """``ways`` are others than the password, each by its name for ``log_in_by`` and in words."""
        super().__init__()
        self._title, self._log_in, self._why = title, log_in, why
        self._ways, self._log_in_by = ways or {}, log_in_by

    def compose(self) -> ComposeResult:
        """Two boxes, and the buttons."""
        with Vertical():
            yield Label(self._title, classes="title", markup=False)
            yield Input(placeholder=_("Your name"), id="name")
            yield Input(placeholder=_("Your password"), id="password", password=True)
            yield Static(self._why, id="status", markup=False)
            yield Static(_("Enter: log in.  Esc: leave."), classes="note", markup=False)
            for way, words in self._ways.items():
                yield Button(as_it_stands(words), id=way, compact=True)

    def action_leave(self) -> None:
        """Close the window: there is no page to go back to."""
        self.app.exit()

    @on(Input.Submitted, "#name")
    def _name_entered(self) -> None:
        self.query_one("#password", Input).focus()

    @on(Input.Submitted, "#password")
    def _submitted(self) -> None:
        self.run_worker(self._try_to_log_in(), exclusive=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Log in by another way."""
        from chatapp_cli.tui.screens.signing_in import SigningInScreen  # with the forms, which few logins need

        if event.button.id and self._log_in_by:
            words = self._ways[event.button.id]
            self.app.push_screen(SigningInScreen(words, partial(self._log_in_by, event.button.id)))

    async def _try_to_log_in(self) -> None:
        status, secret = self.query_one("#status", Static), self.query_one("#password", Input)
        status.update(_("One moment…"))
        try:
            await self._log_in(self.query_one("#name", Input).value, secret.value)
        except Exception as error:  # noqa: BLE001 - any error is shown on the page, which stays
            secret.value = ""
            status.update(self.guard.words(error))
