"""Send, edit, delete and read messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from telethon.tl import functions, types

from chatapp_cli.sandbox.telegram import reading, writing
from chatapp_cli.sandbox.telegram.chats import Channel
from chatapp_cli.sandbox.telegram.letters import Chat, Letter
from chatapp_cli.sandbox.telegram.methods.call import Call, Handler
from chatapp_cli.sandbox.telegram.tl import Refusal


def send_message(call: Call, request: Any) -> Any:
    """Send a text."""
    letter = composed(call, request, text=request.message, entities=request.entities or ())
    return sent(call, request.random_id, letter)


def composed(call: Call, request: Any, **content: Any) -> Letter:
    """The message of a request."""
    chat = call.chat(request.peer)
    return Letter(
        chat=chat,
        author=call.me,
        silent=bool(request.silent),
        reply_to=_quoted(call, chat, request.reply_to),
        **content,
    )


def _quoted(call: Call, chat: Chat, reply: Any) -> Letter | None:
    """The quoted message; if it is gone, the message is sent without a quotation."""
    number = getattr(reply, "reply_to_msg_id", None)
    found = chat.box_of(call.me).letters.get(number or 0)
    return found if found and found.chat is chat else None


def sent(call: Call, random_id: int, letter: Letter) -> Any:
    """Send a message once; a plain text gets the short answer, anything else one with the message."""
    check_fresh(call, random_id)
    writing.write(call.actor, letter)
    call.cloud.sent.add((call.me.id, random_id))
    brief = not isinstance(letter.chat, Channel) and letter.media is None
    if brief and len(call.actor.news) == 1:
        told = call.actor.news[0]
        return types.UpdateShortSentMessage(
            id=letter.id_for(call.me),
            pts=told.pts,
            pts_count=told.pts_count,
            date=letter.at,
            out=True,
            entities=list(letter.entities) or None,
        )
    return call.updates(types.UpdateMessageID(id=letter.id_for(call.me), random_id=random_id))


def check_fresh(call: Call, random_id: int) -> None:
    """Raise Refusal if this account has already used the random id."""
    if (call.me.id, random_id) in call.cloud.sent:
        raise Refusal("RANDOM_ID_DUPLICATE")


def edit_message(call: Call, request: Any) -> Any:
    """Edit a text."""
    letter = call.letter(call.chat(request.peer), request.id)
    writing.edit(call.actor, letter, request.message or "", request.entities or ())
    return call.updates()


def delete_messages(call: Call, request: Any) -> Any:
    """Delete messages of private chats and basic groups; missing ones are ignored."""
    letters = [call.me.box.letters[number] for number in request.id if number in call.me.box.letters]
    count = writing.delete(call.actor, letters, revoke=bool(request.revoke))
    return types.messages.AffectedMessages(pts=call.me.box.pts, pts_count=count)


def delete_channel_messages(call: Call, request: Any) -> Any:
    """Delete messages of a supergroup or channel."""
    channel = call.channel(request.channel)
    letters: Sequence[Letter] = [channel.box.letters[n] for n in request.id if n in channel.box.letters]
    count = writing.delete(call.actor, letters)
    return types.messages.AffectedMessages(pts=channel.box.pts, pts_count=count)


def send_reaction(call: Call, request: Any) -> Any:
    """Set our reaction; none removes it."""
    letter = call.letter(call.chat(request.peer), request.msg_id)
    writing.react(
        call.actor, letter, [one for one in request.reaction or () if not isinstance(one, types.ReactionEmpty)]
    )
    return call.updates()


def read_history(call: Call, request: Any) -> Any:
    """Mark a private chat or basic group as read."""
    chat = call.chat(request.peer)
    grown = reading.read(call.actor, chat, request.max_id or max(call.me.box.letters, default=0))
    return types.messages.AffectedMessages(pts=call.me.box.pts, pts_count=grown)


def read_channel(call: Call, request: Any) -> bool:
    """Mark a supergroup or channel as read."""
    channel = call.channel(request.channel)
    reading.read(call.actor, channel, request.max_id or max(channel.box.letters, default=0))
    return True


def set_typing(call: Call, request: Any) -> bool:
    """Show the typing indicator."""
    reading.type_(call.actor, call.chat(request.peer), request.action)
    return True


HANDLERS: Mapping[type, Handler] = {
    functions.messages.SendMessageRequest: send_message,
    functions.messages.EditMessageRequest: edit_message,
    functions.messages.DeleteMessagesRequest: delete_messages,
    functions.channels.DeleteMessagesRequest: delete_channel_messages,
    functions.messages.SendReactionRequest: send_reaction,
    functions.messages.ReadHistoryRequest: read_history,
    functions.channels.ReadHistoryRequest: read_channel,
    functions.messages.SetTypingRequest: set_typing,
}
