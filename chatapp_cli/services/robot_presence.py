"""How a CRM has our robots, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from chatapp_cli.domain.crm.robots import RobotPresence, RobotThere
from chatapp_cli.domain.crm_manifest import CrmManifest
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.robot import known
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import words

PRESENCES: Mapping[RobotPresence, Text] = MappingProxyType(
    {
        RobotPresence.THERE: T("installed"),
        RobotPresence.MISSING: T("not installed"),
        RobotPresence.OLD: T("to be renewed"),
        RobotPresence.STRANGE: T("none of ours any more"),
        RobotPresence.REFUSED: T("refused"),
    }
)


def title(one: RobotThere) -> Text:
    """What people call a robot; of a strange one its code."""
    robot = known(one.robot)
    return T("{name}", name=one.robot) if robot is None else robot.title


def refusals(
    about: CrmManifest, link: LinkId, there: Sequence[RobotThere]
) -> Sequence[tuple[Text, Text | None, Sequence[str]]]:
    """Why robots were refused, in the CRM's own words, what to do, and which they are: each reason once."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in there:
        if one.presence is RobotPresence.REFUSED:
            found.setdefault((one.code, one.detail), []).append(one.robot)
    return [(*words.why_not_answered(about, link, *reason), robots) for reason, robots in found.items()]
