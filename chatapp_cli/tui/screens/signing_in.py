"""Logging in by another way than the password: what the way asks, one question at a time, over the login page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Label, Static

from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.i18n import _, show
from chatapp_cli.ports.bind import Asker
from chatapp_cli.tui.popups import Popup
from chatapp_cli.tui.screens.asking import WindowAsker, shown

LogInBy: TypeAlias = Callable[[Asker], Awaitable[None]]
"""Has a person prove who they are. Raises what is to be shown."""


class _Questions:
    """The page as ``WindowAsker`` wants it; a popup's own ``answer`` is another thing."""

    def __init__(self, page: SigningInScreen) -> None:
        self._page = page

    async def answer(self, form: Form) -> Mapping[str, str]:
        return await self._page.ask(form)

    def notice(self, notice: Notice) -> None:
        self._page.tell(notice)


class SigningInScreen(Popup[None]):
    """What the person has to look at, and a box for one answer; Escape leads back to the password."""

    DEFAULT_CSS = """
    SigningInScreen { background: $background; }
    SigningInScreen > Vertical { width: 76; padding: 1 3; }
    SigningInScreen #notice { width: 1fr; margin: 0 0 1 0; }
    SigningInScreen #status { color: $warning; width: 1fr; }
    """

    def __init__(self, title: str, log_in: LogInBy) -> None:
        super().__init__()
        self._title, self._log_in = title, log_in
        self._form: Form | None = None
        self._answer: asyncio.Future[Mapping[str, str]] | None = None

    def compose(self) -> ComposeResult:
        """One box."""
        with Vertical():
            yield Label(self._title, classes="title", markup=False)
            yield Static(id="notice", markup=False)
            yield Input(id="answer")
            yield Static(id="status", markup=False)
            yield Static(_("Enter: continue.  Esc: back."), classes="note", markup=False)

    def on_mount(self) -> None:
        """Begin to ask."""
        self.run_worker(self._ask_all())

    async def _ask_all(self) -> None:
        """Ask until somebody is logged in: this page then goes away with all others."""
        why = ""
        while True:
            self.query_one("#notice", Static).update("")
            self._say(why)
            try:
                await self._log_in(WindowAsker(_Questions(self)))
            except Exception as error:  # noqa: BLE001 - any error is shown on the page, which begins again
                why = self.guard.words(error)
            else:
                return

    async def ask(self, form: Form) -> Mapping[str, str]:
        """Show a form of one field and wait for its answer; a refused one stays in the box."""
        (field,) = form.fields
        self._form, self._answer = form, asyncio.get_running_loop().create_future()
        box = self.query_one("#answer", Input)
        box.placeholder, box.disabled = show(field.label), False
        if form.errors:
            self._say("\n".join(map(show, form.errors.values())))
        else:
            box.value = form.values.get(field.name, "")
        box.focus()
        return await self._answer

    def tell(self, notice: Notice) -> None:
        """Show what the person has to look at."""
        self._say("")
        self.query_one("#notice", Static).update(shown(notice, tall=False))

    def _say(self, words: str) -> None:
        self.query_one("#status", Static).update(words)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if self._form is None or self._answer is None or self._answer.done() or not event.value.strip():
            return
        event.input.disabled = True
        self._say(_("One moment…"))
        self._answer.set_result({self._form.fields[0].name: event.value.strip()})
