"""Who sits at the window: whoever may not see the pages sees a login instead of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual.app import App

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.i18n import show
from chatapp_cli.tui.session.login_gate import LoginGate


class LoginWatch:
    """Looks from time to time whether a login still holds."""

    def __init__(
        self, app: App[None], company: Company, login_gate: LoginGate, begin_anew: Callable[[], Awaitable[None]]
    ) -> None:
        self._app, self._company, self._login_gate, self._begin_anew = app, company, login_gate, begin_anew
        self._looking = asyncio.Lock()
        self._outside: ChatappError | None = None

    async def look(self) -> None:
        """Find out who sits here."""
        self._outside = await self._login_gate.check()

    async def look_again(self) -> None:
        """Show to whoever sits here what they may see by now, or the login."""
        async with self._looking:
            before = self._login_gate.acting
            await self.look()
            if self._login_gate.acting != before:
                await self._begin_anew()
                self.ask()

    def ask(self) -> None:
        """Ask whoever sits outside to log in."""
        if self._outside is not None:
            from chatapp_cli.tui.screens.login import LoginScreen

            title = self._company.read(lambda tx: self._company.options.text(tx, "company_name")) or str(
                self._app.TITLE
            )
            self._app.push_screen(LoginScreen(title, self._login_gate.log_in, show(self._outside.what)))
