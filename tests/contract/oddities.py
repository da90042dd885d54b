"""Bends what a provider says, and gathers what becomes of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Collection, Iterator, Sequence
from contextlib import aclosing
from typing import Any

import pytest

from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived
from tests.contract.connector_contract import WRONG, changed, places

ODD_TEXTS = [
    pytest.param(b'"a\xffb"', 0, id="bytes"),
    pytest.param(b"[" * 100_000 + b"]" * 100_000, 1, id="tower"),
    pytest.param(b'"half \\ud83d"', 0, id="half"),
    pytest.param(b'"unclosed', 1, id="unclosed"),
    pytest.param(b"}{", 1, id="braces"),
]
"""What stands where the words of an update belong, and how many dead letters come of it."""
_PIECES = (b"\xff", b"null", b"[" * 2000, b'"', b"{", b"}", b"9" * 5000, b"\\ud83d", b"-", b"1e999", b"NaN", b"\x00")


def with_odd_fields(
    tree: Any, needed: Collection[str], wrong: Sequence[Any] = WRONG
) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """Each place, what is wrong there, and the tree with it; ``needed`` are the places that have to be right."""
    for path in places(tree):
        if ".".join(map(str, path)) not in needed:
            yield from ((path, odd, changed(tree, path, odd)) for odd in wrong)


def bent(seeds: Sequence[bytes], number: int = 5000) -> Iterator[bytes]:
    """So many of these bytes with one to three pieces of something else in them, the same each time."""
    chance = random.Random(9)
    for _ in range(number):
        raw = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(raw))
            raw[at : at + chance.randint(0, 9)] = chance.choice(_PIECES)
        yield bytes(raw)


async def told_until(last: str, source: AsyncGenerator[Batch, None]) -> tuple[list[str], list[Arrival]]:
    """All texts until one came, and what could not be read."""
    texts: list[str] = []
    problems: list[Arrival] = []
    async with asyncio.timeout(20), aclosing(source) as batches:
        async for batch in batches:
            texts += [e.text for one in batch.arrivals for e in one.events if isinstance(e, MessageArrived)]
            problems += [one for one in batch.arrivals if one.problem]
            if last in texts:
                return texts, problems
    raise AssertionError("the session ended by itself")
