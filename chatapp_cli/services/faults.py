"""What is wrong at present, as far as the store tells it: the alarms that should be open."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from chatapp_cli.domain.alarm import AlarmKind
from chatapp_cli.domain.draft import MEGABYTE
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import alarms, channels, waiting
from chatapp_cli.services.standings import FAULTS, standing
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.manifest import Manifest
    from chatapp_cli.store.rows.alarms import AlarmRow

LEAST_SPACE: Final = 200 * MEGABYTE
"""Free bytes below which the disk counts as full."""
STANDS: Final = 3_600_000
"""Milliseconds that an entry of the journal may wait for a follower."""


class Fault(NamedTuple):
    """Something that is wrong."""

    text: Text
    channel: ChannelId | None = None
    replaces: str = ""
    """The words with which the refs of those alarms of its kind begin in whose place it comes: of them nobody is told
    that they are over. Empty if there are none."""
    is_known: bool = False
    """Whether people were told of it before, by one that it replaces."""


Key: TypeAlias = tuple[str, str]
"""Kind and ref of an alarm."""


def everything(
    tx: Tx, manifest: Callable[[ChannelRow], Manifest], *, known: Collection[Key], began: Millis
) -> Mapping[Key, Fault]:
    """Everything in the store that is wrong now.

    A channel whose fault is not ``known`` yet has time to give a sign of life after the daemon ``began``.
    """
    rows = channels.everything(tx)
    found: dict[Key, Fault] = {}
    for row in rows:
        key = (AlarmKind.CHANNEL, str(row.id))
        if text := _of_channel(row, manifest(row), tx.now, began=0 if key in known else began):
            found[key] = Fault(text, row.id)
    titles = {row.id: row.title for row in rows}
    for channel in waiting.dead(tx):
        text = T("{title}: something arrived that could not be understood", title=titles.get(channel, channel))
        found[AlarmKind.DEAD_LETTER, str(channel)] = Fault(text, channel)
    for channel in tx.all(ChannelId, "alarms.uncertain"):
        text = T("{title}: a message may or may not have got through", title=titles.get(channel, channel))
        found[AlarmKind.UNCERTAIN, str(channel)] = Fault(text, channel)
    found |= of_automation(tx)
    for name in late_followers(tx):
        found[AlarmKind.FOLLOWER, name] = Fault(T("{name} does not follow the journal any more", name=name))
    return found


def of_automation(tx: Tx) -> Mapping[Key, Fault]:
    """Rules that the desk stopped, and channels that answered too often."""
    found: dict[Key, Fault] = {}
    for number, name, why in tx.all(lambda *row: row, "autorules.halted"):
        text = T("Rule {name} is stopped: {what}", name=name, what=recalled(why))
        found[AlarmKind.AUTOMATION, f"rule {number}"] = Fault(text)
    for channel in tx.all(ChannelId, "autostops.all"):
        text = T("{title}: automatic answers stopped, as there were too many", title=channels.one(tx, channel).title)
        found[AlarmKind.AUTOMATION, f"channel {channel}"] = Fault(text, channel)
    return found


def _of_channel(row: ChannelRow, manifest: Manifest, now: Millis, *, began: Millis) -> Text | None:
    """What is wrong with a channel, in the words of its standing."""
    found = standing(channels.seen(row, manifest), manifest, now, held=True, since=began)
    return T("{title}: {said}", title=row.title, said=found.gist) if found.state in FAULTS else None


def late_followers(tx: Tx) -> list[str]:
    """The followers for whom an entry of the journal has waited too long."""
    found = tx.all(lambda name, at: (name, at), "alarms.followers")
    return [name for name, at in found if at < tx.now - STANDS]


def settle(tx: Tx, found: Mapping[Key, Fault], *, kinds: Collection[str]) -> None:
    """Raise an alarm for each fault, and heal the open alarms of these kinds that have none."""
    for (kind, ref), fault in found.items():
        alarms.raise_(tx, kind, ref, fault.text, fault.channel, is_known=fault.is_known)
    for alarm in alarms.open_alarms(tx):
        if alarm.kind in kinds and (alarm.kind, alarm.ref) not in found:
            end = alarms.replace if _comes_instead(found, alarm) else alarms.heal
            end(tx, alarm.kind, alarm.ref)


def _comes_instead(found: Mapping[Key, Fault], alarm: AlarmRow) -> bool:
    starts = (fault.replaces for (kind, _), fault in found.items() if kind == alarm.kind and fault.replaces)
    return any(f"{alarm.ref} ".startswith(f"{start} ") for start in starts)
