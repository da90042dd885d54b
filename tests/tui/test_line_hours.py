"""The client's card tells whether the line is open."""

from __future__ import annotations

from functools import partial

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.services import options
from tests.tui.conftest import Opener


@pytest.mark.parametrize(
    ("hours", "state"), [("mon-sun 00:00-23:30", "open until 23:30"), ("mon-sun 23:00-23:30", "closed until 23:00")]
)
async def test_the_clients_card_tells_until_when_the_line_is_open_or_closed(
    window: Opener, company: Company, hours: str, state: str
) -> None:
    company.write(partial(options.configure_company, changes={"hours": hours, "hours_calendar": "none"}))
    async with window((200, 50)) as it:
        await it.open("Анна")
        await it.press("escape", "i")
        await it.sees("Working hours", state)
