"""Changes to existing messages: deleted, read, reacted to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.names import View, ext_id
from chatapp_cli.connectors.telegram.peers import number_of
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import ChatRead, MessagesDeleted, ProviderEvent, ReactionsChanged


def _deleted(update: Any, view: View) -> Iterator[ProviderEvent]:
    """Deleted messages; in private chats and basic groups Telegram does not name the chat."""
    gone = [border.external_id(number) for number in update.messages]
    yield MessagesDeleted(peer_key=border.NO_ID, ext_ids=gone, at=view.arrived)


def _deleted_in_channel(update: Any, view: View) -> Iterator[ProviderEvent]:
    channel = tl.PeerChannel(update.channel_id)
    gone = [ext_id(channel, number) for number in update.messages]
    yield MessagesDeleted(peer_key=_key(channel), ext_ids=gone, at=view.arrived)


def _read_by_client(update: Any, view: View) -> Iterator[ProviderEvent]:
    yield _read_up_to(update, view, by_us=False)


def _read_by_us(update: Any, view: View) -> Iterator[ProviderEvent]:
    yield _read_up_to(update, view, by_us=True)


def _read_up_to(update: Any, view: View, *, by_us: bool) -> ChatRead:
    peer = getattr(update, "peer", None) or tl.PeerChannel(update.channel_id)
    return ChatRead(peer_key=_key(peer), ext_id=ext_id(peer, update.max_id), at=view.arrived, by_us=by_us)


def _reacted(update: Any, view: View) -> Iterator[ProviderEvent]:
    """Reactions. Telegram lists the latest; in a private chat, a person not listed has removed theirs."""
    given: dict[int, list[border.ExternalText]] = {}
    if isinstance(update.peer, tl.PeerUser):
        given[update.peer.user_id] = []
    people = {}
    for one in update.reactions.recent_reactions or ():
        if not one.my:
            number = number_of(one.peer_id)
            given.setdefault(number, []).append(_emoji(one.reaction))
            people[number] = one.peer_id
    for number, emoji in given.items():
        yield ReactionsChanged(
            peer_key=_key(update.peer),
            ext_id=ext_id(update.peer, update.msg_id),
            at=view.arrived,
            emoji=tuple(emoji),
            person=view.known(people.get(number, update.peer)).person,
        )


def _key(peer: Any) -> border.ExternalId:
    return border.external_id(number_of(peer))


def _emoji(reaction: Any) -> border.ExternalText:
    return border.name(getattr(reaction, "emoticon", None) or "[emoji]")


READ: Final[Mapping[type, Callable[[Any, View], Iterator[ProviderEvent]]]] = {
    tl.UpdateDeleteMessages: _deleted,
    tl.UpdateDeleteChannelMessages: _deleted_in_channel,
    tl.UpdateReadHistoryOutbox: _read_by_client,
    tl.UpdateReadChannelOutbox: _read_by_client,
    tl.UpdateReadHistoryInbox: _read_by_us,
    tl.UpdateReadChannelInbox: _read_by_us,
    tl.UpdateMessageReactions: _reacted,
}
