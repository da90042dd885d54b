"""Asks a channel's live session for something and waits for its answer, with a daemon or without."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from chatapp_cli.bootstrap import Desk
from chatapp_cli.domain import errors
from chatapp_cli.domain.errors import Busy, ChannelError, RateLimited
from chatapp_cli.domain.ids import ErrandId
from chatapp_cli.domain.text import T
from chatapp_cli.runtime.channel import ChannelRunner
from chatapp_cli.runtime.news import follow
from chatapp_cli.runtime.owner import owning
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.together import together
from chatapp_cli.services import channels, errands, journal
from chatapp_cli.store.rows import ChannelRow, ErrandRow

PATIENCE = 60.0
"""Seconds that an answer is waited for unless somebody says otherwise."""


async def ask(
    desk: Desk,
    channel: ChannelRow,
    what: str,
    arguments: Mapping[str, object],
    *,
    actor: str,
    seconds: float = PATIENCE,
) -> Any:
    """Ask and return the answer as JSON makes it. Raises Refused, the provider's ChannelError, or Busy for silence."""
    errands.allowed(desk.capabilities(channel), what)
    store = AsyncStore(desk)
    try:
        seen = await store.read(journal.last)
        job = partial(errands.ask, channel=channel.id, what=what, arguments=arguments, actor=actor, seconds=seconds)
        errand = await store.write(job)
        async with asyncio.timeout(seconds):
            try:
                with owning(desk):
                    await together(_work(store, channel), _ended(store, errand, seen))
            except Busy:
                await _ended(store, errand, seen)
        return _answer(await store.read(partial(errands.one, errand=errand)))
    except TimeoutError:
        raise Busy(
            T("{channel} did not answer in {n} seconds.", channel=channel.title, n=int(seconds)),
            T("Look how it is: chatapp line check"),
        ) from None
    finally:
        await store.aclose()


async def _work(store: AsyncStore, channel: ChannelRow) -> None:
    """Without a daemon the channel comes up for this only: what arrives stays at the provider."""
    await ChannelRunner(store, channel, count=lambda _kind, _word: None, reading=False, sending=False).run()
    fresh = await store.read(partial(channels.one, channel=channel.id))
    raise ChannelError(fresh.health_code, fresh.health_detail)


async def _ended(store: AsyncStore, errand: ErrandId, seen: int) -> None:
    async for rows in follow(store, after=seen):
        ended = any(row.topic == "errand.ended" for row in rows)
        if ended and (await store.read(partial(errands.one, errand=errand))).state not in errands.OPEN:
            return


def _answer(errand: ErrandRow) -> Any:
    if errand.state == "done":
        return msgspec.json.decode(errand.result)
    kind = getattr(errors, errand.result)
    if kind is RateLimited:
        raise RateLimited(errand.code, errand.detail, retry_after=0)
    raise kind(errand.code, errand.detail)
