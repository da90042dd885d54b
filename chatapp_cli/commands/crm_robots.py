"""``chatapp crm robots``: what the automations of a CRM can have this desk do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Verb, noun, opened
from chatapp_cli.commands.crm_names import OneLink
from chatapp_cli.commands.crm_own import app
from chatapp_cli.commands.errors import note, say
from chatapp_cli.documents import crm_robots as documents
from chatapp_cli.domain.crm.robots import RobotPresence
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.kit.crms import manifest
from chatapp_cli.services import links, robot_presence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.crm.robots import RobotThere
    from chatapp_cli.store.rows.crm import LinkRow

robots = noun()
app.add_typer(robots, name="robots", help=N_("Robots of this desk in the automations of a CRM"))


@robots.command("list", cls=Verb)
def list_(ctx: typer.Context, link: OneLink = "", as_json: Json = False) -> None:
    """Show how the CRM has each robot. The exit code is 1 if one is not as it should be."""
    from chatapp_cli.runtime import crm_robots as asking

    row, found = _found(ctx, link, asking.there)
    _print(row, found, as_json=as_json)
    raise typer.Exit(0 if all(one.presence is RobotPresence.THERE for one in found) else 1)


@robots.command(cls=Verb)
def install(ctx: typer.Context, link: OneLink = "", as_json: Json = False) -> None:
    """Offer the robots in the CRM's automations, or renew them. The exit code is 1 if it refused one."""
    from chatapp_cli.runtime import crm_robots as asking

    row, found = _found(ctx, link, asking.install)
    _print(row, found, as_json=as_json)
    refused = [one for one in found if one.presence is RobotPresence.REFUSED]
    if not refused:
        note("{title} has all {n} robots.", title=row.title, n=len(found))
    raise typer.Exit(1 if refused else 0)


@robots.command(cls=Verb)
def remove(ctx: typer.Context, link: OneLink = "") -> None:
    """Take the robots out of the CRM. Where they stand in automations, they do nothing any more."""
    from chatapp_cli.runtime import crm_robots as asking

    row, _there = _found(ctx, link, asking.remove)
    note("{title} has no robots of this desk any more.", title=row.title)


def _found(
    ctx: typer.Context, link: str, ask: Callable[[Company, LinkRow], Awaitable[Sequence[RobotThere]]]
) -> tuple[LinkRow, Sequence[RobotThere]]:
    with opened(ctx) as company:
        row = company.read(lambda tx: links.find(tx, link))

        async def answer() -> Sequence[RobotThere]:
            return await ask(company, row)

        return row, asyncio.run(answer())


def _print(row: LinkRow, found: Sequence[RobotThere], *, as_json: bool) -> None:
    if as_json:
        printing.document([documents.robot(one) for one in found])
        return
    printing.table(
        (_("Robot"), _("Name"), _("State")),
        [(one.robot, show(robot_presence.title(one)), show(robot_presence.PRESENCES[one.presence])) for one in found],
    )
    for what, step, refused in robot_presence.refusals(manifest(row.kind), row.id, found):
        say(T("{robots}: {what}", robots=", ".join(refused), what=what), step)
