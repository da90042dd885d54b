"""Alarms that are stored."""

from __future__ import annotations

from typing import NamedTuple

from chatapp_cli.domain.ids import ChannelId, Millis


class AlarmRow(NamedTuple):
    """Something that a person has to know of."""

    kind: str
    ref: str
    channel_id: ChannelId | None
    text: str
    """A ``Text`` as JSON."""
    since: Millis
    told_at: Millis | None
    """When people were told that it broke."""
    healed_at: Millis | None
    """When it healed; the row goes once people were told of that too."""
    tries: int
    """How often telling was begun and has not succeeded yet: people may have been told."""
