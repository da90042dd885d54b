"""What happens to groups and channels without a client."""

from __future__ import annotations

from chatapp_cli.sandbox.telegram import gathering
from chatapp_cli.sandbox.telegram.chats import Channel, Gathering, Group
from chatapp_cli.sandbox.telegram.cloud import Actor, Cloud
from chatapp_cli.sandbox.telegram.letters import Person


class GroupStage:
    """People gather; write there by ``Stage.write``."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def _as(self, who: Person) -> Actor:
        return Actor(self._cloud, who)

    def group(self, title: str, creator: Person, *people: Person) -> Group:
        """Somebody makes a basic group with others."""
        return gathering.create_group(self._as(creator), title, people)[0]

    def channel(self, title: str, creator: Person, *, username: str = "", broadcast: bool = True) -> Channel:
        """Somebody makes a broadcast channel or, if it is none, a supergroup; public under a name."""
        made = gathering.create_channel(self._as(creator), title, broadcast=broadcast)
        made.username = username
        return made

    def add(self, by: Person, found: Gathering, *people: Person) -> None:
        """Somebody adds others."""
        gathering.add(self._as(by), found, people)

    def join(self, who: Person, found: Gathering) -> None:
        """Somebody comes in by themselves."""
        gathering.join(self._as(who), found)

    def remove(self, by: Person, found: Gathering, person: Person, *, ban: bool = False) -> None:
        """Somebody takes another out, or leaves."""
        gathering.remove(self._as(by), found, person, ban=ban)

    def rename(self, by: Person, found: Gathering, title: str) -> None:
        """Somebody renames it."""
        gathering.rename(self._as(by), found, title)

    def end(self, found: Gathering) -> None:
        """Its creator deletes it."""
        gathering.end(self._as(found.creator), found)

    def upgrade(self, group: Group) -> Channel:
        """Its creator makes a supergroup of it."""
        return gathering.upgrade(self._as(group.creator), group)
