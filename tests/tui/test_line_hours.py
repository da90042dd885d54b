"""The client's card tells whether the line is open."""

from __future__ import annotations

from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.services import options
from chatapp_cli.tui.widgets.client_card import ClientCard
from tests.tui.conftest import Opener


async def test_the_clients_card_tells_until_when_the_line_is_open_or_closed(window: Opener, company: Company) -> None:
    hours = {"hours": "mon-sun 00:00-24:00", "hours_calendar": "none"}
    company.write(partial(options.configure_company, changes=hours))
    async with window() as it:
        await it.open("Анна")
        await it.press("escape", "i")
        await it.until(lambda: it.app.screen.query(ClientCard))
        card = it.app.screen.query_one(ClientCard)
        await it.until(lambda: "Working hours\nalways open" in str(card.render()))
