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
from chatapp_cli.services.act_call import ActCall, DeskAct
from chatapp_cli.services.act_targets import ActRecipient, Target
from chatapp_cli.services.message_request import FromTemplate, MessageRequest
from chatapp_cli.services.runs import ActAttempt
from chatapp_cli.services.sending import SendOptions, key_of


def send(call: ActCall, target: Target, whom: ActRecipient, words: FromTemplate | None = None) -> ActAttempt:
    """Accept a message of a robot to one recipient, once for the call. Raises Refused."""
    access.require(call.tx, Right.ANSWER)
    draft = Draft(text="" if words else call.said("message"), files=call.files)
    if target.dialog is None and "username" in call.able(target.channel).write_first:  # messengers with an address book
        draft = replace(draft, first_name=call.said("first_name"), last_name=call.said("last_name"))
    key = key_of(f"{call.key} {whom.mark}")
    options = SendOptions(
        key=key, origin=Origin.ROBOT, assignee=call.operator(RESPONSIBLE.name), insists=call.link is None
    )
    request = MessageRequest(to=target.to, options=options, draft=draft, words=words)
    message = composing.accept(call.tx, call.able, request)
    return ActAttempt(address=whom.called, channel=target.channel.id, message=message)


def _to_each(call: ActCall) -> Sequence[ActAttempt]:
    return call.for_each_target(lambda target, whom: send(call, target, whom))


def _template(call: ActCall) -> Sequence[ActAttempt]:
    """By the name of a template; ``value_1`` fills its first gap, and so on."""

    def one(target: Target, whom: ActRecipient) -> ActAttempt:
        row = templates.find(call.tx, target.channel, call.said("template"))
        named = {gap: value_of(position) for position, gap in enumerate(gaps(row.body), 1)}
        values = {gap: call.arguments[name] for gap, name in named.items() if name in call.arguments}
        return send(call, target, whom, FromTemplate(call.said("template"), values))

    return call.for_each_target(one)


def value_of(position: int) -> str:
    """The name of the argument that fills a gap of a template, counted from 1."""
    return f"value_{position}"


SEND_TEXT = DeskAct(_to_each, Right.ANSWER, repeatable=False)
SEND_FILE = DeskAct(_to_each, Right.ANSWER, repeatable=False)
SEND_TEMPLATE = DeskAct(_template, Right.ANSWER, repeatable=False)
