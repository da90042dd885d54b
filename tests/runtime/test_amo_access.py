"""How far an amoCRM account lets its link in, as the daemon asks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.text import T
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime.asking_crm import own_session
from chatapp_cli.runtime.link_access import AccessWatch
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.services import link_access, links
from tests.runtime.amo_desk import ANNA, AmoChannel, amo_channel
from tests.runtime.desk import eventually
from tests.stores import HeldClock


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
        assert (desk.row().state, lacks(desk)) == ("ok", ["Deals are lacking."])
        await asked_again(desk)


async def asked_again(desk: AmoChannel) -> None:
    """After a few minutes, and not before, the account is asked whose answer is owed; no more once it has told."""
    clock = HeldClock(desk.company.world.clock.now())
    store = AsyncStore(open_company(desk.company.settings, replace(desk.company.world, clock=clock)))
    told = []
    try:
        async with own_session(desk.company, desk.row()) as session:
            watch = AccessWatch(store, desk.row())
            await watch.look(session)
            desk.account.misbehaviour.refuse.clear()
            for minutes in (0, 4, 2, 60):
                clock.at += minutes * 60_000
                before = session.calls
                await watch.look(session, now=False)
                told.append((session.calls > before, lacks(desk)))
    finally:
        await store.aclose()
    kept = ["Deals are lacking."]
    assert told == [(False, kept), (False, kept), (True, []), (False, [])]


def lacks(desk: AmoChannel) -> list[str]:
    """What is kept of it."""
    return [str(one.what) for one in desk.company.read(lambda tx: link_access.of(tx, desk.link)).lacks]
