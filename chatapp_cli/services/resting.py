"""Paused channels: until when, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.moment import written
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import words
from chatapp_cli.store.rows.channels import ChannelRow

if TYPE_CHECKING:
    from chatapp_cli.domain.manifest import Manifest

PACE = "pace"
"""The code of a pause by the account's own rate."""


def rests(row: ChannelRow, now: Millis) -> bool:
    """Whether a channel does not send now."""
    return row.paused_until > now


def troubled(row: ChannelRow, now: Millis) -> bool:
    """Whether the reason is worth telling a person."""
    return rests(row, now) and row.paused_code != PACE


def rest_of(manifest: Manifest, row: ChannelRow) -> Text:
    """Until when a channel is paused, and why, with the provider's own words."""
    moment = written(row.paused_until)
    if not row.paused_code:
        return T("paused until {moment}", moment=moment)
    why = words.why(manifest, row.paused_code, row.paused_detail)[0]
    return T("paused until {moment}: {why}", moment=moment, why=why)


def next_step(row: ChannelRow) -> Text:
    """What to do if the reason is gone."""
    return T("It continues automatically; at once with: {how}", how=to_do(Next.RESUME, n=row.id))
