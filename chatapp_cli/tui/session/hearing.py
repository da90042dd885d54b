"""Audience of news as long as the window is open, whatever becomes of the store meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from chatapp_cli.tui.session.journal_feed import JournalAdvanced, JournalFeed
from chatapp_cli.tui.session.workspace import Workspace

AGAIN = 1.0
"""Seconds after which what went wrong with the news is tried again."""
Work = Callable[[], Awaitable[object]]


async def follow(
    workspace: Workspace,
    guarded: Callable[[Work], Awaitable[bool]],
    begun: Work,
    hear: Callable[[JournalAdvanced], Awaitable[None]],
) -> None:
    """Give on all news from now on; ``guarded`` does something and tells whether it went well."""
    feed = JournalFeed(workspace)
    while not await guarded(feed.start):  # noqa: ASYNC110 - the store tells nobody that it is back
        await asyncio.sleep(AGAIN)
    await guarded(begun)
    while True:
        if not await guarded(partial(_next, feed, hear)):
            await asyncio.sleep(AGAIN)


async def _next(feed: JournalFeed, hear: Callable[[JournalAdvanced], Awaitable[None]]) -> None:
    await hear(JournalAdvanced(await feed.next()))
