"""When a message will go at its account's rates, told before it is accepted (S-055).

The governor decides in the end; this is its forecast from the same rates, what was sent, and what waits ahead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from chatapp_cli.domain.ids import MessageId, Millis
from chatapp_cli.domain.manifest import Capabilities, Rate
from chatapp_cli.domain.message import Priority
from chatapp_cli.services import outbox
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.outbox import RecentSend
from chatapp_cli.store.tx import Tx

Reason: TypeAlias = Literal["", "account", "dialog", "group", "phone", "strangers"]
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


@dataclass(slots=True)
class Forecast:
    """What an account has sent and will send, as far as its rates care."""

    channel: ChannelRow
    can: Capabilities
    now: Millis
    _logs: dict[tuple[int, str], deque[Millis]] = field(default_factory=dict)

    def remember(self, sent: RecentSend) -> None:
        """Take note of a send."""
        for _rate, log in self._lanes(sent):
            log.append(sent.at)

    def next(self, wanted: RecentSend) -> Turn:
        """When one more goes; counted from then on. ``at`` of what is wanted is when it may go at the earliest."""
        held: list[tuple[Millis, Reason]] = [(max(wanted.at, self.now), ""), (self.channel.paused_until, "account")]
        if wanted.stranger:
            held.append((self.channel.strangers_until, "strangers"))
        held += [(_free_at(rate, log), rate.scope) for rate, log in self._lanes(wanted)]
        at, reason = max(held, key=lambda one: one[0])
        self.remember(wanted._replace(at=at))
        return Turn(at, reason) if at - self.now > AT_ONCE else NOW

    def _lanes(self, send: RecentSend) -> Iterator[tuple[Rate, deque[Millis]]]:
        for n, rate in enumerate(self.can.rates):
            key = _lane(rate, send)
            if key is not None:
                yield rate, self._logs.setdefault((n, key), deque(maxlen=rate.limit))


def _lane(rate: Rate, send: RecentSend) -> str | None:
    """What a rate counts a send with; ``None``: not at all."""
    match rate.scope:
        case "account":
            return ""
        case "dialog":
            return send.address
        case "group":
            return None if send.chat_kind == "private" else send.address
        case "phone":
            return "" if send.address.startswith("+") else None
        case "strangers":
            return "" if send.stranger else None


def _free_at(rate: Rate, log: deque[Millis]) -> Millis:
    full = log[0] + int(rate.per * 1000) if len(log) == rate.limit else 0
    paced = log[-1] + int(rate.per * 1000 / rate.limit) if log and rate.paced else 0
    return max(full, paced)


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
