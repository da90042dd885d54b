"""The filter that the window opens with, and those that go round by a key: lines, channels, tags, then none again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.moment import local
from chatapp_cli.i18n import _
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import views
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.overview import Overview

T = TypeVar("T")
_PLAIN = {"all": DialogFilter(), "unread": DialogFilter(unread=True), "unanswered": DialogFilter(waiting=True)}
QUEUE = _PLAIN["unanswered"]


def next_line(wanted: DialogFilter, overview: Overview) -> DialogFilter:
    """The line after this one; a channel of another line is dropped."""
    lines = list(dict.fromkeys(channel.line_id for channel in overview.channels))
    return replace(wanted, line=_after(lines, wanted.line), channel=None)


def next_channel(wanted: DialogFilter, overview: Overview) -> DialogFilter:
    """The channel after this one, within the line if one is chosen."""
    channels = [channel.id for channel in overview.channels if wanted.line in {None, channel.line_id}]
    return replace(wanted, channel=_after(channels, wanted.channel))


def next_tag(wanted: DialogFilter, known: Sequence[str]) -> DialogFilter:
    """The tag after this one."""
    return replace(wanted, tag=_after(known, wanted.tag or None) or "")


def next_assignee(wanted: DialogFilter, me: str, known: Sequence[str]) -> DialogFilter:
    """Mine, nobody's, then each other operator's."""
    return replace(wanted, assignee=_after([me, "", *(name for name in known if name != me)], wanted.assignee))


def _after(known: Sequence[T], now: T | None) -> T | None:
    following = [*known, None]
    return following[(following.index(now) + 1) % len(following)] if now in known else following[0]


def first(tx: Tx, view: str, *, me: str) -> DialogFilter:
    """What the window opens with: one of the three views, or a saved one. Raises NotFound."""
    return _PLAIN[view] if view in _PLAIN else views.wanted(views.find(tx, view, operator=me), operator=me)


def names(wanted: DialogFilter, overview: Overview) -> list[str]:
    """What narrows the list beside the three views, in words."""
    found = []
    if wanted.line is not None:
        found += [channel.line for channel in overview.channels if channel.line_id == wanted.line][:1]
    found += [
        f"{manifest(channel.kind).label} {channel.title}"
        for channel in overview.channels
        if channel.id == wanted.channel
    ]
    if wanted.tag:
        found.append(f"#{wanted.tag}")
    if wanted.assignee is not None:
        found.append(f"@{wanted.assignee}" if wanted.assignee else _("nobody answers"))
    if wanted.pinned:
        found.append(_("pinned"))
    if wanted.since is not None:
        found.append(_("since {time}", time=f"{local(wanted.since):%d.%m.%y}"))
    if wanted.until is not None:
        found.append(_("before {time}", time=f"{local(wanted.until):%d.%m.%y}"))
    if wanted.snoozed:
        found.append(_("put off"))
    if wanted.blocked:
        found.append(_("blacklist"))
    return found
