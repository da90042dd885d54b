"""Checks the login of a window: when it opens, and again when an account changes (S-128)."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.access import NOBODY, Acting
from chatapp_cli.domain.errors import Refused
from chatapp_cli.ports.bind import Asker
from chatapp_cli.runtime import identity
from chatapp_cli.tui.session.workspace import Workspace


class LoginGate:
    """Shows the window what its operator may see, and nothing without a valid login."""

    def __init__(self, workspace: Workspace, token: str) -> None:
        self._workspace = workspace
        self._token = token

    @property
    def acting(self) -> Acting | None:
        """Who is logged in, with their rights; they have none after a refused login."""
        return self._workspace.company.acting

    async def check(self) -> Refused | None:
        """Switch the window to what the login may see: nothing, if this returns why a new login is needed."""
        whole = self._workspace.company.whole
        try:
            company = await self._workspace.store.with_store(partial(identity.as_acting, whole, self._token))
        except Refused as refused:
            self._workspace.switch_to(whole.seen_by(NOBODY))
            return refused
        self._workspace.switch_to(company)
        return None

    async def log_in(self, name: str, password: str) -> None:
        """Log an operator in, in this window alone; `check` shows what they may see. Raises Refused."""
        from chatapp_cli.runtime import login

        whole = self._workspace.company.whole
        self._token = await self._workspace.store.with_store(partial(login.log_in, whole, name, password))

    async def log_in_by(self, kind: str, ask: Asker) -> None:
        """The same for an operator who signs in at a CRM of this kind. Raises Refused and what the asker raises."""
        from chatapp_cli.runtime import login, login_ways

        whole = self._workspace.company.whole
        self._token = await login.log_in_by(whole, await login_ways.asked(whole, kind, ask), ask)
