"""Forecast when a message will be sent at its account's rates, before it is accepted (S-055).

The governor decides at send time; this uses the same log and the same rates, without its margins.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import Literal, TypeAlias

from chatapp_cli.domain.ids import MessageId, Millis
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Priority
from chatapp_cli.domain.rates import AccountLog, RateScope, RateTarget
from chatapp_cli.services import outbox
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.outbox import RecentSend
from chatapp_cli.store.tx import Tx

RateReason: TypeAlias = Literal[""] | RateScope
"""The rate that makes a message wait; empty for none."""
AT_ONCE: Millis = 5_000
"""A wait in milliseconds that is too short to mention."""
_NOBODY_ELSE = MessageId(2**62)


@dataclass(frozen=True, slots=True)
class Turn:
    """The earliest time for a message (0: now), and which rate it waits for."""

    at: Millis = 0
    reason: RateReason = ""


NOW = Turn()
"""No wait."""


class Forecast:
    """The past and planned sends of an account that its rates count."""

    def __init__(self, channel: ChannelRow, can: Capabilities, now: Millis) -> None:
        self._channel, self._now = channel, now
        self._log = AccountLog(can.rates)

    def remember(self, sent: RecentSend) -> None:
        """Count a send."""
        self._log.record(_target(sent), sent.at / 1000)

    def next(self, wanted: RecentSend) -> Turn:
        """The turn of one more message, which is then counted. ``at`` is the earliest time wanted."""
        limits: list[tuple[Millis, RateReason]] = [
            (max(wanted.at, self._now), ""),
            (self._channel.paused_until, "account"),
        ]
        if wanted.stranger:
            limits.append((self._channel.strangers_until, "strangers"))
        pauses: list[tuple[float, RateReason]] = [(at / 1000, reason) for at, reason in limits]
        seconds, reason = max((*pauses, *self._log.waits(_target(wanted))), key=itemgetter(0))
        at = round(seconds * 1000)
        self.remember(wanted._replace(at=at))
        return Turn(at, reason) if at - self._now > AT_ONCE else NOW


def _target(send: RecentSend) -> RateTarget:
    return RateTarget(send.address, send.chat_kind, bool(send.stranger))


def forecast(
    tx: Tx,
    channel: ChannelRow,
    can: Capabilities,
    *,
    priority: int = Priority.OPERATOR,
    before: MessageId = _NOBODY_ELSE,
) -> Forecast:
    """The forecast from an account's recent sends, and accepted messages of the same or higher priority."""
    found = Forecast(channel, can, tx.now)
    longest = max((rate.per for rate in can.rates), default=0.0)
    for sent in outbox.recent(tx, channel.id, seconds=longest):
        found.remember(sent)
    for waiting in tx.all(RecentSend, "outbox.ahead", channel=channel.id, priority=priority, before=before):
        found.next(waiting)
    return found
