"""Why rules made nothing of what a client wrote, where none of their acts can say it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from chatapp_cli.domain.ids import DialogId, MessageId, Millis
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import answer_buttons, auto_presence
from chatapp_cli.services.auto_plan import OLD
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx

LATE: Final = T("rules were not asked: it came more than a day after it had been written")


class Silence(NamedTuple):
    """A message of which rules made nothing, and why."""

    message: MessageId
    at: Millis
    why: Text


def of_message(tx: Tx, row: MessageRow) -> list[Silence]:
    """Why rules made nothing of a message; empty if nothing kept them."""
    why = answer_buttons.why_nothing(tx, row)
    found = [] if why is None else [why]
    if row.stored_at - row.at > OLD and row.direction == Direction.IN and auto_presence.has_rules(tx):
        found.append(LATE)
    return [Silence(row.id, row.stored_at, one) for one in found]


def latest(tx: Tx, dialog: DialogId, *, n: int) -> Iterator[Silence]:
    """Of the last messages of a dialog, the oldest first."""
    for row in tx.all(MessageRow, "messages.latest", dialog=dialog, n=n):
        yield from of_message(tx, row)
