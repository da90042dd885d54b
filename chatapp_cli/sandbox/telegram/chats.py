"""Private chats, basic groups, supergroups and broadcast channels."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from telethon.tl import types

from chatapp_cli.sandbox.telegram.letters import Box, Chat, Person


class Private(Chat):
    """A chat of two people, or one person's saved messages."""

    def __init__(self, one: Person, other: Person) -> None:
        super().__init__()
        self.pair = (one, other)

    @property
    def people(self) -> Sequence[Person]:
        """Both people, or the one."""
        return list(dict.fromkeys(self.pair))

    def other(self, viewer: Person) -> Person:
        """The other person."""
        one, other = self.pair
        return other if viewer is one else one

    def box_of(self, viewer: Person) -> Box:
        """The account's box."""
        return viewer.box

    def boxes(self, author: Person) -> Sequence[Box]:
        """Both boxes, unless the reader has blocked the author, which the author does not learn."""
        return [person.box for person in self.people if author.id not in person.blocked]

    def peer(self, viewer: Person) -> Any:
        """The other person."""
        return types.PeerUser(self.other(viewer).id)

    def has(self, person: Person) -> bool:
        """Whether a person is one of the two."""
        return person in self.pair


@dataclass(slots=True)
class Membership:
    """A membership: since when, added by whom, and the role."""

    inviter: int
    at: int = field(default_factory=lambda: int(time.time()))
    admin: bool = False


class Gathering(Chat):
    """Common to groups and channels: title, members and creator."""

    def __init__(self, number: int, title: str, creator: Person) -> None:
        super().__init__()
        self.id = number
        self.title = title
        self.creator = creator
        self.at = int(time.time())
        self.version = 1
        self.invite = secrets.token_urlsafe(12)
        """The hash of the invite link ``t.me/+…``."""
        self.members: dict[Person, Membership] = {creator: Membership(creator.id, admin=True)}
        self.banned: set[Person] = set()
        self.gone = False

    @property
    def people(self) -> Sequence[Person]:
        """The members."""
        return list(self.members)

    def has(self, person: Person) -> bool:
        """Whether a person is a member of the group, which still exists."""
        return person in self.members and not self.gone

    def rules(self, person: Person) -> bool:
        """Whether a person is the creator or an administrator."""
        return person in self.members and self.members[person].admin


class Group(Gathering):
    """A basic group: every member has their own copies of messages."""

    moved_to: Channel | None = None

    def box_of(self, viewer: Person) -> Box:
        """The account's box."""
        return viewer.box

    def boxes(self, _author: Person) -> Sequence[Box]:
        """Every member's box."""
        return [person.box for person in self.members]

    def peer(self, _viewer: Person) -> Any:
        """The group."""
        return types.PeerChat(self.id)


class Channel(Gathering):
    """A supergroup, or a broadcast channel where only administrators write; it has its own update sequence."""

    def __init__(self, number: int, title: str, creator: Person, *, broadcast: bool) -> None:
        super().__init__(number, title, creator)
        self.broadcast = broadcast
        self.about = ""
        self.username = ""
        self.slowmode = 0
        """Seconds between messages of members who are not administrators."""
        self.moved_from: Group | None = None
        self.box = Box(lambda: self.people)

    def box_of(self, _viewer: Person) -> Box:
        """The channel's box."""
        return self.box

    def boxes(self, _author: Person) -> Sequence[Box]:
        """The channel's box."""
        return [self.box]

    def peer(self, _viewer: Person) -> Any:
        """The channel."""
        return types.PeerChannel(self.id)
