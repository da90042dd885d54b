"""The filter that the window opens with, and those that go round by a key: lines, channels, tags, then none again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from chatapp_cli.domain.dialog import DialogFilter, Filter, FilterKind, chips
from chatapp_cli.domain.moment import local
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import views
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.reading.overview import Overview

T = TypeVar("T")
_PLAIN = {"all": DialogFilter(), "unread": DialogFilter(unread=True), "unanswered": DialogFilter(waiting=True)}
QUEUE = _PLAIN["unanswered"]


def next_line(wanted: DialogFilter, overview: Overview) -> DialogFilter:
    """The line after this one; a channel of another line is dropped."""
    lines = list(dict.fromkeys(channel.line_id for channel in overview.channels))
    return wanted.but(line=_after(lines, wanted.line), channel=None)


def next_channel(wanted: DialogFilter, overview: Overview) -> DialogFilter:
    """The channel after this one, within the line if one is chosen."""
    channels = [channel.id for channel in overview.channels if wanted.line in {None, channel.line_id}]
    return wanted.but(channel=_after(channels, wanted.channel))


def next_tag(wanted: DialogFilter, known: Sequence[str]) -> DialogFilter:
    """The tag after this one."""
    return wanted.but(tag=_after(known, wanted.tag or None) or "")


def next_assignee(wanted: DialogFilter, me: str, known: Sequence[str]) -> DialogFilter:
    """Mine, nobody's, then each other operator's."""
    return wanted.but(assignee=_after([me, "", *(name for name in known if name != me)], wanted.assignee))


def _after(known: Sequence[T], now: T | None) -> T | None:
    following = [*known, None]
    return following[(following.index(now) + 1) % len(following)] if now in known else following[0]


def first(tx: Tx, view: str) -> DialogFilter:
    """What the window opens with: one of the three views, or a saved one. Raises NotFound."""
    return _PLAIN[view] if view in _PLAIN else views.wanted(views.find(tx, view), operator=tx.name)


def names(wanted: DialogFilter, overview: Overview) -> list[str]:
    """What narrows the list beside the three views, in words."""
    said = (_chip(one, wanted.chosen[one.name], overview) for one in chips() if one.name in wanted.chosen)
    return [words for words in said if words]


def _chip(one: Filter, value: Any, overview: Overview) -> str:
    match one.kind:
        case FilterKind.LINE:
            return next((channel.line for channel in overview.channels if channel.line_id == value), "")
        case FilterKind.CHANNEL:
            return next((title(channel) for channel in overview.channels if channel.id == value), "")
        case FilterKind.TAG:
            return f"#{value}"
        case FilterKind.OPERATOR:
            return f"@{value}" if value else _("nobody answers")
        case FilterKind.MOMENT:
            return _(one.chip.msgid, time=f"{local(value):%d.%m.%y}")
        case _:
            return show(one.chip)


def title(channel: ChannelRow) -> str:
    """A channel's name in a list of all of them."""
    return f"{manifest(channel.kind).label} {channel.title}"
