"""Why an edit, a deletion or a reaction is not possible, known before the attempt: channel, age, author."""

from __future__ import annotations

from collections.abc import Mapping

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Direction, Operation
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import words
from chatapp_cli.store.rows.messages import MessageRow

_UNABLE: Mapping[Operation, Text] = {
    Operation.EDIT: T("This channel does not let anybody edit what was sent."),
    Operation.DELETE: T("This channel does not let anybody take back what was sent."),
    Operation.REACT: T("This channel has no reactions."),
}


def obstacle(can: Capabilities, message: MessageRow, action: Operation, now: Millis) -> Refused | None:
    """The reason why a message cannot be changed; ``None`` if the provider can be asked."""
    able = {Operation.EDIT: can.edits, Operation.DELETE: can.deletes, Operation.REACT: can.reactions}[action]
    if not able:
        return Refused("not_here", _UNABLE[action])
    if not message.ext_id:
        state = words.state(message.state)
        return Refused("not_sent", T("Message {n} is not at the provider (it is {state}).", n=message.id, state=state))
    if message.deleted_at is not None:
        return Refused("deleted", T("Message {n} was deleted.", n=message.id))
    if action is Operation.EDIT and message.direction != Direction.OUT:
        return Refused("not_ours", T("Only our own messages can be edited."))
    if action is Operation.DELETE and can.delete_within and now - message.at > can.delete_within * 1000:
        return Refused(
            "too_old",
            T("Message {n} is older than {hours} hours.", n=message.id, hours=can.delete_within // 3600),
            T("This channel takes back only newer ones."),
        )
    return None
