"""A message that goes in several parts: once one of them is out, the whole cannot be tried again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, RateLimited
from chatapp_cli.ports.world import Clock

LONGEST_PAUSE: Final = 60.0
"""Seconds that are waited for between two parts."""

T = TypeVar("T")


async def send_part(
    send: Callable[[], Awaitable[T]], sent: Sequence[str], clock: Clock, *, longest: float = LONGEST_PAUSE
) -> T:
    """Send one part; ``sent`` are the ids of those that are out.

    Behind the first one short pauses, of ``longest`` seconds each, are waited for here, as the message cannot be queued
    again; whatever else stops it is OutcomeUnknown with the ids of what is out.
    """
    while True:
        try:
            return await send()
        except ChannelError as error:
            if not sent:
                raise
            if not isinstance(error, RateLimited) or error.retry_after > longest:
                raise OutcomeUnknown("sent_in_part", error.detail, ids=tuple(sent)) from error
            pause = error.retry_after
        await clock.sleep(pause)
