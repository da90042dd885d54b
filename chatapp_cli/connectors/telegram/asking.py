"""Requests for missed messages: nobody waits for them, so short flood waits are sat out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Any, Final

from chatapp_cli.connectors.telegram import history
from chatapp_cli.connectors.telegram.errors import NotUnderstood
from chatapp_cli.connectors.telegram.reading import Reading
from chatapp_cli.connectors.telegram.unread import readable_part
from chatapp_cli.connectors.telegram.wire import Wire
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.errors import RateLimited, Rejected, SendingBlocked

LONGEST_PAUSE: Final = 60.0
"""The longest flood wait that is sat out, in seconds."""


class Asking:
    """Sends requests, and reads chat histories where Telegram gives no difference."""

    def __init__(self, wire: Wire, reading: Reading) -> None:
        self.wire = wire
        self.reading = reading

    async def ask(self, request: Any) -> Any:
        """Send a request. Raises RateLimited for a longer flood wait, and Rejected in place of SendingBlocked."""
        while True:
            try:
                return await self.wire.ask(request)
            except NotUnderstood as unread:
                if (part := readable_part(unread.raw)) is None:
                    raise
                await self.wire.peers.learn([*part.users, *part.chats])
                return part
            except RateLimited as limited:
                if limited.retry_after > LONGEST_PAUSE:
                    raise
                pause = limited.retry_after
            except SendingBlocked as blocked:
                raise Rejected(blocked.code, blocked.detail) from None
            await self.reading.clock.sleep(pause)

    async def since(self, number: int, since: datetime) -> AsyncGenerator[Batch, None]:
        """The messages of a chat since a moment."""
        known = self.wire.peers.need(number)
        async with aclosing(history.since(self.wire, known, since)) as pages:
            async for page in pages:
                yield self.reading.page(page, moves=False)

    async def after(self, number: int, last: int) -> AsyncGenerator[Any, None]:
        """Pages of the messages of a chat after a message."""
        async with aclosing(history.after(self.wire, self.wire.peers.need(number), last)) as pages:
            async for page in pages:
                yield page
