"""Whether the provider lets an account send, and when it is worth another look if it does not.

What it has against sending does not end the session: messages that come in are not to wait for a bill.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from chatapp_cli.domain.errors import ChannelError, Misconfigured, NeedsRebind, Retryable, SendingBlocked
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.connector import ProvesAccess, Session
from chatapp_cli.runtime.governor import Governor
from chatapp_cli.services import outbox
from chatapp_cli.store.tx import Tx

FIRST_LOOK = 300.0
"""Seconds after which a blocked account is tried again; each time twice as many."""
LONGEST_LOOK = 3600.0
LONGEST_PROOF = 60.0
"""Seconds that a provider has to say whether it lets us in."""
Trouble: TypeAlias = NeedsRebind | Misconfigured | SendingBlocked
"""What is about the account as a whole: its messages stay, and sending rests."""


def next_look(looks: int) -> float:
    """Seconds until an account is tried again that was refused so many times already."""
    return min(FIRST_LOOK * 2.0 ** min(looks, 10), LONGEST_LOOK)


async def proof_of(session: ProvesAccess) -> ChannelError | None:
    """What the provider has against the account, ``None`` if nothing."""
    try:
        async with asyncio.timeout(LONGEST_PROOF):
            await session.prove()
    except ChannelError as error:
        return error
    except TimeoutError:
        return Retryable("timeout")
    return None


class Standing:
    """How one account stands with its provider; ``tell`` hears of each change, of ``None`` when all is well again."""

    def __init__(
        self,
        channel: ChannelId,
        record: Callable[[Callable[[Tx], object]], Awaitable[None]],
        tell: Callable[[Trouble | None], Awaitable[None]],
    ) -> None:
        self._channel = channel
        self._record = record
        self._tell = tell
        self._looks = 0
        self.trouble: Trouble | None = None

    async def lose(self, governor: Governor, error: Trouble) -> None:
        """The account may not send: nothing goes until the next look."""
        if governor.account_wait() > FIRST_LOOK / 2:
            return  # several messages were on their way when it began
        seconds = next_look(self._looks)
        self._looks += 1
        governor.penalise(seconds, scope="account")
        await self._record(
            partial(outbox.pause, channel=self._channel, seconds=seconds, code=error.code, detail=error.detail)
        )
        self.trouble = error
        await self._tell(error)

    async def allows(self, session: Session, governor: Governor) -> bool:
        """Tell whether to go on: the provider is asked where it can be, otherwise the next message tries it, alone."""
        if self.trouble is None or isinstance(self.trouble, SendingBlocked) or not isinstance(session, ProvesAccess):
            return True
        proof = await proof_of(session)
        if proof is None:
            await self.restore()
            return True
        await self.lose(
            governor, proof if isinstance(proof, NeedsRebind | Misconfigured | SendingBlocked) else self.trouble
        )
        return False

    async def restore(self) -> None:
        """The provider took something, or answered about one message alone: it has nothing against the account."""
        if self.trouble is None:
            return
        self.trouble, self._looks = None, 0
        await self._record(partial(outbox.unpause, channel=self._channel))
        await self._tell(None)
