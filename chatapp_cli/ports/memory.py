"""What a session needs after a restart, in addition to its binding and its cursor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Memory(Protocol):
    """Small texts by name, encrypted in the store: renewed tokens, keys of peers, followed chats."""

    async def known(self, prefix: str = "") -> Mapping[str, str]:
        """All entries whose name begins with a prefix, as they are in the store now."""
        ...

    async def save(self, changes: Mapping[str, str]) -> None:
        """Store; durable when it returns. An empty text removes its entry."""
        ...

    async def swap(self, name: str, before: str, after: str) -> bool:
        """Replace an entry if it still is ``before``, whichever process writes; returns whether it was.

        An empty text stands for no entry.
        """
        ...


class ShortMemory:
    """A memory in the process, for a binding that is not stored yet."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    async def known(self, prefix: str = "") -> Mapping[str, str]:
        """All entries whose name begins with a prefix."""
        return {name: text for name, text in self._known.items() if name.startswith(prefix)}

    async def save(self, changes: Mapping[str, str]) -> None:
        """Keep in this process."""
        self._known.update(changes)
        for name in [name for name, text in changes.items() if not text]:
            del self._known[name]

    async def swap(self, name: str, before: str, after: str) -> bool:
        """Replace an entry if it still is ``before``."""
        if self._known.get(name, "") != before:
            return False
        await self.save({name: after})
        return True
