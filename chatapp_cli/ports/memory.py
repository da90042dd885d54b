"""What a session has to find again after a restart, beside its binding and its cursor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Memory(Protocol):
    """Small texts by name, sealed in the store: renewed tokens, keys of peers, chats that are followed."""

    async def known(self, prefix: str = "") -> Mapping[str, str]:
        """Everything whose name begins so, as it is in the store now: another process may have changed it."""
        ...

    async def keep(self, changes: Mapping[str, str]) -> None:
        """Store, durably once it returns; an empty text forgets its name."""
        ...


class ShortMemory:
    """Lasts as long as the process: for a binding that is not in a store yet."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    async def known(self, prefix: str = "") -> Mapping[str, str]:
        """Everything whose name begins so."""
        return {name: text for name, text in self._known.items() if name.startswith(prefix)}

    async def keep(self, changes: Mapping[str, str]) -> None:
        """Keep for now."""
        self._known.update(changes)
        for name in [name for name, text in changes.items() if not text]:
            del self._known[name]
