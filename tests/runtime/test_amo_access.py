"""How far an amoCRM account lets its link in, as the daemon asks it."""

from __future__ import annotations

from collections.abc import Callable

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.text import T
from chatapp_cli.ports.connector import Finding
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.services import link_access, links
from tests.runtime.amo_desk import ANNA, amo_channel
from tests.runtime.desk import eventually


async def test_an_account_that_does_not_tell_its_users_keeps_the_link_from_nothing_and_what_it_told_stays(
    companies: Callable[..., Company],
) -> None:
    lacking = Finding(name="scopes", ok=False, what=T("Deals are lacking."))
    async with amo_channel(companies(http_port=0), TelegramBotSandbox()) as desk:
        row = desk.row()
        desk.company.write(lambda tx: link_access.record(tx, row, None, [lacking]))
        desk.account.misbehaviour.refuse["GET /api/v4/users"] = (504, "<html>gateway</html>")
        before = len(desk.account.calls)
        desk.company.write(lambda tx: links.ask_catch_up(tx, desk.link))
        await eventually(lambda: "/api/v4/users" in [call.path for call in desk.account.calls[before:]])
        await desk.town.say(ANNA, "Здравствуйте")
        await desk.sees("Здравствуйте")
        await desk.account.manager_writes(desk.chat, "Добрый день")
        await desk.gets("Добрый день")
        (kept,) = desk.company.read(lambda tx: link_access.of(tx, desk.link)).lacks
        assert (desk.row().state, str(kept.what)) == ("ok", "Deals are lacking.")
