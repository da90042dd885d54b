"""Group and channel events caused by people, without a client."""

from __future__ import annotations

from chatapp_cli.sandbox.telegram import gathering
from chatapp_cli.sandbox.telegram.chats import Channel, Gathering, Group
from chatapp_cli.sandbox.telegram.cloud import Actor, Cloud
from chatapp_cli.sandbox.telegram.letters import Person


class GroupStage:
    """Groups of people; write there with ``Stage.write``."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def _as(self, who: Person) -> Actor:
        return Actor(self._cloud, who)

    def group(self, title: str, creator: Person, *people: Person) -> Group:
        """A person creates a basic group with others."""
        return gathering.create_group(self._as(creator), title, people)[0]

    def channel(self, title: str, creator: Person, *, username: str = "", broadcast: bool = True) -> Channel:
        """A person creates a broadcast channel or a supergroup; public with a username."""
        made = gathering.create_channel(self._as(creator), title, broadcast=broadcast)
        made.username = username
        return made

    def add(self, by: Person, found: Gathering, *people: Person) -> None:
        """A person adds others."""
        gathering.add(self._as(by), found, people)

    def join(self, who: Person, found: Gathering) -> None:
        """A person joins."""
        gathering.join(self._as(who), found)

    def remove(self, by: Person, found: Gathering, person: Person, *, ban: bool = False) -> None:
        """A person removes another, or leaves."""
        gathering.remove(self._as(by), found, person, ban=ban)

    def rename(self, by: Person, found: Gathering, title: str) -> None:
        """A person renames it."""
        gathering.rename(self._as(by), found, title)

    def end(self, found: Gathering) -> None:
        """Its creator deletes it."""
        gathering.end(self._as(found.creator), found)

    def upgrade(self, group: Group) -> Channel:
        """Its creator converts it to a supergroup."""
        return gathering.upgrade(self._as(group.creator), group)
