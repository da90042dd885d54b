"""Who sits at the window: whoever may not see the pages sees a login instead of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual.app import App

from chatapp_cli.bootstrap import Desk
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.i18n import show
from chatapp_cli.tui.session.reception import Reception


class Door:
    """Looks from time to time whether a login still holds."""

    def __init__(
        self, app: App[None], desk: Desk, reception: Reception, begin_anew: Callable[[], Awaitable[None]]
    ) -> None:
        self._app, self._desk, self._reception, self._begin_anew = app, desk, reception, begin_anew
        self._looking = asyncio.Lock()
        self._outside: ChatappError | None = None

    async def look(self) -> None:
        """Find out who sits here."""
        self._outside = await self._reception.look()

    async def look_again(self) -> None:
        """Show to whoever sits here what they may see by now, or the login."""
        async with self._looking:
            before = self._reception.acting
            await self.look()
            if self._reception.acting != before:
                await self._begin_anew()
                self.ask()

    def ask(self) -> None:
        """Ask whoever sits outside to log in."""
        if self._outside is not None:
            from chatapp_cli.tui.screens.login import LoginScreen

            title = self._desk.read(lambda tx: self._desk.options.text(tx, "company_name")) or str(self._app.TITLE)
            self._app.push_screen(LoginScreen(title, self._reception.log_in, show(self._outside.what)))
