"""The memory of a session, in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from chatapp_cli.bootstrap import Company
from chatapp_cli.ports.bind import Bound
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import memory
from chatapp_cli.services.memory import MemoryOwner
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.store.rows.crm import LinkRow

_R = TypeVar("_R")


class StoredMemory:
    """``ports.memory.Memory`` of one channel or link."""

    def __init__(self, company: Company, owner: MemoryOwner, store: AsyncStore | None = None) -> None:
        self._company = company
        self._owner = owner
        self._store = store

    async def known(self, prefix: str = "") -> Mapping[str, str]:
        """All entries with this prefix."""
        job = partial(memory.known, vault=self._company.vault, owner=self._owner, prefix=prefix)
        return await (self._store.read(job) if self._store else asyncio.to_thread(self._company.read, job))

    async def save(self, changes: Mapping[str, str]) -> None:
        """Store an entry; durable when it returns."""
        await self._write(partial(memory.save, vault=self._company.vault, owner=self._owner, changes=dict(changes)))

    async def swap(self, name: str, before: str, after: str) -> bool:
        """Replace an entry if it still is ``before``: writing transactions follow one another in every process."""
        vault, owner = self._company.vault, self._owner
        return await self._write(partial(memory.swap, vault=vault, owner=owner, name=name, before=before, after=after))

    async def _write(self, job: Callable[[Tx], _R]) -> _R:
        return await (self._store.write(job) if self._store else asyncio.to_thread(self._company.write, job))


def bound_with_memory(company: Company, channel: ChannelRow, store: AsyncStore | None = None) -> Bound:
    """A channel's binding with its memory, for its session."""
    return replace(company.bound(channel), memory=StoredMemory(company, memory.of_channel(channel.id), store))


def bound_link(company: Company, link: LinkRow, store: AsyncStore | None = None) -> Bound:
    """A link with its decrypted secrets and its memory, for its session."""
    from chatapp_cli.services import links  # a desk with channels alone does without

    bound = company.read(lambda tx: links.bound(tx, company.vault, link))
    return replace(bound, memory=StoredMemory(company, memory.of_link(link.id), store))
