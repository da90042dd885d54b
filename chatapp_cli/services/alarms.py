"""Alarms: what a person has to know of, told once when it breaks and once when it heals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.alarm import AlarmKind, what_to_do
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.journal.company import AlarmHealed, AlarmRaised
from chatapp_cli.domain.stored_text import restored, stored
from chatapp_cli.domain.text import Text
from chatapp_cli.store.rows.alarms import AlarmRow
from chatapp_cli.store.tx import Tx

MINUTE: Final = 60_000
GRACE: Final[Mapping[str, int]] = MappingProxyType(
    dict.fromkeys((AlarmKind.CHANNEL, AlarmKind.CRM, AlarmKind.WORKER), 5 * MINUTE)
)
"""Milliseconds by kind for which an alarm is only shown: people are told of it if it lasts. None for other kinds."""


def raise_(
    tx: Tx, kind: str, ref: str, text: Text, channel: ChannelId | None = None, *, is_known: bool = False
) -> None:
    """Raise an alarm; one that is open already stays as it is.

    If people may have been told that it healed, they are told that it broke again.

    ``ref`` says what of the kind it concerns, such as a channel's number; empty if there is only one.
    With a ``channel`` only people who see its line see the alarm, and it is told through other channels.
    What ``is_known`` is shown, and nobody is told of it.
    """
    told_at = tx.now if is_known else None
    kept = json.dumps(stored(text), ensure_ascii=False)
    new = tx.run("alarms.raise", kind=kind, ref=ref, channel=channel, text=kept, now=tx.now, told_at=told_at)
    if new or tx.run("alarms.again", kind=kind, ref=ref, now=tx.now):
        tx.emit(AlarmRaised(channel=channel, kind=kind, ref=ref, what=stored(text)), actor=PROGRAM)


def heal(tx: Tx, kind: str, ref: str) -> None:
    """End an alarm, if there is one; people are told of it unless nobody could know yet that it broke."""
    found = _one(tx, kind, ref)
    if found is None or found.healed_at is not None:
        return
    may_be_known = found.told_at is not None or found.tries > 0
    tx.run("alarms.heal" if may_be_known else "alarms.remove", kind=kind, ref=ref, now=tx.now)
    what = stored(sentence(found))
    tx.emit(AlarmHealed(channel=found.channel_id, kind=kind, ref=ref, what=what), actor=PROGRAM)


def replace(tx: Tx, kind: str, ref: str) -> None:
    """End an alarm in whose place another comes: nothing healed, so that nobody is told of it."""
    tx.run("alarms.remove", kind=kind, ref=ref)


def _one(tx: Tx, kind: str, ref: str) -> AlarmRow | None:
    return tx.whole().one(AlarmRow, "alarms.one", kind=kind, ref=ref)


def open_alarms(tx: Tx) -> list[AlarmRow]:
    """The alarms that have not healed, the oldest first."""
    return tx.all(AlarmRow, "alarms.open")


def sentence(alarm: AlarmRow) -> Text:
    """What is wrong, in words."""
    return restored(json.loads(alarm.text))


def next_step(alarm: AlarmRow) -> Text | None:
    """What to do about it; ``None`` once it healed, or if nobody here knows."""
    return None if alarm.healed_at is not None else what_to_do(alarm.kind, alarm.ref)


def due_to_tell(tx: Tx) -> list[AlarmRow]:
    """The alarms of which people have to be told now: that they broke, or that they healed."""
    return [one for one in tx.all(AlarmRow, "alarms.untold") if _due_at(one) <= tx.now]


def being_told(tx: Tx) -> list[AlarmRow]:
    """The alarms that people have to be told of and of which telling began."""
    return [one for one in tx.all(AlarmRow, "alarms.untold") if one.tries]


def _due_at(alarm: AlarmRow) -> int:
    """When to tell it: after a pause that doubles if that failed."""
    begins = alarm.healed_at if alarm.healed_at is not None else alarm.since + GRACE.get(alarm.kind, 0)
    return begins + MINUTE * ((1 << alarm.tries) - 1)


def begin_telling(tx: Tx, alarm: AlarmRow) -> bool:
    """Record that people are about to be told; whether the alarm is still as it was when it was found due."""
    return _one(tx, alarm.kind, alarm.ref) == alarm and bool(tx.run("alarms.tried", kind=alarm.kind, ref=alarm.ref))


def record_told(tx: Tx, alarm: AlarmRow) -> None:
    """Record that people were told what was due when telling began.

    If it healed meanwhile, that is due next. If it broke again while they were told that it healed, that is new.
    """
    if alarm.healed_at is None:
        tx.run("alarms.told", kind=alarm.kind, ref=alarm.ref, now=tx.now)
    elif not tx.run("alarms.told_healed", kind=alarm.kind, ref=alarm.ref, healed=alarm.healed_at):
        tx.run("alarms.tell_again", kind=alarm.kind, ref=alarm.ref, now=tx.now)
