"""Sends messages of several parts: once one is sent, the whole must not be retried."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, RateLimited
from chatapp_cli.ports.world import Clock

LONGEST_PAUSE: Final = 60.0
"""Longest pause in seconds between two parts."""

T = TypeVar("T")


async def send_part(
    send: Callable[[], Awaitable[T]], sent: Sequence[str], clock: Clock, *, longest: float = LONGEST_PAUSE
) -> T:
    """Send one part; ``sent`` are the ids of parts already sent.

    After the first part, pauses of up to ``longest`` seconds are waited for here, because the message cannot be queued
    again; any other error becomes OutcomeUnknown with the ids of the sent parts.
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
