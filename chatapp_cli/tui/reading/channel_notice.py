"""The notice about a channel that sends nothing now: since when, why, and what happens to new messages."""

from __future__ import annotations

from chatapp_cli.domain.health import ChannelState
from chatapp_cli.domain.ids import Millis
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import resting
from chatapp_cli.services.standings import ChannelStanding, standing
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.reading import words


def channel_notice(channel: ChannelRow, now: Millis) -> str:
    """Empty while the channel works."""
    found = standing(channel, manifest(channel.kind), now)
    if found.state in {ChannelState.STOPPED, ChannelState.RECEIVES_ONLY}:
        return _stopped(found, now)
    if found.state is ChannelState.SENDS_ONLY:
        return _deaf(found, now)
    if found.state in {ChannelState.WORKING, ChannelState.RESTING}:
        return _paused(found, now) if resting.rests(channel, now) else ""
    return _(
        "{channel}: {state}, since {since}. Your messages are sent once it works.",
        channel=channel.title,
        state=show(found.word),
        since=words.moment(found.until if found.state is ChannelState.SILENT else channel.health_since, now),
    )


def _stopped(found: ChannelStanding, now: Millis) -> str:
    return _(
        "{channel}: {state}, since {since}. Your messages wait until that is done ({key}).",
        channel=found.channel.title,
        state=show(found.word),
        since=words.moment(found.channel.health_since, now),
        key=key("app", "page('lines')"),
    )


def _deaf(found: ChannelStanding, now: Millis) -> str:
    return _(
        "{channel}: {state}, since {since}. Your messages go out; what clients write comes once it works.",
        channel=found.channel.title,
        state=show(found.word),
        since=words.moment(found.channel.health_since, now),
    )


def _paused(found: ChannelStanding, now: Millis) -> str:
    title, until = found.channel.title, words.moment(found.channel.paused_until, now)
    if found.why is None:
        return _("{channel} is paused until {until}. Your messages are sent then.", channel=title, until=until)
    return _(
        "{channel} sends nothing until {until}: {why} ({key}).",
        channel=title,
        until=until,
        why=show(found.why).rstrip("."),
        key=key("app", "page('lines')"),
    )
