"""Robots that rules run: each works for the dialog of the rule, or for a group that the rule names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.robot import CHAT_ID, PHONE, RobotCode, known
from chatapp_cli.domain.text import T
from chatapp_cli.services import acting, acts, channels
from chatapp_cli.services.act_call import ActCall
from chatapp_cli.services.act_targets import ActRecipient, Target
from chatapp_cli.services.auto_deed import AutoDeed, AutoDone
from chatapp_cli.services.auto_robot_fields import GROUP
from chatapp_cli.store.rows.dialogs import DialogCard

_MEMBERS: Final = "members"


def run(deed: AutoDeed) -> AutoDone:
    """Run a robot for the dialog. Raises Refused, NotFound, UsageError.

    One of a rule of a line sees that line alone: nothing else is changed, whatever the rule names.
    """
    arguments = dict(deed.value)
    code = arguments.pop("robot")
    tx = acting.in_line(deed.tx, deed.rule.wanted.line)
    target = Target(channels.one(tx, deed.card.channel_id), deed.card, deed.card.address)
    whom = ActRecipient(deed.card.name, str(deed.card.id), lambda: target)
    about = {**_of_dialog(code, deed.card, arguments), **arguments}
    call = ActCall(tx=tx, able=deed.desk.able, arguments=about, key=deed.key, people=[whom])
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
    if robot.has(GROUP):
        return {**_of_group(code, card, said, where), **_client(card, said)}
    return {**where, **_client(card, said)} if robot.has(_MEMBERS) else {}


def _of_group(code: str, card: DialogCard, said: Mapping[str, str], where: Mapping[str, str]) -> Mapping[str, str]:
    """The dialog as the group if the rule names none. Raises Refused."""
    named = said.get(GROUP, "").strip()
    if code == RobotCode.SEND_TO_GROUP and named in {str(card.id), card.address}:
        raise Refused("own_group", T("A rule answers in its own dialog by: {names}", names="send, reply"))
    if named:
        return {}
    if card.chat_kind != "group":
        raise Refused("no_group", T("The dialog is no group, and the rule names none."))
    return {**where, GROUP: card.address}


def _client(card: DialogCard, said: Mapping[str, str]) -> Mapping[str, str]:
    """The client as the member if the rule names nobody."""
    return {_MEMBERS: card.address} if card.chat_kind == "private" and not said.get(_MEMBERS) else {}
