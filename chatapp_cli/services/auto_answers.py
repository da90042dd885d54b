"""Which arrivals were answered automatically, and by whom: each at most once."""

from __future__ import annotations

from typing import Final

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import DialogId, MessageId, Millis
from chatapp_cli.domain.stored_text import kept, recalled
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx

A_ROBOT: Final = T("a robot")
REACTS: Final = 30_000
"""Milliseconds after an arrival: an automation of a CRM that writes within them is taken to answer it.

No CRM says what started a robot or a step. One that a person starts by moving a card comes later than that, and writes.
"""
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


def settled_by(tx: Tx, arrival: MessageId) -> Text | None:
    """Who answered an arrival automatically, or wrote so in its dialog after it had come; ``None``: nobody yet."""
    found = tx.value("autoanswers.settling", message=arrival)
    return None if found is None else recalled(found)


def claim(tx: Tx, card: DialogCard, arrival: MessageId | None, by: Text, *, timed: bool = False) -> bool:
    """Record an automatic answer to an arrival, or to none; false if the arrival has one already.

    ``timed``: time alone made it due, so that it counts toward no storm. Raises Refused for who may not answer.
    """
    access.require(tx, Right.ANSWER)
    tx.run("autoanswers.forget", dialog=card.id, before=tx.now - REMEMBERED)
    made = tx.insert(
        "autoanswers.claim", message=arrival, dialog=card.id, channel=card.channel_id, now=tx.now, wanted_by=kept(by),
        timed=int(timed),
    )  # fmt: skip
    return made is not None


def claim_for_robot(tx: Tx, card: DialogCard) -> None:
    """Record that a robot wrote while the client waits: no rule answers after it, other robots may."""
    if (arrival := unanswered(tx, card.id, card.waiting_since, tx.now)) is not None:
        claim(tx, card, arrival, A_ROBOT)


def require_unanswered(tx: Tx, card: DialogCard) -> None:
    """Raise Refused if a robot is about to answer an arrival that a rule has answered: each gets at most one answer."""
    arrival = unanswered(tx, card.id, card.waiting_since, tx.now)
    by = None if arrival is None else settled_by(tx, arrival)
    if by is not None and by != A_ROBOT and tx.now - tx.value("auto.stored_at", message=arrival) < REACTS:
        raise Refused("answered", T("The client was answered automatically already: {by}", by=by))
