"""What conditions may ask about a message beside its words, place and time."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from chatapp_cli.domain.message import Direction

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import ChatKind
    from chatapp_cli.domain.ids import Millis


class MessageFacts(Protocol):
    """What else is known of a message and its dialog; what takes a look at the store is a method."""

    @property
    def direction(self) -> Direction:
        """Whether the client wrote it."""
        ...

    @property
    def chat(self) -> ChatKind:
        """The kind of its chat."""
        ...

    @property
    def addresses(self) -> Collection[str]:
        """The ids and addresses of the chat and of who wrote it, folded."""
        ...

    def tags(self) -> AbstractSet[str]:
        """The tags of the dialog."""
        ...

    def assignee(self) -> str:
        """Who answers for the dialog; empty: nobody."""
        ...

    def is_first(self, of: str) -> bool:
        """Whether the client wrote nothing before, ``ever`` or on that ``day``."""
        ...

    def waits_since(self) -> Millis | None:
        """Since when the client waits for an answer; ``None``: they do not."""
        ...

    def known(self) -> AbstractSet[str]:
        """What is known of the client: ``name``, ``phone``, ``email``, ``username``."""
        ...

    def stages(self) -> AbstractSet[str]:
        """The stages of the client's cards in the CRMs by name, each also as ``pipeline/stage``."""
        ...


@dataclass(frozen=True, slots=True)
class BareFacts:
    """A client's message in a private chat of which nothing else is known."""

    direction: Direction = Direction.IN
    chat: ChatKind = "private"
    addresses: Collection[str] = ()

    def tags(self) -> AbstractSet[str]:
        """None."""
        return frozenset()

    def assignee(self) -> str:
        """Nobody."""
        return ""

    def is_first(self, of: str) -> bool:
        """It is."""
        del of
        return True

    def waits_since(self) -> Millis | None:
        """They do not."""
        return None

    def known(self) -> AbstractSet[str]:
        """Nothing."""
        return frozenset()

    def stages(self) -> AbstractSet[str]:
        """None."""
        return frozenset()


BARE: Final = BareFacts()
