"""Rows about robots."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from chatapp_cli.domain.ids import ChannelId, EntryId, LinkId, MessageId, Millis, RunId, SessionRequestId


class RunRow(NamedTuple):
    """One act that a robot was asked for."""

    id: RunId
    link_id: LinkId | None
    key: str
    robot: str
    arguments_text: str
    card: str
    remote: str
    actor: str
    final: int
    comment: int
    entry_id: EntryId | None
    until: Millis | None
    state: str
    reason: str
    created_at: Millis

    @property
    def arguments(self) -> Mapping[str, str]:
        """What was filled in, by the names of the fields."""
        return {name: str(value) for name, value in json.loads(self.arguments_text).items()}


class PartRow(NamedTuple):
    """What was done for one recipient."""

    id: int
    run_id: RunId
    address: str
    channel_id: ChannelId | None
    message_id: MessageId | None
    request_id: SessionRequestId | None
    verdict: str
    code: str
    detail: str
    reason: str
    facts: str
