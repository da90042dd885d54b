"""Acts on groups in messengers: make and fill them, write to them, end them (S-045, S-177, K-05)."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.address import named
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.domain.text import T
from chatapp_cli.ports.abilities import ABILITIES
from chatapp_cli.services import act_messages, dialogs
from chatapp_cli.services.act_call import ActCall, DeskAct
from chatapp_cli.services.act_targets import ActRecipient, Target
from chatapp_cli.services.act_whom import listed
from chatapp_cli.services.runs import ActAttempt
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx

_LONGEST = 18
"""Digits of the highest number that both databases store."""


def _group(call: ActCall) -> Target:
    """The group that is named by its chat id, or by the number of its dialog. Raises Refused."""
    said = call.said("group_id")
    where = call.where
    found = [card for card in where.met([said]) if card.chat_kind == "group"]
    where.require_one_person(found, said)
    found = found or [card for card in numbered(call.tx, said) if card.channel_id in where.possible]
    if not found:
        raise Refused("no_group", T("There is no group {name} in the channels that the robot may use.", name=said))
    return where.last(found)


def numbered(tx: Tx, said: str) -> Sequence[DialogCard]:
    """The group whose dialog has this number; none if this is no number of one."""
    if not (said.isascii() and said.isdecimal() and len(said) <= _LONGEST):
        return []
    try:
        card = dialogs.card(tx, DialogId(int(said)))
    except NotFound:
        return []
    return [card] if card.chat_kind == "group" else []


def _members(call: ActCall) -> Sequence[str]:
    found = listed(call.said("members"))
    if not found:
        raise Refused("no_recipient", T("There are no members."))
    return found


def _create(call: ActCall) -> Sequence[ActAttempt]:
    channel = call.having(lambda row: ABILITIES[SessionMethod.CREATE_GROUP].declared(call.able(row)))
    return _with_members(call, channel, SessionMethod.CREATE_GROUP, title=call.said("title"))


def _with_members(call: ActCall, channel: ChannelRow, what: SessionMethod, **about: str) -> Sequence[ActAttempt]:
    """One request for all of the members, each of whom fares by itself; we ourselves are none of them."""
    members, refused = _members(call), dict[str, Refused]()
    for one in members:
        try:
            call.where.require_not_ours(one)
        except Refused as refusal:
            refused[one] = refusal
    asked = [named(one) for one in members if one not in refused]
    request = call.ask(channel, what, members=asked, **about) if asked else None
    return [
        ActAttempt(address=one, channel=channel.id, refusal=refused[one])
        if one in refused
        else ActAttempt(address=one, channel=channel.id, request=request)
        for one in members
    ]


def _add(call: ActCall) -> Sequence[ActAttempt]:
    target = _group(call)
    address = dialogs.card(call.tx, call.dialog(target)).address
    return _with_members(call, target.channel, SessionMethod.ADD_MEMBERS, address=address)


def _send(call: ActCall) -> Sequence[ActAttempt]:
    if not (call.said("message") or call.files):
        raise Refused("empty", T("There is nothing to send."))
    group, said = _group(call), call.said("group_id")
    return [act_messages.send(call, group, ActRecipient(said, said, lambda: group))]


def _end(call: ActCall) -> Sequence[ActAttempt]:
    target = _group(call)
    address = dialogs.card(call.tx, call.dialog(target)).address
    request = call.ask(target.channel, SessionMethod.END_GROUP, address=address)
    return [ActAttempt(address=call.said("group_id"), channel=target.channel.id, request=request)]


CREATE = DeskAct(_create, Right.GROUPS, repeatable=False)
ADD = DeskAct(_add, Right.GROUPS, repeatable=False)
SEND = DeskAct(_send, Right.ANSWER, repeatable=False)
SEND_FILE = DeskAct(_send, Right.ANSWER, repeatable=False)
END = DeskAct(_end, Right.GROUPS, repeatable=False)
