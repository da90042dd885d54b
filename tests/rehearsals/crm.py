"""Clients talk through three channels with employees of two CRMs while these fail and the daemon is killed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from chatapp_cli.bootstrap import open_company
from chatapp_cli.sandbox.directory import sandbox as provider
from chatapp_cli.services import links
from chatapp_cli.settings import Settings
from tests.rehearsals._crm_figures import Figures, Plan
from tests.rehearsals._crm_office import KINDS, Office
from tests.rehearsals._crm_sides import Sides
from tests.rehearsals._crms import both
from tests.rehearsals._deals import RehearsedDeals
from tests.rehearsals.kill import Killed, free_port
from tests.stores import OWNER

FULL = Plan(incoming=300, outgoing=75, mails=30, deals=40, kills=50, people=10, patience=600)
TENTH = Plan(incoming=12, outgoing=5, mails=2, deals=2, kills=5, people=3, patience=60)


async def rehearse(home: Path, plan: Plan, say: Callable[[str], None]) -> Figures:
    """Play it in a store of its own; ``say`` is told how it goes on."""
    began, port = time.monotonic(), free_port()
    async with AsyncExitStack() as stack:
        sandboxes = [await stack.enter_async_context(provider(kind)) for kind in KINDS]
        portal, account = await stack.enter_async_context(both())
        company = open_company(Settings(home=str(home), http_port=port)).seen_by(OWNER)
        stack.callback(company.close)
        deals, figures = RehearsedDeals(portal.portal), Figures(plan)
        office = Office(company, (portal, account), deals, sandboxes, plan, port, figures)
        daemon = Killed(home, port, office.moments)
        await office.set_up(daemon, say)
        await _storm(office, daemon, say)
        await Sides(office).compare()
        figures.minutes = (time.monotonic() - began) / 60
        return figures


async def _storm(office: Office, daemon: Killed, say: Callable[[str], None]) -> None:
    """The load under kills and failing CRMs, and peace again until everything has settled."""
    load = [asyncio.create_task(office.clients(one)) for one in office.sandboxes]
    load += [asyncio.create_task(office.employees(crm, kind)) for crm in office.crms for kind in KINDS]
    load.append(asyncio.create_task(office.deal_clients()))
    weather = [asyncio.create_task(office.weather(crm)) for crm in office.crms]
    await daemon.storm(office.plan.kills, partial(office.ripe, say=say), say)
    async with daemon.running():
        await asyncio.gather(*load)
        for one in weather:
            one.cancel()
        await asyncio.wait(weather)
        say("the load is over")
        for crm in office.crms:
            crm.calm()
            await office.help(crm)
        await asyncio.gather(*office.changing)
        for crm in office.crms:
            await crm.settled()
            office.company.write(partial(links.resume, link=office.links[crm.kind]))
            office.company.write(partial(links.ask_catch_up, link=office.links[crm.kind]))
        await office.settle("everything is told", say)
        if await office.decide():
            await office.settle("what was decided is told", say)
