"""Who sits at the window: decided when it opens, and again when something happened to an account (S-128)."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.access import NOBODY, Acting
from chatapp_cli.domain.errors import Refused
from chatapp_cli.runtime import login
from chatapp_cli.tui.session.workspace import Workspace


class LoginGate:
    """Lets somebody in, and out."""

    def __init__(self, workspace: Workspace, token: str) -> None:
        self._workspace = workspace
        self._token = token

    @property
    def acting(self) -> Acting | None:
        """Who sits there now."""
        return self._workspace.company.acting

    async def look(self) -> Refused | None:
        """Seat whoever acts; the reason, if somebody has to log in first and sees nothing until then."""
        whole = self._workspace.company.whole
        try:
            company = await self._workspace.store.with_store(partial(login.logged_in, whole, self._token))
        except Refused as refused:
            self._workspace.switch_to(whole.seen_by(NOBODY))
            return refused
        self._workspace.switch_to(company)
        return None

    async def log_in(self, name: str, password: str) -> None:
        """Act as an operator from now on, in this window alone. Raises Refused."""
        whole = self._workspace.company.whole
        self._token = await self._workspace.store.with_store(partial(login.log_in, whole, name, password))
