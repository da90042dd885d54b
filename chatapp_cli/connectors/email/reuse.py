"""A connection that is opened when it is needed, kept for what follows, and closed after some idle seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Generic, TypeVar

from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.ports.world import Clock

C = TypeVar("C")

_MOST_USES = 100
"""Uses of one connection, at most: our choice.

Servers may limit the mails of a connection and refuse the next one, such as Exim by ``smtp_accept_max_per_connection``,
which is 1000 by default. The known services do not document theirs.
"""


class Reused(Generic[C]):
    """A connection for one user at a time.

    ``connect`` opens it, ``prove`` shows that one from before still lives and has nothing unfinished; both raise
    ChannelError. One that died while it was idle is opened anew before anything is begun on it.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractAsyncContextManager[C]],
        prove: Callable[[C], Awaitable[None]],
        clock: Clock,
        *,
        idle: float,
    ) -> None:
        self._connect = connect
        self._prove = prove
        self._clock = clock
        self._idle = idle
        self._lock = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._connection: C | None = None
        self._uses = 0
        self._closing: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def held(self) -> AsyncIterator[C]:
        """The connection, for this user alone; raises ChannelError if it cannot be opened."""
        async with self._lock:
            self._stay()
            connection = await self._live()
            try:
                yield connection
            except BaseException as error:  # whatever ended the use may have left something unfinished on it
                if not (isinstance(error, ChannelError) and error.connection_lives):
                    await self._hang_up(error)
                raise
            finally:
                self._leave_soon()

    async def aclose(self) -> None:
        """Close it; it may be opened again."""
        async with self._lock:
            self._stay()
            await self._hang_up()

    async def _live(self) -> C:
        if self._connection is not None:
            try:
                await self._prove(self._connection)
            except ChannelError as error:
                await self._hang_up(error)
        if self._uses >= _MOST_USES:
            await self._hang_up()
        if self._connection is None:
            self._connection = await self._stack.enter_async_context(self._connect())
        self._uses += 1
        return self._connection

    async def _hang_up(self, reason: BaseException | None = None) -> None:
        """Close the connection; with a reason nothing more is said on it."""
        self._connection, self._uses = None, 0
        stack, self._stack = self._stack, AsyncExitStack()
        await stack.__aexit__(type(reason) if reason else None, reason, reason.__traceback__ if reason else None)

    def _stay(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None

    def _leave_soon(self) -> None:
        if self._connection is not None:
            self._closing = asyncio.create_task(self._close_when_idle())

    async def _close_when_idle(self) -> None:
        await self._clock.sleep(self._idle)
        async with self._lock:
            self._closing = None
            await self._hang_up()
