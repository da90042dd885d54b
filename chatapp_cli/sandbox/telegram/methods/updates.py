"""State and missed updates."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from telethon.tl import functions, types

from chatapp_cli.sandbox.telegram import views
from chatapp_cli.sandbox.telegram.chats import Channel
from chatapp_cli.sandbox.telegram.letters import Box, Change
from chatapp_cli.sandbox.telegram.methods.call import Call, Handler
from chatapp_cli.sandbox.telegram.methods.dialogs import dialog
from chatapp_cli.sandbox.telegram.tl import Refusal

_NEW: Final = (types.UpdateNewMessage, types.UpdateNewChannelMessage)


def get_state(call: Call, _request: Any) -> Any:
    """The current state of the account."""
    return _state(call, call.me.box.pts)


def _state(call: Call, pts: int) -> Any:
    unread = sum(dialog(call, chat).unread_count for chat in call.cloud.chats_of(call.me))
    return types.updates.State(pts=pts, qts=0, date=int(time.time()), seq=0, unread_count=unread)


def get_difference(call: Call, request: Any) -> Any:
    """The account's updates after ``pts``: private chats and basic groups."""
    missed = call.me.box.since(_sane(request.pts, call.me.box))
    if not missed:
        return types.updates.DifferenceEmpty(date=int(time.time()), seq=0)
    if len(missed) > call.cloud.too_long:
        return types.updates.DifferenceTooLong(pts=call.me.box.pts)
    part = missed[: min(max(1, request.pts_limit or call.cloud.slice), call.cloud.slice)]
    told = {**_told(call, part), "new_encrypted_messages": []}
    if len(part) < len(missed):
        return types.updates.DifferenceSlice(intermediate_state=_state(call, part[-1].pts), **told)
    return types.updates.Difference(state=_state(call, part[-1].pts), **told)


def _sane(pts: int, box: Box) -> int:
    if not 0 < pts <= box.pts:
        raise Refusal("PERSISTENT_TIMESTAMP_EMPTY" if pts <= 0 else "PERSISTENT_TIMESTAMP_INVALID")
    return pts


def _told(call: Call, changes: Sequence[Change]) -> dict[str, list[Any]]:
    updates = [told for change in changes if (told := change.update(call.me)) is not None]
    new = [told.message for told in updates if isinstance(told, _NEW)]
    other = [told for told in updates if not isinstance(told, _NEW)]
    return {"new_messages": new, "other_updates": other, **call.cast(updates)}


def get_channel_difference(call: Call, request: Any) -> Any:
    """The updates of a supergroup or channel after ``pts``."""
    channel = call.channel(request.channel)
    missed = channel.box.since(_sane(request.pts, channel.box))
    if not missed:
        return types.updates.ChannelDifferenceEmpty(pts=channel.box.pts, final=True, timeout=30)
    if len(missed) > call.cloud.too_long:
        return _too_long(call, channel)
    part = missed[: min(max(1, request.limit), call.cloud.slice)]
    return types.updates.ChannelDifference(
        pts=part[-1].pts, final=len(part) == len(missed), timeout=30, **_told(call, part)
    )


def _too_long(call: Call, channel: Channel) -> Any:
    last = [views.message(letter, call.me) for letter in channel.box.of(channel)[: call.cloud.slice]]
    found = dialog(call, channel)
    return types.updates.ChannelDifferenceTooLong(
        dialog=found, messages=last, final=True, timeout=30, **call.cast([found, *last])
    )


HANDLERS: Mapping[type, Handler] = {
    functions.updates.GetStateRequest: get_state,
    functions.updates.GetDifferenceRequest: get_difference,
    functions.updates.GetChannelDifferenceRequest: get_channel_difference,
}
