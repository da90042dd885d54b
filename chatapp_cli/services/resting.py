"""Channels that send nothing for a while: until when, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.moment import local
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import words
from chatapp_cli.store.rows.channels import ChannelRow

if TYPE_CHECKING:
    from chatapp_cli.domain.manifest import Manifest

PACE = "pace"
"""The code of a rest that is nothing but the account's own pace."""


def rests(row: ChannelRow, now: Millis) -> bool:
    """Whether nothing goes out through a channel now."""
    return row.paused_until > now


def troubled(row: ChannelRow, now: Millis) -> bool:
    """Whether it is for a reason that a person may want to know."""
    return rests(row, now) and row.paused_code != PACE


def told(manifest: Manifest, row: ChannelRow) -> Text:
    """Until when a channel rests, and why, with the provider's own words."""
    moment = f"{local(row.paused_until):%Y-%m-%d %H:%M}"
    if not row.paused_code:
        return T("rests until {moment}", moment=moment)
    why = words.why(manifest, row.paused_code, row.paused_detail)[0]
    return T("rests until {moment}: {why}", moment=moment, why=why)


def next_step(row: ChannelRow) -> Text:
    """What a person does who knows that the reason is gone."""
    return T("It goes on by itself; at once with: {how}", how=to_do(Next.RESUME, n=row.id))
