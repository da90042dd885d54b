"""Messages, the people who write them, and the chats that they write in: none is described without the others."""

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
"""Makes the update for somebody who sees an event with this ``pts`` and ``pts_count``."""


@dataclass(eq=False, slots=True, kw_only=True)
class Letter:
    """A message; the copies in several accounts have a number each and everything else in common."""

    chat: Chat
    author: Person
    text: str = ""
    entities: Sequence[Any] = ()
    media: Any = None
    """A ``Media`` of ``files``, or one of Telegram's own small ones such as a place."""
    action: Any = None
    """What a service message tells, such as a new title."""
    reply_to: Letter | None = None
    album: int | None = None
    """The same for messages that are shown as one."""
    forwarded: Any = None
    """Where it comes from, as Telegram's header."""
    silent: bool = False
    at: int = field(default_factory=lambda: int(time.time()))
    edited_at: int | None = None
    reactions: dict[Person, Sequence[Any]] = field(default_factory=dict)
    ids: dict[Box, int] = field(default_factory=dict)

    def id_for(self, viewer: Person) -> int | None:
        """Its number as this person sees it; ``None`` if they do not have it (any more)."""
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
        """The event as this person is told; ``None`` if its message is no longer there."""
        gone = self.letter is not None and self.letter.id_for(viewer) is None
        return None if gone else self.tell(viewer, self.pts, self.count)


class Box:
    """What happened to one account, or in one channel."""

    def __init__(self, audience: Callable[[], Sequence[Person]]) -> None:
        self.audience = audience
        """Who is told."""
        self.pts = 1
        self.letters: dict[int, Letter] = {}
        self._changes: list[Change] = []
        self._ids = itertools.count(1)

    def take(self, letter: Letter) -> None:
        """Give a message its number here."""
        number = letter.ids[self] = next(self._ids)
        self.letters[number] = letter

    def drop(self, letters: Sequence[Letter]) -> list[int]:
        """Take messages out; returns the numbers they had."""
        numbers = [letter.ids.pop(self) for letter in letters]
        for number in numbers:
            del self.letters[number]
        return numbers

    def record(self, tell: Telling, *, count: int = 1, letter: Letter | None = None) -> Change:
        """Add an event that counts this much."""
        self.pts += count
        change = Change(self.pts, count, tell, letter)
        self._changes.append(change)
        return change

    def since(self, pts: int) -> list[Change]:
        """What somebody who knows everything up to ``pts`` does not know."""
        return [change for change in self._changes if change.pts > pts]

    def of(self, chat: Chat) -> list[Letter]:
        """A chat's messages here, newest first."""
        return [letter for letter in reversed(self.letters.values()) if letter.chat is chat]


@dataclass(frozen=True, slots=True)
class Contact:
    """How somebody is called in an address book; without a phone if they were added by name."""

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
    """Nobody finds them by it, and nobody sees it."""
    invites_refused: bool = False
    """Only a link brings them into a group."""
    strangers_refused: bool = False
    """Only their contacts may write first."""
    frozen: bool = False
    """It may read and nothing else."""
    of_tomorrow: bool = False
    """Today's clients cannot read how they are described."""
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
        """As they call themselves."""
        return f"{self.first_name} {self.last_name}".strip()

    def shows_phone_to(self, viewer: Person) -> bool:
        """Their own contacts see it, and those who had it in the first place."""
        had = viewer.contacts.get(self.id)
        allowed = viewer is self or viewer.id in self.contacts or bool(had and had.phone)
        return allowed and (viewer is self or not self.phone_hidden)


def access_hash(viewer: Person, number: int) -> int:
    """What this account has to name beside the id of a user or channel; it differs for everybody."""
    digest = blake2b(f"{viewer.id}/{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def digits(phone: str) -> str:
    """A phone number as Telegram keeps it."""
    return "".join(filter(str.isdigit, phone))


class Chat(ABC):
    """Where messages are written; how far everybody has read is kept by their ids."""

    def __init__(self) -> None:
        self.read_inbox: dict[int, int] = {}
        """Up to which message of others somebody has read, as they number them."""
        self.read_outbox: dict[int, int] = {}
        """Up to which message of theirs somebody was read."""

    @abstractmethod
    def box_of(self, viewer: Person, /) -> Box:
        """Where this person finds the chat's messages."""

    @abstractmethod
    def boxes(self, author: Person, /) -> Sequence[Box]:
        """Where a message of this person goes."""

    @abstractmethod
    def peer(self, viewer: Person, /) -> Any:
        """How the chat is named to this person."""

    @abstractmethod
    def has(self, person: Person) -> bool:
        """Tell whether somebody takes part."""

    @property
    @abstractmethod
    def people(self) -> Sequence[Person]:
        """Everybody in it."""
