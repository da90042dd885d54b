"""Events of any process reach whoever tails the journal, or it hears that they do not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.runtime.journal_tail import new_entries
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.store.pulse import SteadyPulse


class Breaking(SteadyPulse):
    """A pulse that can be asked twice."""

    def __init__(self) -> None:
        self.asked = 0

    def beats(self) -> bool:
        self.asked += 1
        if self.asked > 2:
            raise MemoryError
        return False


class Pulsing(AsyncStore):
    """A store with that pulse."""

    async def off_loop(self, work: Callable[[], Any]) -> Any:
        assert work == self.company.database.pulse
        return Breaking()


async def test_a_poll_that_breaks_ends_the_tail_with_its_error(companies: Callable[..., Company]) -> None:
    store = Pulsing(companies())
    with pytest.raises(MemoryError):
        async with asyncio.timeout(5), aclosing(new_entries(store)) as news:
            await anext(news)
    await store.aclose()
