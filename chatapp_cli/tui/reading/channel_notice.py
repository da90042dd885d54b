"""The notice about a channel that sends nothing now: since when, why, and what happens to new messages."""

from __future__ import annotations

from chatapp_cli.domain.health import STOPPED, Health
from chatapp_cli.domain.ids import Millis
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import resting
from chatapp_cli.services.words import health
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.reading import words


def channel_notice(channel: ChannelRow, now: Millis) -> str:
    """The notice; empty while the channel works."""
    title, state = channel.title, show(health(channel.health))
    since = words.moment(channel.health_since, now)
    if channel.health in STOPPED:
        return _(
            "{channel}: {state}, since {since}. Your messages wait until that is done ({key}).",
            channel=title,
            state=state,
            since=since,
            key=key("app", "page('lines')"),
        )
    if channel.health != Health.OK:
        return _(
            "{channel}: {state}, since {since}. Your messages are sent once it works.",
            channel=title,
            state=state,
            since=since,
        )
    if resting.rests(channel, now):
        until = words.moment(channel.paused_until, now)
        if channel.paused_code and resting.troubled(channel, now):
            why = words.reason(manifest(channel.kind), channel.paused_code, channel.paused_detail)[0]
            return _(
                "{channel} sends nothing until {until}: {why} ({key}).",
                channel=title,
                until=until,
                why=why.rstrip("."),
                key=key("app", "page('lines')"),
            )
        return _("{channel} is paused until {until}. Your messages are sent then.", channel=title, until=until)
    return ""
