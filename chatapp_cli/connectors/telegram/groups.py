"""Groups: create, add and remove members, rename, delete (S-177)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from telethon.tl import functions as fn
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.peers import Known, seen
from chatapp_cli.connectors.telegram.people import reach
from chatapp_cli.connectors.telegram.wire import Wire, told
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.ports.connector import GroupChanged

_RECENT: Final = 50
"""Earlier messages that a new member may read."""


async def create(wire: Wire, title: str, members: Sequence[str]) -> GroupChanged:
    """Create a basic group. Raises Rejected if nobody can be added."""
    people, missing = await _known(wire, members)
    if not people:
        raise Rejected("no_members", ", ".join(f"{who}: {code}" for who, code in missing.items()))
    inputs = [_user(one) for one in people.values()]
    answer = await wire.ask(fn.messages.CreateChatRequest(inputs, title))
    group = next(found for one in told(answer) if (found := seen(one)) is not None and found.sort == "group")
    return GroupChanged(peer=group.peer, missing={**missing, **_left_out(answer, people)})


async def add(wire: Wire, group: Known, members: Sequence[str]) -> GroupChanged:
    """Add people one by one, so that one refusal does not affect the others."""
    people, missing = await _known(wire, members)
    for address, one in people.items():
        try:
            answer = await wire.ask(_adding(group, one))
        except Rejected as refusal:
            if refusal.code in {"no_rights", "removed_from_chat"}:
                raise
            missing[address] = refusal.code
        else:
            missing |= _left_out(answer, {address: one})
    return GroupChanged(peer=group.peer, missing=missing)


def _adding(group: Known, one: Known) -> Any:
    if group.channel:
        return fn.channels.InviteToChannelRequest(group.input, [_user(one)])
    return fn.messages.AddChatUserRequest(-group.number, _user(one), _RECENT)


async def remove(wire: Wire, group: Known, members: Sequence[str]) -> GroupChanged:
    """Remove people; non-members are returned as missing."""
    people, missing = await _known(wire, members)
    for address, one in people.items():
        try:
            await wire.ask(_removing(group, one))
        except Rejected as refusal:
            if refusal.code != "not_in_group":
                raise
            missing[address] = refusal.code
    return GroupChanged(peer=group.peer, missing=missing)


def _removing(group: Known, one: Known) -> Any:
    if group.channel:
        banned = tl.ChatBannedRights(until_date=None, view_messages=True)
        return fn.channels.EditBannedRequest(group.input, one.input, banned)
    return fn.messages.DeleteChatUserRequest(-group.number, _user(one))


async def rename(wire: Wire, group: Known, title: str) -> None:
    """Change the title."""
    if group.channel:
        await wire.ask(fn.channels.EditTitleRequest(group.input, title))
    else:
        await wire.ask(fn.messages.EditChatTitleRequest(-group.number, title))


async def end(wire: Wire, group: Known) -> None:
    """Delete the group, or leave it if we may not delete it."""
    try:
        await wire.ask(_ending(group))
    except Rejected as refusal:
        if refusal.code != "no_rights":
            raise
        await wire.ask(_leaving(group))


def _ending(group: Known) -> Any:
    if group.channel:
        return fn.channels.DeleteChannelRequest(group.input)
    return fn.messages.DeleteChatRequest(-group.number)


def _leaving(group: Known) -> Any:
    if group.channel:
        return fn.channels.LeaveChannelRequest(group.input)
    return fn.messages.DeleteChatUserRequest(-group.number, tl.InputUserSelf())


async def _known(wire: Wire, members: Sequence[str]) -> tuple[dict[str, Known], dict[str, str]]:
    """The people found, and the reason for each one not found."""
    found: dict[str, Known] = {}
    missing: dict[str, str] = {}
    for address in members:
        try:
            found[address] = await reach(wire, address)
        except Rejected as refusal:
            missing[address] = refusal.code
    return found, missing


def _left_out(answer: Any, people: Mapping[str, Known]) -> dict[str, str]:
    """The people not added; Telegram names them without a reason."""
    numbers = {one.user_id for one in getattr(answer, "missing_invitees", None) or ()}
    return {address: "privacy" for address, one in people.items() if one.number in numbers}


def _user(one: Known) -> Any:
    return tl.InputUser(one.number, one.hash)
