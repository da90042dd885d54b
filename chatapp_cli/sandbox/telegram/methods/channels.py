"""Supergroups and broadcast channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from telethon.tl import functions, types

from chatapp_cli.sandbox.telegram import gathering, reading, views
from chatapp_cli.sandbox.telegram.chats import Channel
from chatapp_cli.sandbox.telegram.letters import Person
from chatapp_cli.sandbox.telegram.methods.call import Call, Handler
from chatapp_cli.sandbox.telegram.methods.groups import invited
from chatapp_cli.sandbox.telegram.tl import Refusal

_MOST: Final = 200
_RIGHTS: Final = types.ChatAdminRights(change_info=True, delete_messages=True, ban_users=True, invite_users=True)


def create(call: Call, request: Any) -> Any:
    """Create one."""
    gathering.create_channel(call.actor, request.title, broadcast=bool(request.broadcast), about=request.about)
    return call.updates()


def join(call: Call, request: Any) -> Any:
    """Join a public one."""
    gathering.join(call.actor, call.channel(request.channel))
    return types.messages.ChatInviteJoinResultOk(updates=call.updates())


def leave(call: Call, request: Any) -> Any:
    """Leave."""
    gathering.remove(call.actor, call.channel(request.channel), call.me)
    return call.updates()


def invite(call: Call, request: Any) -> Any:
    """Add people."""
    people = [call.user(named) for named in request.users]
    return invited(call, gathering.add(call.actor, call.channel(request.channel), people))


def edit_banned(call: Call, request: Any) -> Any:
    """Ban or unban a person."""
    channel, person = call.channel(request.channel), call.user(request.participant)
    if not channel.rules(call.me):
        raise Refusal("CHAT_ADMIN_REQUIRED")
    if not request.banned_rights.view_messages:
        channel.banned.discard(person)
    elif person in channel.members:
        gathering.remove(call.actor, channel, person, ban=True)
    return call.updates()


def edit_title(call: Call, request: Any) -> Any:
    """Rename."""
    gathering.rename(call.actor, call.channel(request.channel), request.title)
    return call.updates()


def delete(call: Call, request: Any) -> Any:
    """Delete it."""
    gathering.end(call.actor, call.channel(request.channel))
    return call.updates()


def get_channels(call: Call, request: Any) -> Any:
    """Visible channels."""
    return types.messages.Chats(chats=[views.chat(call.channel(named), call.me) for named in request.id])


def get_full(call: Call, request: Any) -> Any:
    """Full information about one."""
    channel = call.channel(request.channel)
    full = types.ChannelFull(
        id=channel.id,
        about=channel.about,
        read_inbox_max_id=channel.read_inbox.get(call.me.id, 0),
        read_outbox_max_id=channel.read_outbox.get(call.me.id, 0),
        unread_count=reading.unread(channel, call.me),
        chat_photo=types.PhotoEmpty(id=0),
        notify_settings=types.PeerNotifySettings(),
        bot_info=[],
        pts=channel.box.pts,
        can_view_participants=not channel.broadcast or channel.rules(call.me),
        participants_count=len(channel.members),
        slowmode_seconds=channel.slowmode or None,
        migrated_from_chat_id=channel.moved_from.id if channel.moved_from else None,
    )
    return types.messages.ChatFull(full_chat=full, users=[], chats=[views.chat(channel, call.me)])


def _participant(call: Call, channel: Channel, person: Person) -> Any:
    mine = channel.members[person]
    if person is channel.creator:
        return types.ChannelParticipantCreator(user_id=person.id, admin_rights=_RIGHTS)
    if mine.admin:
        return types.ChannelParticipantAdmin(
            user_id=person.id, promoted_by=channel.creator.id, date=mine.at, admin_rights=_RIGHTS
        )
    if person is call.me:
        return types.ChannelParticipantSelf(user_id=person.id, inviter_id=mine.inviter, date=mine.at)
    return types.ChannelParticipant(user_id=person.id, date=mine.at)


_FILTERS: Final[Mapping[type, Callable[[Any, Channel, Person], bool]]] = {
    types.ChannelParticipantsRecent: lambda *_: True,
    types.ChannelParticipantsAdmins: lambda _, channel, person: channel.rules(person),
    types.ChannelParticipantsSearch: lambda wanted, _, person: wanted.q.casefold() in person.name.casefold(),
}


def get_participants(call: Call, request: Any) -> Any:
    """Its participants; in a broadcast channel only administrators see them."""
    channel = call.channel(request.channel)
    if channel.broadcast and not channel.rules(call.me):
        raise Refusal("CHAT_ADMIN_REQUIRED")
    fits = _FILTERS.get(type(request.filter))
    if fits is None:
        raise Refusal("FILTER_NOT_SUPPORTED")
    found = [person for person in channel.people if fits(request.filter, channel, person)]
    part = _page(found, request)
    told = [_participant(call, channel, person) for person in part]
    return types.channels.ChannelParticipants(count=len(found), participants=told, **call.cast(told))


def _page(found: Sequence[Person], request: Any) -> Sequence[Person]:
    return found[request.offset : request.offset + min(request.limit or _MOST, _MOST)]


def get_participant(call: Call, request: Any) -> Any:
    """A person's membership in it."""
    channel, person = call.channel(request.channel), call.user(request.participant)
    if person not in channel.members:
        raise Refusal("USER_NOT_PARTICIPANT")
    told = _participant(call, channel, person)
    return types.channels.ChannelParticipant(participant=told, **call.cast([told]))


HANDLERS: Mapping[type, Handler] = {
    functions.channels.CreateChannelRequest: create,
    functions.channels.JoinChannelRequest: join,
    functions.channels.LeaveChannelRequest: leave,
    functions.channels.InviteToChannelRequest: invite,
    functions.channels.EditBannedRequest: edit_banned,
    functions.channels.EditTitleRequest: edit_title,
    functions.channels.DeleteChannelRequest: delete,
    functions.channels.GetChannelsRequest: get_channels,
    functions.channels.GetFullChannelRequest: get_full,
    functions.channels.GetParticipantsRequest: get_participants,
    functions.channels.GetParticipantRequest: get_participant,
}
