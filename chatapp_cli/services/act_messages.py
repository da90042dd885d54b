"""Acts that send: a text, files with or without a text, a stored template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.message import Origin
from chatapp_cli.domain.robot import RESPONSIBLE
from chatapp_cli.domain.template import gaps
from chatapp_cli.services import access, composing, templates
from chatapp_cli.services.act_call import ActCall, DeskAct, listed
from chatapp_cli.services.act_targets import Target
from chatapp_cli.services.message_request import FromTemplate, MessageRequest
from chatapp_cli.services.runs import ActAttempt
from chatapp_cli.services.sending import SendOptions, key_of


def send(call: ActCall, target: Target, address: str, words: FromTemplate | None = None) -> ActAttempt:
    """Accept a message of a robot to one recipient, once for the call. Raises Refused."""
    access.require(call.tx, Right.ANSWER)
    draft = Draft(text="" if words else call.said("message"), files=call.files)
    if target.dialog is None and "username" in call.able(target.channel).write_first:  # messengers with an address book
        draft = replace(draft, first_name=call.said("first_name"), last_name=call.said("last_name"))
    key = key_of(f"{call.key} {address}")
    options = SendOptions(key=key, origin=Origin.ROBOT, assignee=call.operator(RESPONSIBLE.name))
    request = MessageRequest(to=target.to, options=options, draft=draft, words=words)
    message = composing.accept(call.tx, call.able, request)
    return ActAttempt(address=address, channel=target.channel.id, message=message)


def _to_each(call: ActCall) -> Sequence[ActAttempt]:
    return call.for_each_target(lambda target, address: send(call, target, address))


def _template(call: ActCall) -> Sequence[ActAttempt]:
    """By the name of a template, with its values in the order of its gaps."""

    def one(target: Target, address: str) -> ActAttempt:
        row = templates.find(call.tx, target.channel, call.said("template"))
        values = dict(zip(gaps(row.body), listed(call.said("values")), strict=False))
        return send(call, target, address, FromTemplate(call.said("template"), values))

    return call.for_each_target(one)


SEND_TEXT = DeskAct(_to_each, Right.ANSWER)
SEND_FILE = DeskAct(_to_each, Right.ANSWER)
SEND_TEMPLATE = DeskAct(_template, Right.ANSWER)
