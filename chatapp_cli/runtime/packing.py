"""Packs raw arrivals behind the intake, a hundred at a time."""

from __future__ import annotations

from functools import partial

from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import packing

SHARE = 3
"""Pauses between pieces are this many times as long as the work: receiving and sending come first."""


class Packing:
    """Goes through the arrivals once, and then on with those that come."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._after = 0

    async def turn(self) -> None:
        """Pack all pieces that are whole."""
        clock = self._store.company.world.clock
        began = clock.monotonic()
        while await self._piece():
            await clock.sleep(SHARE * (clock.monotonic() - began))
            began = clock.monotonic()

    async def _piece(self) -> bool:
        piece = await self._store.read(partial(packing.next_plain, after=self._after))
        if len(piece) < packing.PIECE:
            return False
        dictionaries = await self._store.write(partial(packing.learn_dictionaries, piece=piece))
        packed = await self._store.off_loop(partial(packing.pack_all, piece, dictionaries))
        await self._store.write(partial(packing.replace, piece=packed))
        self._after = piece[-1].id
        return True
