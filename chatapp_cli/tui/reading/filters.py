"""The filter that the window opens with, and the next line, channel, tag or assignee to filter by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from chatapp_cli.domain.dialog import DialogFilter, Filter, FilterKind, chips
from chatapp_cli.domain.moment import local
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.reading.overview import Overview

T = TypeVar("T")
_PLAIN = {"all": DialogFilter(), "unread": DialogFilter(unread=True), "unanswered": DialogFilter(waiting=True)}
QUEUE = _PLAIN["unanswered"]


def next_line(dialog_filter: DialogFilter, overview: Overview) -> DialogFilter:
    """The filter with the next line and no channel; after the last line with no line either."""
    lines = list(dict.fromkeys(channel.line_id for channel in overview.channels))
    return dialog_filter.but(line=_after(lines, dialog_filter.line), channel=None)


def next_channel(dialog_filter: DialogFilter, overview: Overview) -> DialogFilter:
    """The filter with the next channel of its line, or of all lines; after the last one with no channel."""
    channels = [channel.id for channel in overview.channels if dialog_filter.line in {None, channel.line_id}]
    return dialog_filter.but(channel=_after(channels, dialog_filter.channel))


def next_tag(dialog_filter: DialogFilter, known: Sequence[str]) -> DialogFilter:
    """The filter with the next tag; after the last one with no tag."""
    return dialog_filter.but(tag=_after(known, dialog_filter.tag or None) or "")


def next_assignee(dialog_filter: DialogFilter, me: str, known: Sequence[str]) -> DialogFilter:
    """The filter with the next assignee: the operator at this window, nobody, each other operator, then any."""
    return dialog_filter.but(assignee=_after([me, "", *(name for name in known if name != me)], dialog_filter.assignee))


def _after(known: Sequence[T], now: T | None) -> T | None:
    choices = [*known, None]
    return choices[(choices.index(now) + 1) % len(choices)] if now in known else choices[0]


def first(tx: Tx, view: str) -> DialogFilter:
    """The filter that the window opens with, by the name of a built-in or saved view. Raises NotFound."""
    if view in _PLAIN:
        return _PLAIN[view]
    from chatapp_cli.services import views

    return views.filter_of(views.find(tx, view), operator=tx.name)


def names(dialog_filter: DialogFilter, overview: Overview) -> list[str]:
    """What else narrows the list, in words, one for each part of the filter."""
    texts = (
        _chip(part, dialog_filter.chosen[part.name], overview) for part in chips() if part.name in dialog_filter.chosen
    )
    return [text for text in texts if text]


def _chip(part: Filter, value: Any, overview: Overview) -> str:
    match part.kind:
        case FilterKind.LINE:
            return next((channel.line for channel in overview.channels if channel.line_id == value), "")
        case FilterKind.CHANNEL:
            return next((title(channel) for channel in overview.channels if channel.id == value), "")
        case FilterKind.TAG:
            return f"#{value}"
        case FilterKind.OPERATOR:
            return f"@{value}" if value else _("nobody answers")
        case FilterKind.MOMENT:
            return _(part.chip.msgid, time=value if isinstance(value, str) else f"{local(value):%d.%m.%y}")
        case _:
            return show(part.chip)


def title(channel: ChannelRow) -> str:
    """A channel's kind and title."""
    return f"{manifest(channel.kind).label} {channel.title}"
