"""Dialogs and history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from telethon.tl import functions, types

from chatapp_cli.sandbox.telegram import views
from chatapp_cli.sandbox.telegram.chats import Channel
from chatapp_cli.sandbox.telegram.files import Media
from chatapp_cli.sandbox.telegram.letters import Chat, Letter
from chatapp_cli.sandbox.telegram.methods.call import Call, Handler
from chatapp_cli.sandbox.telegram.reading import unread
from chatapp_cli.sandbox.telegram.tl import Refusal

MOST: Final = 100
"""Messages or dialogs in one answer."""


def dialog(call: Call, chat: Chat) -> Any:
    """A chat in the list."""
    top = call.cloud.top(chat, call.me)
    return types.Dialog(
        peer=chat.peer(call.me),
        top_message=top.id_for(call.me) if top else 0,
        read_inbox_max_id=chat.read_inbox.get(call.me.id, 0),
        read_outbox_max_id=chat.read_outbox.get(call.me.id, 0),
        unread_count=unread(chat, call.me),
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        notify_settings=types.PeerNotifySettings(),
        pts=chat.box.pts if isinstance(chat, Channel) and call.cloud.lists_counters else None,
    )


def _dialogs(call: Call, chats: Sequence[Chat]) -> dict[str, list[Any]]:
    found = [dialog(call, chat) for chat in chats]
    tops = [views.message(top, call.me) for chat in chats if (top := call.cloud.top(chat, call.me))]
    return {"dialogs": found, "messages": tops, **call.cast([*found, *tops])}


def get_dialogs(call: Call, request: Any) -> Any:
    """The list of chats, most recent activity first; the archive is empty."""
    every = [] if request.folder_id else call.cloud.chats_of(call.me)
    rest = every
    if not isinstance(request.offset_peer, types.InputPeerEmpty):
        after = call.chat(request.offset_peer)
        rest = every[every.index(after) + 1 :] if after in every else []
    part = rest[: min(request.limit or MOST, MOST)]
    if len(part) == len(every):
        return types.messages.Dialogs(**_dialogs(call, part))
    return types.messages.DialogsSlice(count=len(every), **_dialogs(call, part))


def get_peer_dialogs(call: Call, request: Any) -> Any:
    """Some chats of the list."""
    chats = [call.chat(named.peer) for named in request.peers]
    state = types.updates.State(pts=call.me.box.pts, qts=0, date=0, seq=0, unread_count=0)
    return types.messages.PeerDialogs(state=state, **_dialogs(call, chats))


def _answer(call: Call, chat: Chat | None, letters: Sequence[Letter], count: int) -> Any:
    shown = [views.message(letter, call.me) for letter in letters]
    rest = {"messages": shown, "topics": [], **call.cast(shown)}
    if isinstance(chat, Channel):
        return types.messages.ChannelMessages(pts=chat.box.pts, count=count, **rest)
    if count > len(letters):
        return types.messages.MessagesSlice(count=count, **rest)
    return types.messages.Messages(**rest)


def get_history(call: Call, request: Any) -> Any:
    """A chat's messages, newest first, around an offset."""
    chat = call.chat(request.peer)
    return _window(call, request, chat, chat.box_of(call.me).of(chat))


def _window(call: Call, request: Any, chat: Chat, letters: Sequence[Letter]) -> Any:
    """Telegram's «offsets»: messages older than the offset, shifted by ``add_offset``, cut to both limits."""
    box = chat.box_of(call.me)
    newer = sum(1 for one in letters if _is_newer(one, one.ids[box], request))
    start = newer + request.add_offset
    size = min(request.limit or MOST, MOST)
    part = letters[max(start, 0) : max(start + size, 0)]
    wanted = [
        one for one in part if one.ids[box] > request.min_id and (not request.max_id or one.ids[box] < request.max_id)
    ]
    return _answer(call, chat, wanted, len(letters))


def _is_newer(letter: Letter, number: int, request: Any) -> bool:
    if request.offset_id:
        return bool(number >= request.offset_id)
    at = _seconds(getattr(request, "offset_date", None))
    return bool(at and letter.at >= at)


def _seconds(at: datetime | None) -> int:
    """A time in seconds; 0 if there is none."""
    return int(at.timestamp()) if at else 0


_FILTERS: Final[Mapping[type, Callable[[Letter], bool]]] = {
    types.InputMessagesFilterEmpty: lambda _: True,
    types.InputMessagesFilterPhotos: lambda one: isinstance(one.media, Media) and one.media.photo,
    types.InputMessagesFilterDocument: lambda one: isinstance(one.media, Media) and not one.media.photo,
    types.InputMessagesFilterGeo: lambda one: isinstance(one.media, types.MessageMediaGeo),
}


def search(call: Call, request: Any) -> Any:
    """A chat's messages with these words, of this kind, by this author."""
    chat = call.chat(request.peer)
    if type(request.filter) not in _FILTERS:
        raise Refusal("FILTER_NOT_SUPPORTED")
    fits, author = _FILTERS[type(request.filter)], request.from_id and call.user(request.from_id)
    words = request.q.casefold()
    found = [
        one
        for one in chat.box_of(call.me).of(chat)
        if words in one.text.casefold() and fits(one) and author in {None, one.author} and _within(one, request)
    ]
    return _window(call, request, chat, found)


def _within(letter: Letter, request: Any) -> bool:
    before = _seconds(request.max_date)
    return letter.at >= _seconds(request.min_date) and (not before or letter.at < before)


def get_messages(call: Call, request: Any) -> Any:
    """Messages of private chats and basic groups by id."""
    return _by_id(call, None, call.me.box.letters, request.id)


def get_channel_messages(call: Call, request: Any) -> Any:
    """Messages of a supergroup or channel by id."""
    channel = call.channel(request.channel)
    return _by_id(call, channel, channel.box.letters, request.id)


def _by_id(call: Call, chat: Chat | None, letters: Mapping[int, Letter], named: Sequence[Any]) -> Any:
    numbers = [one.id for one in named]
    shown = [
        views.message(letters[number], call.me) if number in letters else types.MessageEmpty(id=number, peer_id=None)
        for number in numbers
    ]
    rest = {"messages": shown, "topics": [], **call.cast(shown)}
    if isinstance(chat, Channel):
        return types.messages.ChannelMessages(pts=chat.box.pts, count=len(shown), **rest)
    return types.messages.Messages(**rest)


HANDLERS: Mapping[type, Handler] = {
    functions.messages.GetDialogsRequest: get_dialogs,
    functions.messages.GetPeerDialogsRequest: get_peer_dialogs,
    functions.messages.GetHistoryRequest: get_history,
    functions.messages.SearchRequest: search,
    functions.messages.GetMessagesRequest: get_messages,
    functions.channels.GetMessagesRequest: get_channel_messages,
}
