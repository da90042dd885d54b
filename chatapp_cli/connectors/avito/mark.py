"""The read position of an account, stored as the cursor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from chatapp_cli.connectors.avito import wire
from chatapp_cli.domain import border
from chatapp_cli.domain.ids import Millis

OVERLAP: Final = 300
"""Seconds by which every poll goes back: Avito's times are whole seconds, and a chat may appear late."""
WATCHED: Final = 100
"""The most chats whose read state is tracked."""
WATCHED_FOR: Final = 3 * 86_400
"""Seconds after which the read state of a message is no longer tracked."""


class Mark(msgspec.Struct):
    """The position; times are Avito's, in seconds, so our clock does not matter."""

    start: int = 0
    """When the account was bound; older messages are not read."""
    at: int = 0
    """The newest message that was seen."""
    ids: dict[str, int] = {}
    """Known messages within the overlap, with their times."""
    unread: dict[str, int] = {}
    """Chats with messages of ours that the client has not read, with the time of the first of them."""

    @property
    def floor(self) -> int:
        """The time before which all messages are known."""
        return max(self.start, self.at - OVERLAP)

    def is_new(self, message: wire.Message, now: Millis) -> bool:
        """Whether a message is new; an implausible time is ignored."""
        return message.id not in self.ids and (not credible(message.created, now) or message.created >= self.floor)

    def take(self, message: wire.Message, now: Millis) -> None:
        """Record a message as taken; an implausible time does not move the position."""
        self.ids[message.id] = message.created if credible(message.created, now) else max(self.at, self.start)

    def advance(self) -> None:
        """Everything up to the newest message was taken: drop the ids that no later request returns."""
        self.at = max(self.at, *self.ids.values(), 0)
        self.ids = {name: created for name, created in self.ids.items() if created >= self.floor}
        watched = [(name, since) for name, since in self.unread.items() if since > self.at - WATCHED_FOR]
        self.unread = dict(watched[-WATCHED:])

    def text(self) -> str:
        """The position as it is stored."""
        return msgspec.json.encode(self).decode()


def credible(seconds: int, now: Millis) -> bool:
    """Whether a time is plausible for a message."""
    return border.at(seconds * 1000, now) == seconds * 1000


def mark_of(cursor: str) -> Mark:
    """Read a stored position."""
    return msgspec.json.decode(cursor, type=Mark)


def starting_at(newest: Iterable[wire.Newest], now: Millis) -> Mark:
    """A position after everything that exists now."""
    known = [message for message in newest if credible(message.created, now)]
    start = max((message.created for message in known), default=0)
    return Mark(start=start, at=start, ids={message.id: start for message in known if message.created == start})
