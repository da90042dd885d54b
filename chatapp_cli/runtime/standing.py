"""Whether the provider lets an account send, and when it is worth another look if it does not.

What it has against sending does not end the session: messages that come in are not to wait for a bill.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

import structlog

from chatapp_cli.domain.errors import ChannelError, Misconfigured, NeedsRebind, Retryable, SendingBlocked
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.ports.connector import ProvesAccess, Session
from chatapp_cli.ports.world import Clock
from chatapp_cli.runtime.governor import Governor
from chatapp_cli.runtime.lifecycle import next_look
from chatapp_cli.runtime.verdicts import Verdict
from chatapp_cli.services import outbox

log = structlog.get_logger()

LONGEST_PROOF = 60.0
"""Seconds that a provider has to say whether it lets us in."""
MOST_REFUSED_ALONE = 2
"""Messages in a row that may be refused one by one although the account is let in; after them it is the account."""
Trouble: TypeAlias = NeedsRebind | Misconfigured | SendingBlocked
"""What is about the account as a whole: its messages stay, and sending rests."""


async def proof_of(session: ProvesAccess) -> ChannelError | None:
    """What the provider has against the account, ``None`` if nothing."""
    try:
        async with asyncio.timeout(LONGEST_PROOF):
            await session.prove()
    except ChannelError as error:
        return error
    except TimeoutError:
        return Retryable("timeout")
    except Exception as error:  # our own mistake proves nothing, and must not keep the message from its verdict
        log.exception("proof.failed")
        return Retryable("unexpected", type(error).__name__)
    return None


class Standing:
    """How one account stands with its provider; ``tell`` hears of each change, of ``None`` when all is well again."""

    def __init__(
        self,
        channel: ChannelId,
        clock: Clock,
        record: Callable[[Verdict], Awaitable[None]],
        tell: Callable[[Trouble | None], Awaitable[None]],
    ) -> None:
        self._channel = channel
        self._clock = clock
        self._record = record
        self._tell = tell
        self._looks = 0
        self._since = -math.inf
        self._until = -math.inf
        self._refused_alone: set[MessageId] = set()
        self._accusers: set[MessageId] = set()
        self._outlived: Counter[MessageId] = Counter()
        self.trouble: Trouble | None = None

    @property
    def rests(self) -> float:
        """Seconds until the next look."""
        return max(0.0, self._until - self._clock.monotonic())

    @property
    def next_rest(self) -> float:
        """Seconds that sending rests, or would if it began now."""
        return self.rests or next_look(self._looks)

    def is_about(self, message: MessageId) -> bool:
        """Tell whether a refusal of a message, while the account is let in, is about this message alone.

        Not if others were refused before it and none was taken: a proof asks for less than a send does.
        """
        self._refused_alone.add(message)
        return len(self._refused_alone) <= MOST_REFUSED_ALONE

    def is_outlived(self, message: MessageId) -> bool:
        """Tell whether others were taken each time that this message was refused as if the account could not send."""
        self._accusers.add(message)
        return self._outlived[message] >= MOST_REFUSED_ALONE

    async def suspend(self, governor: Governor, error: Trouble) -> None:
        """The account may not send: nothing goes until the next look."""
        if self.rests:  # several messages were on their way when it began, or the session is a new one
            governor.penalise(self.rests, scope="account")
            return
        seconds = next_look(self._looks)
        self._looks += 1
        self._since = self._clock.monotonic()
        self._until = self._since + seconds
        governor.penalise(seconds, scope="account")
        await self._record(
            partial(outbox.pause, channel=self._channel, seconds=seconds, code=error.code, detail=error.detail)
        )
        self.trouble = error
        await self._tell(error)

    def look_now(self) -> None:
        """A person says that the reason is gone."""
        self._until = -math.inf

    async def allows(self, session: Session, governor: Governor) -> bool:
        """Tell whether to go on: the provider is asked where it can be, otherwise the next message tries it, alone."""
        if self.trouble is None or isinstance(self.trouble, SendingBlocked) or not isinstance(session, ProvesAccess):
            return True
        proof = await proof_of(session)
        if proof is None and len(self._refused_alone) <= MOST_REFUSED_ALONE:
            await self.resume()
        if proof is None:
            return True
        against = proof if isinstance(proof, NeedsRebind | Misconfigured | SendingBlocked) else self.trouble
        await self.suspend(governor, against)
        return False

    async def took(self, began: float) -> None:
        """The provider took a message that was handed over then: it has nothing against the account now."""
        self._refused_alone.clear()
        self._outlived.update(self._accusers)
        self._accusers.clear()
        if began >= self._since:
            await self.resume()

    async def resume(self) -> None:
        """All is well again."""
        if self.trouble is None:
            return
        self.trouble, self._looks, self._until = None, 0, -math.inf
        await self._record(partial(outbox.unpause, channel=self._channel))
        await self._tell(None)
