"""Hears of news as long as the window is open, whatever becomes of the store meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from chatapp_cli.tui.session.live import Follower, News
from chatapp_cli.tui.session.office import Office

AGAIN = 1.0
"""Seconds after which what went wrong with the news is tried again."""
Work = Callable[[], Awaitable[object]]


async def follow(
    office: Office, guarded: Callable[[Work], Awaitable[bool]], begun: Work, hear: Callable[[News], Awaitable[None]]
) -> None:
    """Give on all news from now on; ``guarded`` does something and tells whether it went well."""
    follower = Follower(office)
    while not await guarded(follower.start):  # noqa: ASYNC110 - the store tells nobody that it is back
        await asyncio.sleep(AGAIN)
    await guarded(begun)
    while True:
        if not await guarded(partial(_next, follower, hear)):
            await asyncio.sleep(AGAIN)


async def _next(follower: Follower, hear: Callable[[News], Awaitable[None]]) -> None:
    await hear(News(await follower.next()))
