"""Messages, and the numbered sequences of events in which they reach accounts and channels."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from chatapp_cli.sandbox.telegram.chats import Chat
    from chatapp_cli.sandbox.telegram.people import Person

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
