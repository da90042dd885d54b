"""Actions on our robots in a CRM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from chatapp_cli.domain.crm.robots import RobotThere
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime import crm_robots
from chatapp_cli.services import robot_presence
from chatapp_cli.store.rows.crm import LinkRow
from chatapp_cli.tui.action_page import ActionPage

_INSTALL, _REMOVE = "install", "remove"


async def robots(page: ActionPage, row: LinkRow) -> None:
    """Show how the CRM has our robots, and install or remove them if a person chooses that."""
    page.say(_("Asking the CRM…"))
    company = page.workspace.company
    there = await crm_robots.there(company, row)
    ways = [(_INSTALL, _("Install or renew all robots")), (_REMOVE, _("Take all robots away"))]
    chosen = await page.choose(_("Robots in {title}: {states}", title=row.title, states=_states(there)), ways)
    if chosen == _INSTALL:
        _say(page, row, await crm_robots.install(company, row))
    elif chosen == _REMOVE and await _is_wanted(page, row):
        _say(page, row, await crm_robots.remove(company, row))


async def _is_wanted(page: ActionPage, row: LinkRow) -> bool:
    title = _("Take the robots of this desk out of {title}?", title=row.title)
    return await page.confirm(
        title, _("Where they stand in automations, they do nothing any more."), yes=_("Take away")
    )


def _say(page: ActionPage, row: LinkRow, there: Sequence[RobotThere]) -> None:
    said = [_("Robots in {title}: {states}", title=row.title, states=_states(there))]
    for what, step, names in robot_presence.refusals(manifest(row.kind), row.id, there):
        said.append(" ".join(filter(None, (", ".join(names), show(what), show(step)))))
    page.say("\n".join(said))


def _states(there: Sequence[RobotThere]) -> str:
    """How many robots are how."""
    counted = Counter(one.presence for one in there)
    return ", ".join(f"{show(robot_presence.PRESENCES[how])} {n}" for how, n in counted.items())
