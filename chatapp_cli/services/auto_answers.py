"""Which arrivals were answered automatically, and by whom: each at most once."""

from __future__ import annotations

from typing import Final

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.ids import DialogId, MessageId, Millis
from chatapp_cli.domain.stored_text import kept, recalled
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx

REMEMBERED: Final = 90 * 86_400_000
"""Milliseconds for which automatic answers are remembered."""


def unanswered(tx: Tx, dialog: DialogId, since: Millis | None, until: Millis) -> MessageId | None:
    """The client's last message that waited for an answer at a time; ``since``: when that wait began."""
    found: MessageId | None = (
        None if since is None else tx.value("auto.unanswered", dialog=dialog, since=since, until=until)
    )
    return found


def answered_by(tx: Tx, arrival: MessageId) -> Text | None:
    """Who answered an arrival automatically; ``None``: nobody yet."""
    found = tx.value("autoanswers.of", message=arrival)
    return None if found is None else recalled(found)


def claim(tx: Tx, card: DialogCard, arrival: MessageId | None, by: Text) -> bool:
    """Record an automatic answer to an arrival, or to none; false if the arrival has one already."""
    access.require(tx, Right.ANSWER)
    tx.run("autoanswers.forget", dialog=card.id, before=tx.now - REMEMBERED)
    made = tx.insert(
        "autoanswers.claim", message=arrival, dialog=card.id, channel=card.channel_id, now=tx.now, wanted_by=kept(by)
    )
    return made is not None


def claim_for_robot(tx: Tx, card: DialogCard) -> None:
    """Record that a robot wrote while the client waits. It may do so at any time, and no rule answers after it."""
    if (arrival := unanswered(tx, card.id, card.waiting_since, tx.now)) is not None:
        claim(tx, card, arrival, T("a robot"))
