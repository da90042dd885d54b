"""Whether the operator at the window is still logged in; without a login only the login page is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from textual.app import App

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.i18n import _, show
from chatapp_cli.ports.bind import Asker
from chatapp_cli.services import crm_presence
from chatapp_cli.tui.session.login_gate import LoginGate


class LoginWatch:
    """Checks the login, and shows the login page where one is needed."""

    def __init__(
        self,
        app: App[None],
        company: Company,
        login_gate: LoginGate,
        replace_pages: Callable[[], Awaitable[None]],
        in_background: Callable[[Callable[[], Awaitable[object]]], object],
    ) -> None:
        self._app, self._company, self._login_gate, self._replace_pages = app, company, login_gate, replace_pages
        self._in_background = in_background
        self._looking = asyncio.Lock()
        self._refusal: ChatappError | None = None
        """Why a login is needed; ``None`` while somebody is logged in."""

    async def look(self) -> None:
        """Find out who works here."""
        self._refusal = await self._login_gate.check()

    async def look_again(self) -> None:
        """Find out again who works here; after a change, replace all pages and ask for a login if one is needed."""
        async with self._looking:
            before = self._login_gate.acting
            await self.look()
            if self._login_gate.acting != before:
                await self._replace_pages()
                self.ask()

    def ask(self) -> None:
        """Show the login page if nobody is logged in."""
        if self._refusal is not None:
            from chatapp_cli.tui.screens.login import LoginScreen

            title = self._company.read(lambda tx: self._company.options.text(tx, "company_name")) or str(
                self._app.TITLE
            )
            page = LoginScreen(
                title, self._log_in, show(self._refusal.what), ways=self._ways(), log_in_by=self._log_in_by
            )
            self._app.push_screen(page)

    def _ways(self) -> Mapping[str, str]:
        """The kinds of CRM by which one may log in, each with what its button says."""
        if not self._company.read(crm_presence.is_linked):
            return {}
        from chatapp_cli.kit.crms import manifest
        from chatapp_cli.runtime import login_ways

        kinds = {row.kind for row in self._company.read(login_ways.offered)}
        return {kind: _("Log in through {title}", title=show(manifest(kind).title)) for kind in sorted(kinds)}

    async def _log_in(self, name: str, password: str) -> None:
        """Log in; the pages are replaced in the background, because this one's work ends with it. Raises Refused."""
        await self._login_gate.log_in(name, password)
        self._in_background(self.look_again)

    async def _log_in_by(self, way: str, ask: Asker) -> None:
        """Log in by a CRM, likewise. Raises what its questions and its refusals raise."""
        await self._login_gate.log_in_by(way, ask)
        self._in_background(self.look_again)
