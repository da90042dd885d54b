"""A request being answered, with look-ups of the people, chats and messages in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from telethon.tl import types

from chatapp_cli.sandbox.telegram.chats import Channel, Group
from chatapp_cli.sandbox.telegram.cloud import Actor, Cloud
from chatapp_cli.sandbox.telegram.devices import Authorisation, Session
from chatapp_cli.sandbox.telegram.letters import Chat, Letter, Person, access_hash
from chatapp_cli.sandbox.telegram.tl import Refusal


@dataclass(frozen=True, slots=True)
class Call:
    """The calling device."""

    actor: Actor
    device: Authorisation
    session: Session

    @property
    def cloud(self) -> Cloud:
        """All data."""
        return self.actor.cloud

    @property
    def me(self) -> Person:
        """The calling account."""
        return self.actor.person

    def updates(self, *before: Any) -> Any:
        """The updates that the request caused for this account, as an answer."""
        return self.cloud.updates([*before, *self.actor.news], self.me)

    def user(self, named: Any) -> Person:
        """The user in the request. Raises Refusal for an unknown one."""
        if isinstance(named, types.InputUserSelf | types.InputPeerSelf):
            return self.me
        person = self.cloud.people.get(getattr(named, "user_id", 0))
        if person is None or not (person is self.me or self._has_key(named, person.id)):
            raise Refusal("PEER_ID_INVALID" if isinstance(named, types.InputPeerUser) else "USER_ID_INVALID")
        return person

    def _has_key(self, named: Any, number: int) -> bool:
        return getattr(named, "access_hash", None) == access_hash(self.me, number)

    def chat(self, named: Any) -> Chat:
        """The chat in the request. Raises Refusal if we are not in it."""
        match named:
            case types.InputPeerUser() | types.InputPeerSelf():
                return self.cloud.private(self.me, self.user(named))
            case types.InputPeerChat():
                return self.group(named.chat_id)
            case types.InputPeerChannel():
                return self.channel(named)
            case _:
                raise Refusal("PEER_ID_INVALID")

    def group(self, number: int) -> Group:
        """A basic group by id."""
        group = self.cloud.gatherings.get(number)
        if not isinstance(group, Group):
            raise Refusal("CHAT_ID_INVALID")
        return group

    def channel(self, named: Any) -> Channel:
        """A visible supergroup or channel: public, or one that we are in."""
        channel = self.cloud.gatherings.get(getattr(named, "channel_id", 0))
        if not isinstance(channel, Channel) or not self._has_key(named, channel.id):
            raise Refusal("CHANNEL_INVALID")
        closed = not channel.username and not channel.has(self.me)
        if channel.gone or self.me in channel.banned or closed:
            raise Refusal("CHANNEL_PRIVATE")
        return channel

    def letter(self, chat: Chat, number: int) -> Letter:
        """A message of a chat."""
        letter = chat.box_of(self.me).letters.get(number)
        if letter is None or letter.chat is not chat:
            raise Refusal("MESSAGE_ID_INVALID")
        return letter

    def cast(self, told: Sequence[Any]) -> dict[str, list[Any]]:
        """The users and chats that objects mention, as arguments of an answer."""
        users, chats = self.cloud.cast(told, self.me)
        return {"users": users, "chats": chats}


Handler: TypeAlias = Callable[[Call, Any], Any]
