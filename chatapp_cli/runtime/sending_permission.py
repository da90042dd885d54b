"""Whether the provider lets an account send, and when to check again if not.

Blocked sending does not end the session: incoming messages must not wait for an unpaid bill.
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
from chatapp_cli.runtime.lifecycle import retry_after
from chatapp_cli.runtime.verdicts import VerdictJob
from chatapp_cli.services import outbox

log = structlog.get_logger()

LONGEST_PROOF = 60.0
"""The timeout for a login check, in seconds."""
MOST_REFUSED_ALONE = 2
"""Messages refused in a row, although the login works, after which the account counts as blocked."""
SendingTrouble: TypeAlias = NeedsRebind | Misconfigured | SendingBlocked
"""Errors about the account as a whole: its messages stay queued and sending pauses."""


async def proof_of(session: ProvesAccess) -> ChannelError | None:
    """Why the provider refuses the account; ``None`` if it does not."""
    try:
        async with asyncio.timeout(LONGEST_PROOF):
            await session.prove()
    except ChannelError as error:
        return error
    except TimeoutError:
        return Retryable("timeout")
    except Exception as error:  # a bug of ours proves nothing, and must not prevent the message's verdict
        log.exception("proof.failed")
        return Retryable("unexpected", type(error).__name__)
    return None


class SendingPermission:
    """Whether one account may send; ``tell`` is called on each change, ``None`` for well again."""

    def __init__(
        self,
        channel: ChannelId,
        clock: Clock,
        record: Callable[[VerdictJob], Awaitable[None]],
        tell: Callable[[SendingTrouble | None], Awaitable[None]],
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
        self.trouble: SendingTrouble | None = None

    @property
    def rests(self) -> float:
        """Seconds until the next check."""
        return max(0.0, self._until - self._clock.monotonic())

    @property
    def next_rest(self) -> float:
        """Seconds for which sending pauses, or would if it were blocked now."""
        return self.rests or retry_after(self._looks)

    def note_refused_alone(self, message: MessageId) -> None:
        """Record that a message was refused although the login works."""
        self._refused_alone.add(message)

    @property
    def few_refused_alone(self) -> bool:
        """Whether refusals while the login works concern only their messages.

        Not if many were refused and none was accepted: a login check needs fewer permissions than a send.
        """
        return len(self._refused_alone) <= MOST_REFUSED_ALONE

    def note_accuser(self, message: MessageId) -> None:
        """Record that a message was refused for the account's sake."""
        self._accusers.add(message)

    def is_outlived(self, message: MessageId) -> bool:
        """Whether others were accepted each time that this message was refused for the account's sake."""
        return self._outlived[message] >= MOST_REFUSED_ALONE

    async def suspend(self, governor: Governor, error: SendingTrouble) -> None:
        """Suspend sending until the next check."""
        if self.rests:  # several messages were in flight when it began, or the session is new
            governor.penalise(self.rests, scope="account")
            return
        seconds = retry_after(self._looks)
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
        """Check now because a person says that the reason is gone."""
        self._until = -math.inf

    async def allows(self, session: Session, governor: Governor) -> bool:
        """Whether to continue: the provider is asked if possible, otherwise the next message is tried alone."""
        if self.trouble is None or isinstance(self.trouble, SendingBlocked) or not isinstance(session, ProvesAccess):
            return True
        proof = await proof_of(session)
        if proof is None and self.few_refused_alone:
            await self.resume()
        if proof is None:
            return True
        against = proof if isinstance(proof, NeedsRebind | Misconfigured | SendingBlocked) else self.trouble
        await self.suspend(governor, against)
        return False

    async def took(self, began: float) -> None:
        """Record that the provider accepted a message handed over at this time: the account is not blocked."""
        self._refused_alone.clear()
        self._outlived.update(self._accusers)
        self._accusers.clear()
        if began >= self._since:
            await self.resume()

    async def resume(self) -> None:
        """Resume sending."""
        if self.trouble is None:
            return
        self.trouble, self._looks, self._until = None, 0, -math.inf
        await self._record(partial(outbox.unpause, channel=self._channel))
        await self._tell(None)
