"""Copies of sent mails that wait to be filed; one that has to wait long is kept in the memory of the channel."""

from __future__ import annotations

import asyncio
import base64
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress

import structlog

from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.ports.memory import Memory

_log = structlog.get_logger(__name__)

_MOST_BYTES = 100 * 1024 * 1024
"""Bytes of the copies that wait at once; beyond that the oldest are given up."""
_LARGEST_KEPT = 2 * 1024 * 1024
"""Bytes of the largest copy that outlives the process."""
_NAME = "copy:"


class Copies:
    """The copies by Message-ID, those of earlier sessions first."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._waiting: OrderedDict[str, bytes] = OrderedDict()
        self._kept: set[str] = set()
        self._recalled = False

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._waiting

    def __iter__(self) -> Iterator[str]:
        return iter(self._waiting)

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def lost_at_the_end(self) -> int:
        """How many would be lost if the process ended now."""
        return len(self._waiting.keys() - self._kept)

    def content(self, message_id: str) -> bytes:
        """One of them."""
        return self._waiting[message_id]

    async def recall(self) -> None:
        """Take up what earlier sessions left, once. Raises StoreError, Busy."""
        if self._recalled:
            return
        kept = await asyncio.to_thread(_unpacked, await self._memory.known(_NAME))
        self._kept.update(kept)
        self._waiting = OrderedDict({**kept, **self._waiting})
        self._recalled = True

    async def add(self, message_id: str, content: bytes) -> None:
        """Let one more wait, and give up the oldest beyond the limit."""
        self._waiting[message_id] = content
        while sum(map(len, self._waiting.values())) > _MOST_BYTES:
            await self.give_up("too_many")

    async def keep(self, message_id: str) -> None:
        """Let one outlive the process, unless it is too large or the store does not take it."""
        content = self._waiting.get(message_id, b"")
        if not content or len(content) > _LARGEST_KEPT:
            return
        packed = await asyncio.to_thread(_packed, content)
        try:
            await self._memory.save({_NAME + message_id: packed})
        except (StoreError, Busy) as error:
            _log.warning("sent mail not filed", code="not_kept", detail=str(error))
            return
        self._kept.add(message_id)
        if message_id not in self._waiting:  # it was filed meanwhile
            await self._forget(message_id)

    async def remove(self, message_id: str) -> None:
        """One is filed. Raises StoreError, Busy, and then it waits on."""
        if message_id in self._kept:
            await self._memory.save({_NAME + message_id: ""})
        self._kept.discard(message_id)
        self._waiting.pop(message_id, None)

    async def give_up(self, code: str) -> None:
        """Forget the oldest, with a warning; if the store does not forget it, a later session tries once more."""
        message_id, _ = self._waiting.popitem(last=False)
        _log.warning("sent mail not filed", code=code, detail=message_id)
        await self._forget(message_id)

    async def _forget(self, message_id: str) -> None:
        with suppress(StoreError, Busy):
            await self.remove(message_id)


def _packed(content: bytes) -> str:
    return base64.b85encode(zlib.compress(content)).decode()


def _unpacked(kept: Mapping[str, str]) -> Mapping[str, bytes]:
    return {name.removeprefix(_NAME): zlib.decompress(base64.b85decode(text)) for name, text in kept.items()}
