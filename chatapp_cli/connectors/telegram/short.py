"""Expand the abbreviated messages that Telegram pushes."""

from __future__ import annotations

from typing import Any

from telethon.tl import types as tl


def in_full(update: Any, me: int) -> Any:
    """A push in the form of a difference."""
    if isinstance(update, tl.UpdateShortMessage):
        sender = me if update.out else update.user_id
        return _posted(update, tl.PeerUser(update.user_id), sender)
    if isinstance(update, tl.UpdateShortChatMessage):
        return _posted(update, tl.PeerChat(update.chat_id), update.from_id)
    return update


def _posted(update: Any, peer: Any, sender: int) -> Any:
    message = tl.Message(
        id=update.id,
        peer_id=peer,
        date=update.date,
        message=update.message,
        out=update.out,
        silent=update.silent,
        from_id=tl.PeerUser(sender),
        fwd_from=update.fwd_from,
        via_bot_id=update.via_bot_id,
        reply_to=update.reply_to,
        entities=update.entities,
        ttl_period=update.ttl_period,
    )
    return tl.UpdateNewMessage(message, update.pts, update.pts_count)
