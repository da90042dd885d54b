"""Telegram's data, and pushing updates to sessions."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from telethon.tl import types

from chatapp_cli.sandbox.telegram import views
from chatapp_cli.sandbox.telegram.chats import Channel, Gathering, Private
from chatapp_cli.sandbox.telegram.desk import Desk
from chatapp_cli.sandbox.telegram.devices import Authorisation, Session
from chatapp_cli.sandbox.telegram.files import Shelf
from chatapp_cli.sandbox.telegram.letters import SERVICE_ID, Chat, Letter, Person, digits
from chatapp_cli.sandbox.telegram.tl import Refusal


@dataclass(slots=True)
class Actor:
    """A person who acts, optionally in a session, which then gets its own updates as the answer."""

    cloud: Cloud
    person: Person
    session: Session | None = None
    news: list[Any] = field(default_factory=list)

    def tell(self, viewers: Iterable[Person], update: Callable[[Person], Any]) -> None:
        """Push to everybody on all their devices; ``update`` makes a person's update, or ``None``."""
        for viewer in viewers:
            if (told := update(viewer)) is not None:
                self._tell(viewer, told)

    def _tell(self, viewer: Person, told: Any) -> None:
        for device in self.cloud.devices_of(viewer):
            for session in list(device.sessions):
                if session is self.session:
                    self.news.append(told)
                else:
                    session.push(self.cloud.parcel(told, viewer, device))


class Cloud:
    """People, chats, files and devices, independent of connections."""

    def __init__(self) -> None:
        self.address = ("127.0.0.1", 0)
        self.people: dict[int, Person] = {}
        self.gatherings: dict[int, Gathering] = {}
        self.devices: dict[int, Authorisation] = {}
        """Devices by key id."""
        self.shelf = Shelf()
        self.desk = Desk()
        self.sent: set[tuple[int, int]] = set()
        """Used random ids, with their users."""
        self._private: dict[frozenset[int], Private] = {}
        self._numbers = itertools.count(9001)
        self.slice = 100
        """Events per answer to a request for missed ones."""
        self.too_long = 5000
        """More missed events than this are answered with «too long»."""
        self.lists_counters = True
        """Whether the list of chats includes the ``pts`` of channels, which is optional."""
        self.service = self.settle(Person(SERVICE_ID, "Telegram", phone="42777"))

    def settle(self, person: Person) -> Person:
        """Create a person's account."""
        self.people[person.id] = person
        return person

    def next_number(self) -> int:
        """The id of the next group or channel."""
        return next(self._numbers)

    def private(self, one: Person, other: Person) -> Private:
        """The chat of these two."""
        return self._private.setdefault(frozenset((one.id, other.id)), Private(one, other))

    def chats_of(self, person: Person) -> list[Chat]:
        """A person's chats, most recent activity first."""
        mine: list[Chat] = [chat for chat in (*self._private.values(), *self.gatherings.values()) if chat.has(person)]
        tops = {chat: self.top(chat, person) for chat in mine}
        return sorted((chat for chat in mine if tops[chat]), key=lambda chat: _age(tops[chat]), reverse=True)

    @staticmethod
    def top(chat: Chat, viewer: Person) -> Letter | None:
        """The last message."""
        return next(iter(chat.box_of(viewer).of(chat)), None)

    def by_phone(self, phone: str) -> Person | None:
        """The person with this phone, visible or not."""
        wanted = digits(phone)
        return next((p for p in self.people.values() if p.phone == wanted and not p.deleted), None)

    def by_username(self, username: str) -> Person | Channel:
        """The person, group or channel with this username. Raises Refusal if there is none."""
        wanted = username.removeprefix("@").casefold()
        channels = [g for g in self.gatherings.values() if isinstance(g, Channel) and not g.gone]
        named: Sequence[Person | Channel] = [*self.people.values(), *channels]
        for one in named:
            if one.username and one.username.casefold() == wanted:
                return one
        raise Refusal("USERNAME_NOT_OCCUPIED")

    def devices_of(self, person: Person) -> list[Authorisation]:
        """A person's devices."""
        return [device for device in self.devices.values() if device.person is person and not device.revoked]

    def parcel(self, told: Any, viewer: Person, device: Authorisation) -> Any:
        """An update as it is sent: in short form, or with all peers that it mentions."""
        if brief := views.short(told, device.known_users, device.known_chats):
            return brief
        parcel = self.updates([told], viewer)
        device.show(parcel)
        return parcel

    def updates(self, told: Sequence[Any], viewer: Person) -> Any:
        """Updates with all peers that they mention."""
        users, chats = self.cast(told, viewer)
        return types.Updates(updates=list(told), users=users, chats=chats, date=int(time.time()), seq=0)

    def cast(self, told: Iterable[Any], viewer: Person) -> tuple[list[Any], list[Any]]:
        """The users, and the groups and channels, that objects mention, as this person sees them."""
        user_ids, chat_ids = views.mentioned(told)
        users = [views.user(self.people[n], viewer) for n in user_ids if n in self.people]
        chats = [views.chat(self.gatherings[n], viewer) for n in chat_ids if n in self.gatherings]
        return users, chats


def _age(letter: Letter | None) -> tuple[int, int]:
    return (letter.at, max(letter.ids.values())) if letter else (0, 0)
