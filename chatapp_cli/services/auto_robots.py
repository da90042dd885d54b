"""Robots that rules run: each works for the dialog of the rule, or for a group that the rule names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chatapp_cli.domain.errors import Refused, UsageError
from chatapp_cli.domain.robot import CHAT_ID, PHONE, WHOM, RobotCode, known
from chatapp_cli.domain.text import T
from chatapp_cli.services import acts, auto_values, channels
from chatapp_cli.services.act_call import ActCall
from chatapp_cli.services.act_targets import ActRecipient, Target
from chatapp_cli.services.auto_deed import AutoDeed, AutoDone
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx

KIND: Final = "robot"
_WRITING: Final = frozenset({RobotCode.SEND_MESSAGE, RobotCode.SEND_FILE, RobotCode.SEND_DOCUMENT})
"""Robots that write to the client."""
_GROUP: Final = "group_id"
_MEMBERS: Final = "members"


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
    if code is RobotCode.SEND_TO_GROUP and not filled.get(_GROUP, "").strip():
        what = T("The robot {name} of a rule needs the group that it writes to.", name=spelled)
        raise UsageError(what, T("In the dialog of the rule write by: {names}", names="send, reply"), field="then")


def run(deed: AutoDeed) -> AutoDone:
    """Run a robot for the dialog. Raises Refused, NotFound, UsageError."""
    arguments = dict(deed.value)
    code = arguments.pop("robot")
    target = Target(channels.one(deed.tx, deed.card.channel_id), deed.card, deed.card.address)
    whom = ActRecipient(deed.card.name, str(deed.card.id), lambda: target)
    about = {**_of_dialog(code, deed.card, arguments), **arguments}
    call = ActCall(tx=deed.tx, able=deed.desk.able, arguments=about, key=deed.key, people=[whom])
    for attempt in acts.perform(code, call):
        if attempt.refusal is not None:
            raise attempt.refusal
    return AutoDone(T("the robot {name} was run", name=code))


def _of_dialog(code: str, card: DialogCard, said: Mapping[str, str]) -> Mapping[str, str]:
    """What the dialog fills in: the group that it is, its client as the member, and where they are."""
    robot = known(code)
    assert robot is not None
    where = {"line_id": str(card.line_id), "channel": str(card.channel_id)}
    if code == RobotCode.CHECK_PHONE:
        return {**where, **({PHONE.name: card.phone} if card.phone else {CHAT_ID.name: card.address})}
    if robot.has(_GROUP):
        return {**_of_group(code, card, said, where), **_client(card, said)}
    return {**where, **_client(card, said)} if robot.has(_MEMBERS) else {}


def _of_group(code: str, card: DialogCard, said: Mapping[str, str], where: Mapping[str, str]) -> Mapping[str, str]:
    """The dialog as the group if the rule names none. Raises Refused."""
    named = said.get(_GROUP, "").strip()
    if code == RobotCode.SEND_TO_GROUP and named in {str(card.id), card.address}:
        raise Refused("own_group", T("A rule answers in its own dialog by: {names}", names="send, reply"))
    if named:
        return {}
    if card.chat_kind != "group":
        raise Refused("no_group", T("The dialog is no group, and the rule names none."))
    return {**where, _GROUP: card.address}


def _client(card: DialogCard, said: Mapping[str, str]) -> Mapping[str, str]:
    """The client as the member if the rule names nobody."""
    return {_MEMBERS: card.address} if card.chat_kind == "private" and not said.get(_MEMBERS) else {}
