"""Alarms: what a person has to know of, told once when it breaks and once when it heals."""

from __future__ import annotations

import json

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.journal.company import AlarmHealed, AlarmRaised
from chatapp_cli.domain.text import Text, restored, stored
from chatapp_cli.store.rows.alarms import AlarmRow
from chatapp_cli.store.tx import Tx


def raise_(tx: Tx, kind: str, ref: str, text: Text, channel: ChannelId | None = None) -> None:
    """Raise an alarm; one that is open already stays as it is.

    ``ref`` says what of the kind it concerns, such as a channel's number; empty if there is only one.
    With a ``channel`` only people who see its line see the alarm, and it is told through other channels.
    """
    kept = json.dumps(stored(text), ensure_ascii=False)
    new = tx.run("alarms.raise", kind=kind, ref=ref, channel=channel, text=kept, now=tx.now)
    if new or tx.run("alarms.again", kind=kind, ref=ref):
        tx.emit(AlarmRaised(channel=channel, kind=kind, ref=ref, what=stored(text)), actor=PROGRAM)


def heal(tx: Tx, kind: str, ref: str) -> None:
    """End an alarm, if there is one; people are told of it only if they were told that it broke."""
    found = tx.whole().one(AlarmRow, "alarms.one", kind=kind, ref=ref)
    if found is None or found.healed_at is not None:
        return
    tx.run("alarms.heal" if found.told_at is not None else "alarms.remove", kind=kind, ref=ref, now=tx.now)
    what = stored(sentence(found))
    tx.emit(AlarmHealed(channel=found.channel_id, kind=kind, ref=ref, what=what), actor=PROGRAM)


def open_(tx: Tx) -> list[AlarmRow]:
    """The alarms that have not healed, the oldest first."""
    return tx.all(AlarmRow, "alarms.open")


def sentence(alarm: AlarmRow) -> Text:
    """What is wrong, in words."""
    return restored(json.loads(alarm.text))
