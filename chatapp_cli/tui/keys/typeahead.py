"""Keys one after the other: what a key opens is there before the next key is typed into it.

A slow line delivers several keys at once, and a quick hand is ahead of the page that it opens. The framework hands
each key to whatever has the focus when it comes, so that the rest of a name would be taken for commands.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import partial
from math import inf
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from textual import events
from textual._time import get_time
from textual.app import App, ScreenStackError
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.worker import Worker, get_current_worker

HAND = 0.03
"""Seconds between two keys that no hand goes below.

A letter and an Enter of one person are 50 ms apart or more, and a key that is held comes every 33 ms at the fastest;
what is pasted without brackets comes with a millisecond or two between its letters, even by a serial line.
"""
PATIENCE = 2.0
"""Seconds after which a key does not wait any longer for what the one before it began."""
LOOK = 0.004


class _Typed(NamedTuple):
    """A key, and how many seconds it came after the one before it, or after a paste."""

    key: events.Key
    gap: float


class TypeAhead(App[None]):
    """An application that lets every key have its effect before the next one is looked at."""

    _typed: deque[_Typed] | None = None
    """Keys that wait for the one before them; none while no key is being carried out."""
    _current: _Typed | None = None
    """The key that is being carried out."""
    _came = -inf
    """When the last key came, or the last paste."""

    def __init__(self) -> None:
        super().__init__()
        self._asked_by: WeakKeyDictionary[Screen[Any], Worker[Any]] = WeakKeyDictionary()

    async def push_screen_wait(self, screen: Any, *, mode: str | None = None) -> Any:
        """Ask by a page; whoever asked goes on with the answer before the next key is looked at."""
        self._asked_by[screen] = get_current_worker()
        return await super().push_screen_wait(screen, mode=mode)

    async def on_event(self, event: events.Event) -> None:
        """Queue keys; let everything else pass."""
        if isinstance(event, events.Key) and not self.screen_stack:
            return  # it came while the window closes
        if isinstance(event, events.Paste) and not event.is_forwarded:
            self._came = event.time
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        key = _Typed(event, event.time - self._came)
        self._came = event.time
        if self._typed is None:
            self._typed = deque([key])
            self._begin(self._typed)
        else:
            self._typed.append(key)

    async def by_hand(self) -> bool:
        """Whether a person pressed the key that is being carried out: then nothing comes right before it or after it.

        Where a terminal puts no brackets around what is pasted, that is all that tells a paste from writing.
        """
        current = self._current
        if current is None:
            return True
        if current.gap < HAND:
            return False
        if not self._typed:
            await asyncio.sleep(current.key.time + HAND - get_time())
        return not self._typed or self._typed[0].gap >= HAND

    def _begin(self, typed: deque[_Typed]) -> Worker[None]:
        return self.run_worker(partial(self._carry_on, typed), group="keys")

    async def _carry_on(self, typed: deque[_Typed]) -> None:
        try:
            while typed:
                pages, working = self.screen_stack[-2:], set(self.workers)
                way = list((self.focused or self.screen).ancestors_with_self)
                self._current = typed.popleft()
                await super().on_event(self._current.key)
                await self._settled(pages, way, working)
        finally:
            self._typed = self._current = None

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
