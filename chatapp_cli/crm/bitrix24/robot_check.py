"""What a doctor finds out about our robots in a portal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.names import KIND
from chatapp_cli.crm.bitrix24.record import CALLED_AT, ROBOT, ROBOTS_AT
from chatapp_cli.crm.bitrix24.robots import PAGE, PortalRobots
from chatapp_cli.domain.crm.robots import RobotPresence, RobotThere
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit import crm_checks
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Finding

_STEP: Final = T("Install them anew: {how}", how=to_do(Next.ROBOTS))


async def findings(api: PortalApi, bound: Bound) -> Sequence[Finding]:
    """Whether the installed robots are those that we have now, and call us where we are; nothing if none ever were."""
    memory = bound.memory
    if not await memory.known(ROBOT):
        return []
    robots_at, called_at = [(await memory.known(name)).get(name, "") for name in (ROBOTS_AT, CALLED_AT)]
    try:
        there = await PortalRobots(api, memory, robots_at).there()
    except ChannelError as error:
        return [crm_checks.broken(KIND, "robots", error)]
    if wrong := _wrong(there):
        return [Finding(name="robots", ok=False, what=one, next_step=_STEP) for one in wrong]
    if called_at and called_at.rpartition("/")[0] != robots_at.removesuffix(f"/{PAGE}"):
        what = T("Bitrix24 calls our robots at an old address: {url}.", url=robots_at)
        return [Finding(name="robots", ok=False, what=what, next_step=_STEP)]
    return [Finding(name="robots", ok=True, what=T("Bitrix24 has all {n} robots.", n=len(there)))]


def _wrong(there: Sequence[RobotThere]) -> Sequence[Text]:
    named: Mapping[RobotPresence, str] = {
        how: ", ".join(one.robot for one in there if one.presence is how) for how in RobotPresence
    }
    said = {
        RobotPresence.MISSING: T("Bitrix24 lacks robots of ours: {robots}.", robots=named[RobotPresence.MISSING]),
        RobotPresence.OLD: T(
            "Bitrix24 has robots of ours with an old address or old fields: {robots}.",
            robots=named[RobotPresence.OLD],
        ),
        RobotPresence.STRANGE: T(
            "Bitrix24 has robots of ours that we have no more: {robots}.", robots=named[RobotPresence.STRANGE]
        ),
    }
    return [words for how, words in said.items() if named[how]]
