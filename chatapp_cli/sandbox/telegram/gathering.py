"""Create, change and delete groups and channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telethon.tl import types

from chatapp_cli.sandbox.telegram import writing
from chatapp_cli.sandbox.telegram.chats import Channel, Gathering, Group, Membership
from chatapp_cli.sandbox.telegram.cloud import Actor
from chatapp_cli.sandbox.telegram.letters import Letter, Person
from chatapp_cli.sandbox.telegram.tl import Refusal


def create_group(actor: Actor, title: str, people: Sequence[Person]) -> tuple[Group, list[Person]]:
    """Create a basic group; also returns those who could not be added."""
    if not people:
        raise Refusal("USERS_TOO_FEW")
    group = Group(actor.cloud.next_number(), _checked(title), actor.person)
    actor.cloud.gatherings[group.id] = group
    willing, missing = _asked(actor.person, people)
    for person in willing:
        group.members[person] = Membership(actor.person.id)
    _announce(actor, group, types.MessageActionChatCreate(title=title, users=[p.id for p in group.people]))
    _show_members(actor, group)
    return group, missing


def create_channel(actor: Actor, title: str, *, broadcast: bool, about: str = "") -> Channel:
    """Create a supergroup or a broadcast channel without other members."""
    channel = Channel(actor.cloud.next_number(), _checked(title), actor.person, broadcast=broadcast)
    channel.about = about
    actor.cloud.gatherings[channel.id] = channel
    _show_channel(actor, channel, [actor.person])
    _announce(actor, channel, types.MessageActionChannelCreate(title=title))
    return channel


def add(actor: Actor, gathering: Gathering, people: Sequence[Person]) -> list[Person]:
    """Add people; returns those who could not be added."""
    _must_be_in(actor.person, gathering)
    if isinstance(gathering, Channel) and gathering.broadcast:
        _must_rule(actor.person, gathering)
    if isinstance(gathering, Group) and any(person in gathering.members for person in people):
        raise Refusal("USER_ALREADY_PARTICIPANT")
    willing, missing = _asked(actor.person, people)
    if willing:
        _let_in(actor, gathering, willing)
    return missing


def join(actor: Actor, gathering: Gathering, *, by_link: bool = False) -> None:
    """Join by a public name or a link."""
    if actor.person in gathering.banned:
        raise Refusal("CHANNEL_PRIVATE" if isinstance(gathering, Channel) else "USER_BANNED_IN_CHANNEL")
    if not gathering.has(actor.person):
        inviter = gathering.creator.id
        action = types.MessageActionChatJoinedByLink(inviter_id=inviter) if by_link else None
        _let_in(actor, gathering, [actor.person], action)


def _let_in(actor: Actor, gathering: Gathering, people: Sequence[Person], action: Any = None) -> None:
    for person in people:
        gathering.members[person] = Membership(actor.person.id)
        gathering.banned.discard(person)
    gathering.version += 1
    _show(actor, gathering, people)
    if not _is_broadcast(gathering):
        added = types.MessageActionChatAddUser(users=[person.id for person in people])
        _announce(actor, gathering, action or added)


def remove(actor: Actor, gathering: Gathering, person: Person, *, ban: bool = False) -> None:
    """Remove a person, or leave."""
    if person not in gathering.members:
        raise Refusal("USER_NOT_PARTICIPANT")
    leaves = person is actor.person
    if leaves and isinstance(gathering, Channel) and gathering.creator is person:
        raise Refusal("USER_CREATOR")
    if not leaves and gathering.members[person].inviter != actor.person.id:
        _must_rule(actor.person, gathering)
    if not _is_broadcast(gathering):
        _announce(actor, gathering, types.MessageActionChatDeleteUser(user_id=person.id))
    del gathering.members[person]
    if ban or (not leaves and isinstance(gathering, Group)):
        gathering.banned.add(person)
    gathering.version += 1
    _show(actor, gathering, [person])


def rename(actor: Actor, gathering: Gathering, title: str) -> None:
    """Change the title."""
    _must_be_in(actor.person, gathering)
    if isinstance(gathering, Channel):
        _must_rule(actor.person, gathering)
    if gathering.title == _checked(title):
        raise Refusal("CHAT_NOT_MODIFIED")
    gathering.title = title
    gathering.version += 1
    _announce(actor, gathering, types.MessageActionChatEditTitle(title=title))


def end(actor: Actor, gathering: Gathering) -> None:
    """Delete it for everybody."""
    if gathering.creator is not actor.person:
        raise Refusal("CHAT_ADMIN_REQUIRED")
    members = gathering.people
    gathering.gone = True
    gathering.banned.update(members)
    gathering.members.clear()
    _show(actor, gathering, members)


def upgrade(actor: Actor, group: Group) -> Channel:
    """Convert a basic group to a supergroup; the closed basic group remains."""
    _must_rule(actor.person, group)
    channel = Channel(actor.cloud.next_number(), group.title, group.creator, broadcast=False)
    actor.cloud.gatherings[channel.id] = channel
    channel.members.update(group.members)
    channel.moved_from = group
    _announce(actor, group, types.MessageActionChatMigrateTo(channel_id=channel.id))
    group.moved_to = channel
    _show_channel(actor, channel, channel.people)
    _announce(actor, channel, types.MessageActionChannelMigrateFrom(title=group.title, chat_id=group.id))
    return channel


def participants(group: Group) -> Any:
    """The participants of a basic group."""
    return types.ChatParticipants(
        chat_id=group.id,
        participants=[_participant(group, person) for person in group.people],
        version=group.version,
    )


def _participant(group: Group, person: Person) -> Any:
    if person is group.creator:
        return types.ChatParticipantCreator(user_id=person.id)
    mine = group.members[person]
    kind = types.ChatParticipantAdmin if mine.admin else types.ChatParticipant
    return kind(user_id=person.id, inviter_id=mine.inviter, date=mine.at)


def _checked(title: str) -> str:
    if not title.strip():
        raise Refusal("CHAT_TITLE_EMPTY")
    return title


def _asked(inviter: Person, people: Sequence[Person]) -> tuple[list[Person], list[Person]]:
    """The people who can be added, and those who cannot."""
    refusing = [p for p in people if p.invites_refused and inviter.id not in p.contacts]
    return [p for p in people if p not in refusing], refusing


def _must_be_in(person: Person, gathering: Gathering) -> None:
    if not gathering.has(person):
        raise Refusal("CHANNEL_PRIVATE" if isinstance(gathering, Channel) else "CHAT_WRITE_FORBIDDEN")


def _must_rule(person: Person, gathering: Gathering) -> None:
    if not gathering.rules(person):
        raise Refusal("CHAT_ADMIN_REQUIRED")


def _is_broadcast(gathering: Gathering) -> bool:
    return isinstance(gathering, Channel) and gathering.broadcast


def _announce(actor: Actor, gathering: Gathering, action: Any) -> None:
    writing.post(actor, Letter(chat=gathering, author=actor.person, action=action))


def _show(actor: Actor, gathering: Gathering, concerned: Sequence[Person]) -> None:
    """Inform those who joined or left; in a basic group everybody."""
    if isinstance(gathering, Group):
        _show_members(actor, gathering)
        left = [person for person in concerned if person not in gathering.members]
        actor.tell(left, lambda _: types.UpdateChat(chat_id=gathering.id))
    else:
        _show_channel(actor, gathering, concerned)


def _show_members(actor: Actor, group: Group) -> None:
    actor.tell(group.people, lambda _: types.UpdateChatParticipants(participants=participants(group)))


def _show_channel(actor: Actor, channel: Gathering, people: Sequence[Person]) -> None:
    actor.tell(people, lambda _: types.UpdateChannel(channel_id=channel.id))
