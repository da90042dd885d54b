"""What can be done to a dialog or a group by anybody but a hand: each act by its code, for robots and rules.

An act gets what was filled in as strings, says what is wrong with it, and does it through the services that the command
line and the window use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.robot import RobotCode, RobotField, known
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, act_dialogs, act_groups, act_messages
from chatapp_cli.services.act_call import ActCall, DeskAct

if TYPE_CHECKING:
    from chatapp_cli.services.runs import ActAttempt

SEND_TEMPLATE: Final = "send_template"
SET_PARTICIPANT: Final = "set_participant"
"""Acts that no robot has yet: they wait for the robots of templates and of participants (K-05)."""

ACTS: Final[Mapping[str, DeskAct]] = MappingProxyType(
    {
        RobotCode.SEND_MESSAGE: act_messages.SEND_TEXT,
        RobotCode.SEND_FILE: act_messages.SEND_FILE,
        RobotCode.SEND_DOCUMENT: act_messages.SEND_FILE,
        SEND_TEMPLATE: act_messages.SEND_TEMPLATE,
        RobotCode.CHECK_PHONE: act_dialogs.CHECK_PHONE,
        RobotCode.SET_TAGS: act_dialogs.SET_TAGS,
        RobotCode.RENAME_CHAT: act_dialogs.RENAME,
        SET_PARTICIPANT: act_dialogs.SET_PARTICIPANT,
        RobotCode.CREATE_GROUP: act_groups.CREATE,
        RobotCode.ADD_MEMBERS: act_groups.ADD,
        RobotCode.SEND_TO_GROUP: act_groups.SEND,
        RobotCode.SEND_FILE_TO_GROUP: act_groups.SEND_FILE,
        RobotCode.END_GROUP: act_groups.END,
    }
)


def perform(code: str, call: ActCall) -> Sequence[ActAttempt]:
    """Do an act for each recipient; one that is refused keeps none of the others.

    Raises Refused, NotFound or UsageError for what is wrong for all of them.
    """
    access.require(call.tx, _act(code).right)
    _require_filled(code, call)
    return _act(code).do(call)


def _act(code: str) -> DeskAct:
    """An act by its code. Raises Refused."""
    found = ACTS.get(code)
    if found is None:
        raise no_robot(code)
    return found


def no_robot(code: str) -> Refused:
    """The refusal of a code that no robot has."""
    return Refused("unknown_robot", T("There is no robot {name}.", name=code))


def _is_filled(one: RobotField, said: str) -> bool:
    """Whether something can be seen in a field; what separates several values is none, save in a text."""
    separators = "" if one.kind == "text" else ",;"
    return any(sign.isprintable() and not sign.isspace() and sign not in separators for sign in said)


def _require_filled(code: str, call: ActCall) -> None:
    """Raise Refused for a field that has to be filled in; a file stands for its field."""
    robot = known(code)
    for one in () if robot is None else robot.fields:
        given = call.files if one.is_file else _is_filled(one, call.said(one.name))
        if one.required and not given:
            raise Refused("field_missing", T("The field “{name}” is empty.", name=one.label))
        if one.options and call.said(one.name) not in {"", *one.options}:
            raise Refused(
                "bad_choice", T("{value} is no choice of “{name}”.", value=call.said(one.name), name=one.label)
            )
