"""Reading groups and channels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from telethon.tl import functions as fn
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram import history
from chatapp_cli.connectors.telegram.peers import Known, number_of, seen
from chatapp_cli.connectors.telegram.people import reach
from chatapp_cli.connectors.telegram.position import ChannelPosition
from chatapp_cli.connectors.telegram.wire import Wire, told
from chatapp_cli.domain.arrival import Peer
from chatapp_cli.domain.errors import Rejected

_LINK: Final = re.compile(r"(?:https?://)?(?:t|telegram)\.me/(?P<invite>\+|joinchat/)?(?P<name>[\w-]+)/?")
_CHATS: Final = frozenset({"group", "supergroup", "channel"})


async def listed(wire: Wire) -> Sequence[Peer]:
    """All groups and channels that the account is a member of."""
    found: dict[int, Peer] = {}
    async for page in history.dialogs(wire):
        for entity in page.chats:
            known = seen(entity)
            if known is not None and _is_ours(entity):
                found[known.number] = known.peer
    return list(found.values())


def _is_ours(entity: Any) -> bool:
    """Whether we are in a chat: not left, not forbidden, not the remains of a group that became a supergroup."""
    there = isinstance(entity, tl.Chat | tl.Channel) and not entity.left
    return there and not getattr(entity, "deactivated", False)


async def join(wire: Wire, address: str) -> Known:
    """Find a chat by public name, link or ChatID, and join it if needed. Raises Rejected."""
    link = _LINK.fullmatch(address.strip())
    if link and link["invite"]:
        return await _invited(wire, link["name"])
    name = link["name"] if link else address.strip()
    known = await reach(wire, name)
    if known.sort not in _CHATS:
        raise Rejected("not_a_chat", address)
    if known.channel and not await _is_inside(wire, known):
        await wire.ask(fn.channels.JoinChannelRequest(known.input))
    return known


async def _invited(wire: Wire, key: str) -> Known:
    invite = await wire.ask(fn.messages.CheckChatInviteRequest(key))
    chat = getattr(invite, "chat", None)
    if not isinstance(invite, tl.ChatInviteAlready):
        answer = await wire.ask(fn.messages.ImportChatInviteRequest(key))
        chat = next((one for one in told(answer) if not isinstance(one, tl.User)), None)
    known = seen(chat) if chat is not None else None
    if known is None:
        raise Rejected("invite_gone")
    await wire.peers.learn([chat])
    return known


async def _is_inside(wire: Wire, known: Known) -> bool:
    answer = await wire.ask(fn.channels.GetChannelsRequest([known.input]))
    return not any(getattr(one, "left", False) for one in answer.chats)


async def present(wire: Wire, known: Known) -> ChannelPosition:
    """The current counter of a channel, which the list of chats may omit. Raises Rejected if there is none."""
    answer = await wire.ask(fn.messages.GetPeerDialogsRequest([tl.InputDialogPeer(known.input)]))
    dialog = next((one for one in answer.dialogs if number_of(one.peer) == known.number), None)
    pts = getattr(dialog, "pts", None) or await _counter(wire, known)
    if not pts:
        raise Rejected("not_understood", "no counter")
    return ChannelPosition(pts, getattr(dialog, "top_message", 0))


async def _counter(wire: Wire, known: Known) -> int:
    full = await wire.ask(fn.channels.GetFullChannelRequest(known.input))
    return int(getattr(full.full_chat, "pts", None) or 0)
