"""Messages missed while VK stored no events for us: read from the conversation histories."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

import msgspec
from msgspec import Raw

from chatapp_cli.connectors.vk.api import Params, VkApi
from chatapp_cli.connectors.vk.wire import Dated, History, Listed
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.kit.lenient import UNREADABLE, read_as

PAGE: Final = 200


async def missed(api: VkApi, since: int) -> AsyncGenerator[list[bytes], None]:
    """Yield each conversation's messages from this second on, oldest first, in the form of events."""
    offset = 0
    while conversations := (
        await api.patiently("messages.getConversations", Listed, {"offset": offset, "count": PAGE})
    ).items:
        for one in conversations:
            if one.last_message.date < since:
                return
            yield await _conversation(api, one.conversation.peer.id, since)
        offset += len(conversations)


async def _conversation(api: VkApi, peer: int, since: int) -> list[bytes]:
    """The messages of a conversation; none of a group chat that the community does not administer."""
    found: list[bytes] = []
    while True:
        try:
            asked: Params = {"peer_id": peer, "offset": len(found), "count": PAGE}
            page = await api.patiently("messages.getHistory", History, asked)
        except Rejected:
            return found[::-1]
        fresh = [raw for raw in page.items if _dated(raw).date >= since]
        found += [_as_event(raw) for raw in fresh]
        if len(fresh) < PAGE:
            return found[::-1]


def _dated(raw: Raw) -> Dated:
    """The time and conversation of a message; an unreadable one has no time and is skipped."""
    try:
        return read_as(bytes(raw), Dated)
    except UNREADABLE:
        return Dated()


def _as_event(raw: Raw) -> bytes:
    about = _dated(raw)
    kind, said = ("message_reply", raw) if about.out else ("message_new", Raw(msgspec.json.encode({"message": raw})))
    event_id = f"history:{about.peer_id}:{about.conversation_message_id}"
    return msgspec.json.encode({"type": kind, "event_id": event_id, "object": said})
