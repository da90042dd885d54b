"""Does the acts of rules, through the services that operators and robots use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Final

from chatapp_cli.domain import buttons, variables
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.automation import RuleKind
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import MessageId, Millis
from chatapp_cli.domain.message import Origin
from chatapp_cli.domain.text import T
from chatapp_cli.domain.variables import CLIENT
from chatapp_cli.services import (
    auto_crm,
    auto_giving,
    auto_kinds,
    auto_robots,
    auto_webhook,
    business_hours,
    composing,
    dialogs,
    duties,
    notes,
    replies,
)
from chatapp_cli.services.auto_deed import AutoDeed, AutoDone
from chatapp_cli.services.message_request import InDialog, MessageRequest
from chatapp_cli.services.options import OptionScope
from chatapp_cli.services.sending import SendOptions, key_of

RIGHTS: Final = (Right.ANSWER, Right.ASSIGN, Right.TAG, Right.MARK, Right.GROUPS, Right.NOTE, Right.SNOOZE)
"""What rules may do."""
_MINUTE: Final = 60_000


def do(deed: AutoDeed) -> AutoDone:
    """Do an act. Raises Refused, NotFound, UsageError, and NobodyThere if the rule's else is to be done."""
    return DEEDS[deed.row.kind](deed)


def filled(deed: AutoDeed, text: str) -> str:
    """A text with the values of its variables; a client without a name is not addressed."""
    scope = OptionScope(line=deed.card.line_id, channel=deed.card.channel_id)
    company = deed.desk.options.text(deed.tx, "company_name", scope)
    opens = business_hours.opening(deed.tx, deed.desk.options, deed.desk.folder, deed.card.line_id)
    values = replies.values(deed.card, company=company, operator="", now=deed.tx.now, opens=opens)
    return variables.fill(text if CLIENT in values else variables.without(text, CLIENT), values)


def _answered(deed: AutoDeed, text: str, files: Sequence[StagedFile] = (), below: Sequence[str] = ()) -> AutoDone:
    """Answer the client, once under the key."""
    origin = Origin.AUTOREPLY if deed.rule.wanted.kind is RuleKind.AUTOREPLY else Origin.RULE
    request = MessageRequest(
        to=InDialog(deed.card.id), options=SendOptions(key=key_of(deed.key), origin=origin),
        draft=Draft(text=filled(deed, text), files=files, buttons=below),
    )  # fmt: skip
    message = composing.accept(deed.tx, deed.desk.able, request)
    return AutoDone(T("message {n} was written", n=message), message)


def judged_until(message: MessageId | None, at: Millis, *, waited: bool) -> tuple[MessageId, Millis]:
    """The last message that a rule has seen, and until when it looked: one of them is 0.

    ``at``: when it held. One that asks how long a client ``waited`` has seen all that had come by then, any other one
    the message of its event.
    """
    return (MessageId(0), at) if waited or message is None else (message, 0)


def _send(deed: AutoDeed) -> AutoDone:
    text, below = auto_kinds.sent_parts(deed.value)
    return _answered(deed, text, below=below)


def _reply(deed: AutoDeed) -> AutoDone:
    row = replies.find(deed.tx, deed.value)
    found = _answered(deed, row.text, replies.files(deed.tx, row.id), buttons.from_json(row.buttons))
    replies.count_use(deed.tx, row.id)
    return found


def _tag(deed: AutoDeed) -> AutoDone:
    for tag in deed.value:
        dialogs.tag(deed.tx, deed.card.id, tag)
    return AutoDone(T("tagged with {tags}", tags=", ".join(deed.value)))


def _untag(deed: AutoDeed) -> AutoDone:
    for tag in deed.value:
        with suppress(NotFound):  # it has it no longer, which is what was wanted
            dialogs.untag(deed.tx, deed.card.id, tag)
    return AutoDone(T("the dialog does not have {tags}", tags=", ".join(deed.value)))


def _note(deed: AutoDeed) -> AutoDone:
    return AutoDone(T("note {note} written", note=notes.add(deed.tx, deed.card.id, filled(deed, deed.value))))


def _comment(deed: AutoDeed) -> AutoDone:
    return auto_crm.comment(deed, filled(deed, deed.value))


def _snooze(deed: AutoDeed) -> AutoDone:
    duties.snooze(deed.tx, deed.card.id, deed.tx.now + deed.value * _MINUTE)
    return AutoDone(T("snoozed for {n} minutes", n=deed.value))


def _waive(deed: AutoDeed) -> AutoDone:
    duties.no_answer(deed.tx, deed.card.id)
    message, until = judged_until(deed.row.message_id, deed.row.due_at, waited=deed.row.waits_since is not None)
    later = deed.tx.value("auto.heard_after", dialog=deed.card.id, message=message, until=until)
    if later is not None:  # the client was quicker than the desk: the rule has not seen it
        duties.awaits_answer(deed.tx, deed.card.id, later)
    return AutoDone(T("no answer is needed"))


DEEDS: Final[Mapping[str, Callable[[AutoDeed], AutoDone]]] = MappingProxyType(
    {
        auto_kinds.SEND: _send,
        auto_kinds.REPLY: _reply,
        auto_kinds.TAG: _tag,
        auto_kinds.UNTAG: _untag,
        auto_kinds.ASSIGN: auto_giving.assign,
        auto_kinds.DISTRIBUTE: auto_giving.distribute,
        auto_kinds.JOIN: auto_giving.join,
        auto_kinds.NOTE: _note,
        auto_kinds.SNOOZE: _snooze,
        auto_kinds.WAIVE: _waive,
        auto_kinds.ROBOT: auto_robots.run,
        auto_kinds.COMMENT: _comment,
        auto_kinds.WEBHOOK: auto_webhook.call,
    }
)
