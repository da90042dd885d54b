"""Handles keys one after the other: a key waits until the previous one has taken effect.

A slow connection delivers several keys at once, and people type ahead of the page that they open. Textual sends a key
to the widget that has the focus when the key arrives, so the rest of a typed name would be read as commands.
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
"""Seconds: keys that follow one another sooner were not typed by hand.

Typed keys are 50 ms apart or more, and a key that is kept pressed repeats every 33 ms at the fastest. The characters
of a paste without brackets are one or two milliseconds apart, even on a serial line.
"""
PATIENCE = 2.0
"""Seconds after which a key no longer waits for the previous one to take effect."""
POLL = 0.004


class _Typed(NamedTuple):
    """A key, and the seconds between it and the previous key or paste."""

    key: events.Key
    gap: float


class TypeAhead(App[None]):
    """An application in which every key takes effect before the next one is handled."""

    _typed: deque[_Typed] | None = None
    """Keys that wait; ``None`` while no key is being handled."""
    _current: _Typed | None = None
    """The key that is being handled."""
    _last_at = -inf
    """When the last key or paste arrived."""

    def __init__(self) -> None:
        super().__init__()
        self._asked_by: WeakKeyDictionary[Screen[Any], Worker[Any]] = WeakKeyDictionary()

    async def push_screen_wait(self, screen: Any, *, mode: str | None = None) -> Any:
        """Show a page and return its answer; the worker that asked continues before the next key is handled."""
        self._asked_by[screen] = get_current_worker()
        return await super().push_screen_wait(screen, mode=mode)

    async def on_event(self, event: events.Event) -> None:
        """Queue keys; pass on all other events."""
        if isinstance(event, events.Key) and not self.screen_stack:
            return  # the window is closing
        if isinstance(event, events.Paste) and not event.is_forwarded:
            self._last_at = event.time
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        key = _Typed(event, event.time - self._last_at)
        self._last_at = event.time
        if self._typed is None:
            self._typed = deque([key])
            self._begin(self._typed)
        else:
            self._typed.append(key)

    async def by_hand(self) -> bool:
        """Whether the key that is being handled was typed by hand: no other key came within `HAND` of it.

        In a terminal without bracketed paste nothing else distinguishes a paste from typing.
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
                path = list((self.focused or self.screen).ancestors_with_self)
                self._current = typed.popleft()
                await super().on_event(self._current.key)
                await self._settled(pages, path, working)
        finally:
            self._typed = self._current = None

    async def _settled(
        self, pages: Sequence[Screen[Any]], path: Sequence[MessagePump], working: set[Worker[Any]]
    ) -> None:
        """Wait until the key was handled, its workers have ended or show a page, and the focus is set.

        ``path`` are the widgets that the key passes, from the focus upwards. ``pages`` are the page that it was typed
        into and the one below, which is shown again after an answer. Gives up after `PATIENCE`.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                for place in (*path, self):
                    await _queue_emptied(place)
                while self.screen in pages and self._runs_any_but(self._not_waited_for(pages[-1], working)):  # noqa: ASYNC110 - no event says so
                    await asyncio.sleep(POLL)
                while self.screen is not pages[-1] and self.focused is None:  # noqa: ASYNC110 - no event says so
                    await asyncio.sleep(POLL)
        except (TimeoutError, ScreenStackError):  # it takes longer, or the window was closed
            return

    def _not_waited_for(self, page: Screen[Any], before: set[Worker[Any]]) -> set[Worker[Any]]:
        """The workers that the key does not wait for: those from before, except one whose page was just answered."""
        asker = None if page in self.screen_stack else self._asked_by.get(page)
        return before - {asker} if asker else before

    def _runs_any_but(self, not_waited_for: set[Worker[Any]]) -> bool:
        return any(one.is_running for one in set(self.workers) - not_waited_for)


async def _queue_emptied(pump: MessagePump) -> None:
    """Wait until a widget has handled the messages in its queue."""
    done = asyncio.Event()
    if pump.is_running and pump.post_message(events.Callback(done.set)):
        await done.wait()
