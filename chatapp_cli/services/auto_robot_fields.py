"""Robots that rules run, as rules have them: which, and with what filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.robot import WHOM, RobotCode
from chatapp_cli.domain.text import T
from chatapp_cli.services import auto_values
from chatapp_cli.store.tx import Tx

KIND: Final = "robot"
_WRITING: Final = frozenset({RobotCode.SEND_MESSAGE, RobotCode.SEND_FILE, RobotCode.SEND_DOCUMENT})
"""Robots that write to the client."""
GROUP: Final = "group_id"


def checked(tx: Tx, said: Any) -> Mapping[str, str]:
    """A robot with its fields; the client of the dialog is in none of them. Raises UsageError."""
    from chatapp_cli.services import robot_yaml

    del tx
    if not isinstance(said, Mapping) or not all(isinstance(one, str) for one in said.values()):
        raise auto_values.wrong(KIND, said, "robot: {robot: set-tags, tags: vip}")
    filled = {str(name): str(value) for name, value in said.items()}
    step = robot_yaml.step(filled.pop("robot", ""), filled)
    if step.robot.code in _WRITING:
        what = T("A rule does not write by the robot {name}.", name=step.robot.spelled)
        raise UsageError(what, T("Write instead: {names}", names="send, reply"), field="then")
    if named := next((one.name for one in WHOM if one.name in filled), ""):
        what = T("A robot of a rule works for the client of the dialog: it has no {name}.", name=named)
        raise UsageError(what, T("Leave it out."), field="then")
    _require_fitting(step.robot.code, step.robot.spelled, filled)
    return {"robot": step.robot.code, **step.arguments}


def _require_fitting(code: RobotCode, spelled: str, filled: Mapping[str, str]) -> None:
    """Raise UsageError for what a robot of groups needs and a rule has not."""
    if code is RobotCode.SEND_FILE_TO_GROUP:
        what = T("A rule has no files for the robot {name}.", name=spelled)
        raise UsageError(what, T("Write instead: {names}", names="send-to-group"), field="then")
    if code is RobotCode.SEND_TO_GROUP and not filled.get(GROUP, "").strip():
        what = T("The robot {name} of a rule needs the group that it writes to.", name=spelled)
        raise UsageError(what, T("In the dialog of the rule write by: {names}", names="send, reply"), field="then")
