"""Acts on one dialog: its tags and its name; and whether somebody has the messenger (K-07)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.address import canonical, readings
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.domain.text import T
from chatapp_cli.ports.abilities import ABILITIES
from chatapp_cli.services import dialogs, duties
from chatapp_cli.services.act_call import ActCall, DeskAct
from chatapp_cli.services.act_targets import ActRecipient, Target
from chatapp_cli.services.act_whom import listed
from chatapp_cli.services.runs import ActAttempt
from chatapp_cli.store.rows.channels import ChannelRow

DETACH = "detach"
PARTICIPANT = "participant"
"""The role of whom nothing else is said (C-08)."""


def _set_tags(call: ActCall) -> Sequence[ActAttempt]:
    def one(target: Target, whom: ActRecipient) -> ActAttempt:
        dialog = call.dialog(target)
        for tag in listed(call.said("tags")):
            if call.said("action") == DETACH:
                with suppress(NotFound):  # it has it no longer, which is what was wanted
                    dialogs.untag(call.tx, dialog, tag)
            else:
                dialogs.tag(call.tx, dialog, tag)
        return ActAttempt(address=whom.called, channel=target.channel.id)

    return call.for_each_target(one)


def _rename(call: ActCall) -> Sequence[ActAttempt]:
    """A group is renamed in the messenger where the channel can, any other dialog here."""

    def one(target: Target, whom: ActRecipient) -> ActAttempt:
        dialog = call.dialog(target)
        card = dialogs.card(call.tx, dialog)
        if card.chat_kind == "group" and ABILITIES[SessionMethod.RENAME_GROUP].declared(call.able(target.channel)):
            request = call.ask(
                target.channel, SessionMethod.RENAME_GROUP, address=card.address, title=call.said("title")
            )
            return ActAttempt(address=whom.called, channel=target.channel.id, request=request)
        dialogs.rename(call.tx, dialog, call.said("title"))
        return ActAttempt(address=whom.called, channel=target.channel.id)

    return call.for_each_target(one)


def _set_participant(call: ActCall) -> Sequence[ActAttempt]:
    """Make an operator a participant of one dialog in a role, or not any more (K-05)."""
    address = call.recipient()
    target = call.where.of(address)
    dialog, name = call.dialog(target), call.operator("employee")
    if not name:
        raise Refused("no_operator", T("No operator is named who is known here."))
    if call.said("action") == DETACH:
        with suppress(NotFound):
            duties.leave(call.tx, dialog, name)
    else:
        duties.join(call.tx, dialog, name, call.said("role") or PARTICIPANT)
    return [ActAttempt(address=address, channel=target.channel.id)]


def _check(call: ActCall) -> Sequence[ActAttempt]:
    def one(address: str) -> ActAttempt:
        call.where.require_not_ours(address)
        channel = call.having(lambda row: bool(_asked_as(call, row, address)))
        request = call.ask(channel, SessionMethod.FIND, address=_asked_as(call, channel, address))
        return ActAttempt(address=address, channel=channel.id, request=request)

    return call.for_each(one)


def _asked_as(call: ActCall, channel: ChannelRow, address: str) -> str:
    """An address as a channel looks for it; empty if it cannot."""
    can = call.able(channel).finds_people
    kind = next((kind for kind in readings(address) if kind in can), None)
    return "" if kind is None else canonical(address, kind)


SET_TAGS = DeskAct(_set_tags, Right.TAG, repeatable=True)
RENAME = DeskAct(_rename, Right.MARK, repeatable=True)
SET_PARTICIPANT = DeskAct(_set_participant, Right.ASSIGN, repeatable=True)
CHECK_PHONE = DeskAct(_check, Right.ANSWER, repeatable=True)
