"""The daemon that a window runs while no other one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.i18n import show
from chatapp_cli.tui.widgets.bars import StatusBar

if TYPE_CHECKING:
    from textual.app import App

    from chatapp_cli.bootstrap import Company


async def run(app: App[None], company: Company) -> None:
    """Run it, and show its state in the status bar."""
    from chatapp_cli.runtime.embedded_daemon import accompanied

    async with accompanied(company) as daemon:
        async for state in daemon.states():
            for page in app.screen_stack[:1]:  # there is none while the window closes
                page.query_one(StatusBar).tell_daemon(show(state.text), trouble=state.trouble)
