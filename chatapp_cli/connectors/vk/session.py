"""The operations of a community, independent of how events arrive."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Raw

from chatapp_cli.connectors.vk import reactions
from chatapp_cli.connectors.vk.api import Param, Params
from chatapp_cli.connectors.vk.callback import Callback
from chatapp_cli.connectors.vk.comments import Comment, to_answer
from chatapp_cli.connectors.vk.errors import PRIVATE_REFUSED, refused, sending
from chatapp_cli.connectors.vk.keyboard import keyboard
from chatapp_cli.connectors.vk.outgoing import Part, attach, forward, named, parts
from chatapp_cli.connectors.vk.receive import LongPoll, Receiver, of_the_key
from chatapp_cli.connectors.vk.wire import Allowed, Commented, Exact, Owned, Rights, Sent
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.buttons import listed
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.kit.lenient import UNREADABLE, read_as
from chatapp_cli.kit.slices import fields
from chatapp_cli.kit.trees import loaded
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookReply, HookRequest

_KEPT: Final = frozenset({"photo", "video", "audio", "doc", "audio_message", "wall", "market"})
"""Attachments that an edit must repeat; otherwise they are removed."""


class VkSession:
    """A session of one community."""

    def __init__(self, receiver: Receiver, bound: Bound) -> None:
        self._receiver, self._api = receiver, receiver.api
        self._community = receiver.reader.community
        self._publishes = bound.settings["private_refused"] == "comment"

    async def send(self, message: Outbound) -> Receipt:
        """Send a private message, or answer under a comment if the address is one."""
        if comment := Comment.named(message.address):
            return await self._publish(message, comment)
        comment = to_answer(message.reply_to, message.thread)
        try:
            return await self._send(message, doubtful=comment is not None or _never_wrote(message))
        except Rejected as refusal:
            if comment is None or refusal.code not in PRIVATE_REFUSED:
                raise
            if not self._publishes:
                raise Rejected("only_in_public", comment.address) from refusal
        return await self._publish(message, comment)

    async def _send(self, message: Outbound, *, doubtful: bool) -> Receipt:
        if doubtful and message.files:
            await self._require_permission(message.address)
        ids: list[str] = []
        for part in parts(message):
            ids.append(await self._part(message.address, part, first=not ids))
        return Receipt(ids=tuple(ids))

    async def _require_permission(self, peer: str) -> None:
        """Check the permission to write before uploading files."""
        about: Params = {"group_id": self._community, "user_id": peer}
        allowed = await self._api.call("messages.isMessagesFromGroupAllowed", Allowed, about)
        if not allowed.is_allowed:
            raise Rejected("not_allowed")

    async def _part(self, peer: str, part: Part, *, first: bool) -> str:
        """Send one part; each has its own number, so after an interruption all may be sent again."""
        try:
            with sending():
                attached = [await attach(self._api, peer, file) for file in part.files]
                return await self._say(peer, part, attached)
        except Rejected as refusal:
            if first:
                raise
            raise Rejected("sent_in_part", refusal.detail) from refusal

    async def _say(self, peer: str, part: Part, attached: Sequence[str]) -> str:
        params: dict[str, Param] = {"peer_ids": peer, "random_id": part.random_id, "message": part.text}
        if attached:
            params |= {"attachment": attached, "dont_parse_links": True}
        if part.reply_to:
            params["forward"] = forward(peer, part.reply_to)
        if part.buttons:
            params["keyboard"] = keyboard(part.buttons)
        (sent,) = await self._api.call("messages.send", tuple[Sent], params, once=True)
        if sent.error and sent.error.code:
            raise refused(sent.error.code, sent.error.description)
        return str(sent.conversation_message_id or sent.message_id)

    async def _publish(self, message: Outbound, comment: Comment) -> Receipt:
        """Answer a comment publicly in the name of the community."""
        if message.files:
            raise Rejected("no_files_in_public")
        about: Params = {"owner_id": comment.owner, "post_id": comment.post, "reply_to_comment": comment.id}
        text = listed(message.text, message.buttons) if message.buttons else message.text
        said: Params = {"from_group": self._community, "message": text, "guid": message.key}
        with sending():
            made = await self._api.call("wall.createComment", Commented, {**about, **said}, once=True)
        return Receipt(ids=(Comment(comment.owner, comment.post, made.comment_id).ours,))

    async def prove(self) -> None:
        """Request the key's rights, which needs nothing but the key."""
        await of_the_key(self._api.call("groups.getTokenPermissions", Rights))

    async def edit(self, address: str, ext_id: str, text: str) -> None:
        """Replace a text; attachments stay."""
        await self._edit(address, ext_id, text, {})

    async def edit_above(self, address: str, ext_id: str, text: str, buttons: Sequence[str]) -> None:
        """Replace a text; VK drops the buttons that are not sent again."""
        await self._edit(address, ext_id, text, {"keyboard": keyboard(buttons)})

    async def _edit(self, address: str, ext_id: str, text: str, beside: Params) -> None:
        number = _number(ext_id, "cannot_edit")
        kept = await self._attached(address, number)
        params: dict[str, Param] = {"peer_id": address, "cmid": number, "message": text}
        if kept:
            params |= {"attachment": ",".join(kept), "dont_parse_links": True}
        kept_too: Params = {"keep_forward_messages": True, "keep_snippets": True}
        await self._api.call("messages.edit", Any, {**params, **kept_too, **beside})

    async def _attached(self, address: str, number: int) -> list[str]:
        asked: Params = {"peer_id": address, "conversation_message_ids": [number]}
        found = await self._api.call("messages.getByConversationMessageId", Exact, asked)
        return [name for message in found.items for raw in message.attachments if (name := _kept(raw))]

    async def delete(self, address: str, ext_id: str) -> None:
        """Delete a message for everybody."""
        number = _number(ext_id, "cannot_delete")
        try:
            await self._delete(address, number)
        except Rejected:
            if not await self._is_gone(address, number):
                raise

    async def _delete(self, address: str, number: int) -> None:
        about: Params = {"peer_id": address, "cmids": [number], "delete_for_all": True}
        for outcome in await self._api.call("messages.delete", list[Sent], about):
            if outcome.error and outcome.error.code:
                raise refused(outcome.error.code, outcome.error.description)

    async def _is_gone(self, address: str, number: int) -> bool:
        """Whether a message is gone: VK refuses a second deletion with various numbers, but a lookup is clear."""
        asked: Params = {"peer_id": address, "conversation_message_ids": [number]}
        found = await self._api.call("messages.getByConversationMessageId", Exact, asked)
        return all(message.deleted for message in found.items)

    async def react(self, address: str, ext_id: str, emoji: str) -> None:
        """Set our reaction; an empty one removes it."""
        about: Params = {"peer_id": address, "cmid": _number(ext_id, "reaction_not_allowed")}
        if not emoji:
            await self._api.call("messages.deleteReaction", Any, about)
        elif number := reactions.number(emoji):
            await self._api.call("messages.sendReaction", Any, {**about, "reaction_id": number})
        else:
            raise Rejected("reaction_not_allowed", emoji)

    async def mark_read(self, address: str, ext_id: str) -> None:
        """Mark as read; comments have no read state."""
        if ext_id.isdecimal():
            await self._api.call("messages.markAsRead", Any, {"peer_id": address, "up_to_cmid": int(ext_id)})

    async def typing(self, address: str) -> None:
        """Show the typing indicator for ten seconds; comments have none."""
        if Comment.named(address) is None:
            await self._api.call("messages.setActivity", Any, {"peer_id": address, "type": "typing"})

    async def fetch(self, remote: str, target: Path) -> None:
        """Write a file's content to ``target``."""
        await self._api.download(remote, target, self._receiver.reader.max_download)


class PollingSession(VkSession):
    """Receives by long polling."""

    def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Yield events."""
        return LongPoll(self._receiver, cursor).events()


class HookedSession(VkSession):
    """Receives by webhook."""

    def __init__(self, receiver: Receiver, bound: Bound) -> None:
        super().__init__(receiver, bound)
        self._callback = Callback(receiver, bound)

    def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Yield missed messages, names and heartbeats."""
        return self._callback.events(cursor)

    def accept(self, request: HookRequest) -> HookReply:
        """Check the secret and convert the event."""
        return self._callback.accept(request)


def _never_wrote(message: Outbound) -> bool:
    return message.stranger and message.chat_kind == "private"


def _number(ext_id: str, otherwise: str) -> int:
    """The number of a message. Raises Rejected for a comment, which a community cannot change."""
    if not ext_id.isdecimal():
        raise Rejected(otherwise, ext_id)
    return int(ext_id)


def _kept(raw: Raw) -> str:
    """The reference of an existing attachment; link previews and the like are recreated automatically."""
    try:
        parts_of_it = fields(bytes(raw))
        kind = str(loaded(parts_of_it["type"]))
        return named(kind, read_as(parts_of_it[kind], Owned)) if kind in _KEPT else ""
    except (*UNREADABLE, KeyError):
        return ""
