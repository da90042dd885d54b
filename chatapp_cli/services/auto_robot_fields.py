"""Robots that rules run, as rules have them: which, and with what filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from chatapp_cli.domain import address
from chatapp_cli.domain.automation import ActWanted
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.robot import CHANNEL, LINE, WHOM, RobotCode
from chatapp_cli.domain.text import T
from chatapp_cli.services import act_groups, acting, auto_values, channels, dialogs, lines, reaching
from chatapp_cli.services.act_call import names_channel
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


def require_of_line(tx: Tx, line: LineId | None, acts: Iterable[ActWanted]) -> None:
    """Raise UsageError for a line, a channel or a group that a robot names and that the rule's line has not.

    What is hidden from whoever keeps the rule is refused as what is not there.
    """
    if line is None:
        return
    seen = acting.in_line(tx, line)
    for filled in (one.value for one in acts if one.do == KIND):
        for name, is_there in _IS_THERE.items():
            if (said := filled.get(name, "").strip()) and not is_there(seen, said):
                raise UsageError(
                    T("The line of the rule has nothing called {name}, and a robot works there only.", name=said),
                    T("Name what is of the line, or make a rule of the company."),
                    field="then",
                )


def _has_line(tx: Tx, said: str) -> bool:
    return any(said in {str(one.id), one.name} for one in lines.everything(tx))


def _has_channel(tx: Tx, said: str) -> bool:
    return any(names_channel(said, one) for one in channels.everything(tx))


def _has_group(tx: Tx, said: str) -> bool:
    rows = channels.everything(tx)
    met = (reaching.known_as(tx, row, said, kind) for row in rows for kind in address.kinds(said))
    at = (dialogs.card(tx, one) for one in met if one is not None)
    return bool(act_groups.numbered(tx, said)) or any(one.chat_kind == "group" for one in at)


_IS_THERE: Final[Mapping[str, Callable[[Tx, str], bool]]] = MappingProxyType(
    {LINE.name: _has_line, CHANNEL.name: _has_channel, GROUP: _has_group}
)
