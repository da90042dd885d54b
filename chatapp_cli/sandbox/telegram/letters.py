"""Messages, people and chats, which refer to each other."""

from __future__ import annotations

import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, TypeAlias

from chatapp_cli.sandbox.telegram.password import CloudPassword

SERVICE_ID = 777_000
"""Telegram itself, which writes login codes."""
Telling: TypeAlias = Callable[["Person", int, int], Any]
"""Makes a person's update for an event with this ``pts`` and ``pts_count``."""


@dataclass(eq=False, slots=True, kw_only=True)
class Letter:
    """A message; its copies in several accounts differ only in their numbers."""

    chat: Chat
    author: Person
    text: str = ""
    entities: Sequence[Any] = ()
    media: Any = None
    """A ``Media`` of ``files``, or one of Telegram's own small ones such as a place."""
    action: Any = None
    """The action of a service message, such as a new title."""
    reply_to: Letter | None = None
    album: int | None = None
    """The album id, shared by messages shown as one."""
    forwarded: Any = None
    """The forward header."""
    silent: bool = False
    at: int = field(default_factory=lambda: int(time.time()))
    edited_at: int | None = None
    reactions: dict[Person, Sequence[Any]] = field(default_factory=dict)
    ids: dict[Box, int] = field(default_factory=dict)

    def id_for(self, viewer: Person) -> int | None:
        """Its number for a person; ``None`` if they do not have it (any more)."""
        return self.ids.get(self.chat.box_of(viewer))


@dataclass(frozen=True, slots=True)
class Change:
    """One event of a sequence."""

    pts: int
    count: int
    tell: Telling
    letter: Letter | None = None
    """The message that is new or changed, if any."""

    def update(self, viewer: Person) -> Any:
        """The event as a person's update; ``None`` if its message is gone."""
        gone = self.letter is not None and self.letter.id_for(viewer) is None
        return None if gone else self.tell(viewer, self.pts, self.count)


class Box:
    """The update sequence of one account or channel."""

    def __init__(self, audience: Callable[[], Sequence[Person]]) -> None:
        self.audience = audience
        """The people who are informed."""
        self.pts = 1
        self.letters: dict[int, Letter] = {}
        self._changes: list[Change] = []
        self._ids = itertools.count(1)

    def take(self, letter: Letter) -> None:
        """Assign a message its number in this box."""
        number = letter.ids[self] = next(self._ids)
        self.letters[number] = letter

    def drop(self, letters: Sequence[Letter]) -> list[int]:
        """Remove messages; returns their numbers."""
        numbers = [letter.ids.pop(self) for letter in letters]
        for number in numbers:
            del self.letters[number]
        return numbers

    def record(self, tell: Telling, *, count: int = 1, letter: Letter | None = None) -> Change:
        """Add an event with this ``pts_count``."""
        self.pts += count
        change = Change(self.pts, count, tell, letter)
        self._changes.append(change)
        return change

    def since(self, pts: int) -> list[Change]:
        """The events after ``pts``."""
        return [change for change in self._changes if change.pts > pts]

    def of(self, chat: Chat) -> list[Letter]:
        """A chat's messages in this box, newest first."""
        return [letter for letter in reversed(self.letters.values()) if letter.chat is chat]


@dataclass(frozen=True, slots=True)
class Contact:
    """An address book entry; without a phone if added by username."""

    first_name: str
    last_name: str = ""
    phone: str = ""


@dataclass(eq=False, slots=True)
class Person:
    """An account of Telegram; ours and the customers' are alike."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    phone: str = ""
    """Digits only."""
    phone_hidden: bool = False
    """Whether the phone is hidden and cannot be looked up."""
    invites_refused: bool = False
    """Whether they can join groups only by link."""
    strangers_refused: bool = False
    """Whether only their contacts may write first."""
    frozen: bool = False
    """Whether the account is frozen: it may only read."""
    of_tomorrow: bool = False
    """Whether their description is undecodable for current clients."""
    banned: bool = False
    deleted: bool = False
    password: CloudPassword | None = None
    contacts: dict[int, Contact] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    box: Box = field(init=False)

    def __post_init__(self) -> None:
        self.box = Box(lambda: [self])

    @property
    def name(self) -> str:
        """The person's own name."""
        return f"{self.first_name} {self.last_name}".strip()

    def shows_phone_to(self, viewer: Person) -> bool:
        """Whether a person sees this phone: their contacts and those who already had it do."""
        had = viewer.contacts.get(self.id)
        allowed = viewer is self or viewer.id in self.contacts or bool(had and had.phone)
        return allowed and (viewer is self or not self.phone_hidden)


def access_hash(viewer: Person, number: int) -> int:
    """The access hash of a user or channel for this account; different for every account."""
    digest = blake2b(f"{viewer.id}/{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def digits(phone: str) -> str:
    """A phone in Telegram's form."""
    return "".join(filter(str.isdigit, phone))


class Chat(ABC):
    """A chat, with everybody's read positions by id."""

    def __init__(self) -> None:
        self.read_inbox: dict[int, int] = {}
        """The last message of others that a person has read, by their numbering."""
        self.read_outbox: dict[int, int] = {}
        """The last message of a person that others have read."""

    @abstractmethod
    def box_of(self, viewer: Person, /) -> Box:
        """The box with the chat's messages for a person."""

    @abstractmethod
    def boxes(self, author: Person, /) -> Sequence[Box]:
        """The boxes that get a person's message."""

    @abstractmethod
    def peer(self, viewer: Person, /) -> Any:
        """The peer of the chat for a person."""

    @abstractmethod
    def has(self, person: Person) -> bool:
        """Whether a person is a member."""

    @property
    @abstractmethod
    def people(self) -> Sequence[Person]:
        """All members."""
