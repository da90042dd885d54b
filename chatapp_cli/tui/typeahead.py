"""Keys one after the other: what a key opens is there before the next key is typed into it.

A slow line delivers several keys at once, and a quick hand is ahead of the page that it opens. The framework hands
each key to whatever has the focus when it comes, so that the rest of a name would be taken for commands.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from textual import events
from textual.app import App, ScreenStackError
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.worker import Worker, get_current_worker

PATIENCE = 2.0
"""Seconds after which a key does not wait any longer for what the one before it began."""
LOOK = 0.004


class TypeAhead(App[None]):
    """An application that lets every key have its effect before the next one is looked at."""

    _typed: deque[events.Key] | None = None
    """Keys that wait for the one before them; none while no key is being carried out."""

    def __init__(self) -> None:
        super().__init__()
        self._asked_by: WeakKeyDictionary[Screen[Any], Worker[Any]] = WeakKeyDictionary()

    async def push_screen_wait(self, screen: Any, *, mode: str | None = None) -> Any:
        """Ask by a page; whoever asked goes on with the answer before the next key is looked at."""
        self._asked_by[screen] = get_current_worker()
        return await super().push_screen_wait(screen, mode=mode)

    async def on_event(self, event: events.Event) -> None:
        """Queue keys; let everything else pass."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        if self._typed is None:
            self._typed = deque([event])
            self._begin(self._typed)
        else:
            self._typed.append(event)

    def _begin(self, typed: deque[events.Key]) -> Worker[None]:
        return self.run_worker(partial(self._carry_on, typed), group="keys")

    async def _carry_on(self, typed: deque[events.Key]) -> None:
        try:
            while typed:
                pages, working = self.screen_stack[-2:], set(self.workers)
                way = list((self.focused or self.screen).ancestors_with_self)
                await super().on_event(typed.popleft())
                await self._settled(pages, way, working)
        finally:
            self._typed = None

    async def _settled(
        self, pages: Sequence[Screen[Any]], way: Sequence[MessagePump], working: set[Worker[Any]]
    ) -> None:
        """Wait until the key was understood, the focus went where it should, and what it began asks or is done.

        A key goes from the focus up to us until somebody knows it: ``way``. ``pages`` are the page that it was typed
        into and the one below, to which an answer leads back.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                for place in (*way, self):
                    await _idle(place)
                while self.screen in pages and self._busy(self._idle_at(pages[-1], working)):  # noqa: ASYNC110 - a worker ends, or it asks
                    await asyncio.sleep(LOOK)
                while self.screen is not pages[-1] and self.focused is None:  # noqa: ASYNC110 - nothing tells it
                    await asyncio.sleep(LOOK)
        except (TimeoutError, ScreenStackError):  # it takes its time, or the window was closed
            return

    def _idle_at(self, page: Screen[Any], working: set[Worker[Any]]) -> set[Worker[Any]]:
        """Those of the workers that the key had nothing to do with: who asked by a page goes on once it is left."""
        asker = None if page in self.screen_stack else self._asked_by.get(page)
        return working - {asker} if asker else working

    def _busy(self, working: set[Worker[Any]]) -> bool:
        return any(one.is_running for one in set(self.workers) - working)


async def _idle(pump: MessagePump) -> None:
    """Wait until everything that was on its way to somebody has been taken in."""
    done = asyncio.Event()
    if pump.is_running and pump.post_message(events.Callback(done.set)):
        await done.wait()
