"""When a message will go at its account's rates, told before it is accepted (S-055).

The governor decides in the end; this is its forecast from the same log of the same rates, without its margins.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import Literal, TypeAlias

from chatapp_cli.domain.ids import MessageId, Millis
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Priority
from chatapp_cli.domain.rates import AccountLog, Scope, Target
from chatapp_cli.services import outbox
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.outbox import RecentSend
from chatapp_cli.store.tx import Tx

Reason: TypeAlias = Literal[""] | Scope
"""The rate that makes a message wait; empty: none does."""
AT_ONCE: Millis = 5_000
"""A wait that nobody has to be told of."""
_NOBODY_ELSE = MessageId(2**62)


@dataclass(frozen=True, slots=True)
class Turn:
    """The earliest time for a message, 0: at once; and which rate it waits for."""

    at: Millis = 0
    reason: Reason = ""


NOW = Turn()
"""It goes at once."""


class Forecast:
    """What an account has sent and will send, as far as its rates care."""

    def __init__(self, channel: ChannelRow, can: Capabilities, now: Millis) -> None:
        self._channel, self._now = channel, now
        self._log = AccountLog(can.rates)

    def remember(self, sent: RecentSend) -> None:
        """Take note of a send."""
        self._log.record(_target(sent), sent.at / 1000)

    def next(self, wanted: RecentSend) -> Turn:
        """When one more goes; counted from then on. ``at`` of what is wanted is when it may go at the earliest."""
        told: list[tuple[Millis, Reason]] = [(max(wanted.at, self._now), ""), (self._channel.paused_until, "account")]
        if wanted.stranger:
            told.append((self._channel.strangers_until, "strangers"))
        held: list[tuple[float, Reason]] = [(at / 1000, reason) for at, reason in told]
        seconds, reason = max((*held, *self._log.waits(_target(wanted))), key=itemgetter(0))
        at = round(seconds * 1000)
        self.remember(wanted._replace(at=at))
        return Turn(at, reason) if at - self._now > AT_ONCE else NOW


def _target(send: RecentSend) -> Target:
    return Target(send.address, send.chat_kind, bool(send.stranger))


def forecast(
    tx: Tx,
    channel: ChannelRow,
    can: Capabilities,
    *,
    priority: int = Priority.OPERATOR,
    before: MessageId = _NOBODY_ELSE,
) -> Forecast:
    """What an account has done lately, and what of this priority or a higher one it has accepted before a message."""
    found = Forecast(channel, can, tx.now)
    longest = max((rate.per for rate in can.rates), default=0.0)
    for sent in outbox.recent(tx, channel.id, seconds=longest):
        found.remember(sent)
    for waiting in tx.all(RecentSend, "outbox.ahead", channel=channel.id, priority=priority, before=before):
        found.next(waiting)
    return found
