"""Basic groups, and invite links of groups and channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from telethon.tl import functions, types

from chatapp_cli.sandbox.telegram import gathering, views
from chatapp_cli.sandbox.telegram.chats import Channel, Gathering
from chatapp_cli.sandbox.telegram.letters import Person
from chatapp_cli.sandbox.telegram.methods.call import Call, Handler
from chatapp_cli.sandbox.telegram.tl import Refusal


def create(call: Call, request: Any) -> Any:
    """Create a group."""
    people = [call.user(named) for named in request.users]
    _, missing = gathering.create_group(call.actor, request.title, [p for p in people if p is not call.me])
    return invited(call, missing)


def invited(call: Call, missing: Sequence[Person]) -> Any:
    """The result of an invitation, with those who could not be added."""
    return types.messages.InvitedUsers(
        updates=call.updates(), missing_invitees=[types.MissingInvitee(user_id=person.id) for person in missing]
    )


def add_user(call: Call, request: Any) -> Any:
    """Add a person."""
    group = call.group(request.chat_id)
    return invited(call, gathering.add(call.actor, group, [call.user(request.user_id)]))


def delete_user(call: Call, request: Any) -> Any:
    """Remove a person, or leave."""
    gathering.remove(call.actor, call.group(request.chat_id), call.user(request.user_id))
    return call.updates()


def edit_title(call: Call, request: Any) -> Any:
    """Rename."""
    gathering.rename(call.actor, call.group(request.chat_id), request.title)
    return call.updates()


def delete(call: Call, request: Any) -> bool:
    """Delete the group."""
    gathering.end(call.actor, call.group(request.chat_id))
    return True


def migrate(call: Call, request: Any) -> Any:
    """Convert it to a supergroup."""
    gathering.upgrade(call.actor, call.group(request.chat_id))
    return call.updates()


def get_chats(call: Call, request: Any) -> Any:
    """Groups by id."""
    return types.messages.Chats(chats=[views.chat(call.group(number), call.me) for number in request.id])


def get_full(call: Call, request: Any) -> Any:
    """A group with its members."""
    group = call.group(request.chat_id)
    full = types.ChatFull(
        id=group.id,
        about="",
        participants=gathering.participants(group) if group.has(call.me) else types.ChatParticipantsForbidden(group.id),
        notify_settings=types.PeerNotifySettings(),
        exported_invite=_link(group) if group.rules(call.me) else None,
    )
    return types.messages.ChatFull(full_chat=full, **call.cast([full, types.PeerChat(group.id)]))


def _link(found: Gathering) -> Any:
    return types.ChatInviteExported(
        link=f"https://t.me/+{found.invite}", admin_id=found.creator.id, date=found.at, permanent=True
    )


def export_invite(call: Call, request: Any) -> Any:
    """Create an invite link."""
    found = call.chat(request.peer)
    if not isinstance(found, Gathering) or not found.rules(call.me):
        raise Refusal("CHAT_ADMIN_REQUIRED")
    return _link(found)


def _by_link(call: Call, link: str) -> Gathering:
    for found in call.cloud.gatherings.values():
        if found.invite == link and not found.gone:
            return found
    raise Refusal("INVITE_HASH_EXPIRED")


def check_invite(call: Call, request: Any) -> Any:
    """The chat behind an invite link."""
    found = _by_link(call, request.hash)
    if found.has(call.me):
        return types.ChatInviteAlready(chat=views.chat(found, call.me))
    broadcast = isinstance(found, Channel) and found.broadcast
    return types.ChatInvite(
        title=found.title,
        photo=types.PhotoEmpty(id=0),
        participants_count=len(found.members),
        color=0,
        channel=isinstance(found, Channel),
        broadcast=broadcast,
        megagroup=isinstance(found, Channel) and not broadcast,
    )


def import_invite(call: Call, request: Any) -> Any:
    """Join by an invite link."""
    found = _by_link(call, request.hash)
    if found.has(call.me):
        raise Refusal("USER_ALREADY_PARTICIPANT")
    gathering.join(call.actor, found, by_link=True)
    return types.messages.ChatInviteJoinResultOk(updates=call.updates())


HANDLERS: Mapping[type, Handler] = {
    functions.messages.CreateChatRequest: create,
    functions.messages.AddChatUserRequest: add_user,
    functions.messages.DeleteChatUserRequest: delete_user,
    functions.messages.EditChatTitleRequest: edit_title,
    functions.messages.DeleteChatRequest: delete,
    functions.messages.MigrateChatRequest: migrate,
    functions.messages.GetChatsRequest: get_chats,
    functions.messages.GetFullChatRequest: get_full,
    functions.messages.ExportChatInviteRequest: export_invite,
    functions.messages.CheckChatInviteRequest: check_invite,
    functions.messages.ImportChatInviteRequest: import_invite,
}
