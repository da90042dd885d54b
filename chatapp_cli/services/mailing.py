"""One text to many recipients: who gets it, who cannot, cost and duration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import ceil

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.address import spelled as one_spelling
from chatapp_cli.domain.arrival import ChatKind
from chatapp_cli.domain.errors import ChatappError, NotFound, Refused, UsageError
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.manifest import Capabilities, Rate
from chatapp_cli.domain.message import Priority
from chatapp_cli.domain.segments import Alphabet, segments
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, channels, composing, mailing_batch, request_key
from chatapp_cli.services.message_request import MessageRequest, ToAddress, ToPerson
from chatapp_cli.services.pace import NOW, Forecast, Turn, forecast
from chatapp_cli.services.routes import Able
from chatapp_cli.services.sending import SendOptions, key_of
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.messages import AddressedMessage
from chatapp_cli.store.rows.outbox import RecentSend
from chatapp_cli.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address as written, and its line in the file; 0: not from a file."""

    address: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """An accepted message."""

    to: Recipient
    message: MessageId
    dialog: DialogId
    channel: ChannelRow
    address: str
    """The address in the channel's form."""
    name: str
    """The name of the dialog."""
    chat_kind: ChatKind
    fresh: bool
    """Whether it opens a new dialog."""
    stranger: bool
    """Whether they have never written in this channel."""
    before: bool
    """Whether it was accepted earlier under the same key."""
    characters: int
    parts: int
    alphabet: Alphabet | None
    cost: Decimal | None
    turn: Turn = NOW
    """When it will be sent, after those before it."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A recipient whom it cannot be sent to."""

    to: Recipient
    why: ChatappError


@dataclass(slots=True)
class Mailing:
    """The result for a list of recipients, or for as much of it as was accepted so far."""

    going: list[Going] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    again: int = 0
    """The number of duplicate addresses in the list, in any form."""
    spelled: set[str] = field(default_factory=set)
    """The addresses looked at."""
    reached: set[tuple[ChannelId, str]] = field(default_factory=set)
    """The addresses accepted, in the form of their channel."""

    def add(self, piece: Mailing) -> None:
        """Add the result for the next piece of the list."""
        self.going += piece.going
        self.bad += piece.bad
        self.again += piece.again
        self.spelled |= piece.spelled
        self.reached |= piece.reached

    @property
    def new(self) -> Sequence[Going]:
        """Messages not accepted before."""
        return [one for one in self.going if not one.before]

    @property
    def cost(self) -> Decimal | None:
        """The total cost, as far as prices are known."""
        costs = [one.cost for one in self.new if one.cost is not None]
        return sum(costs, Decimal(0)) if costs else None


def recipients(named: Iterable[str], lines: Iterable[str]) -> Sequence[Recipient]:
    """The named recipients and those of a file, one per line; empty lines and # comments are skipped."""
    listed = [Recipient(line.strip(), n) for n, line in enumerate(lines, 1)]
    return [*(Recipient(one) for one in named), *(one for one in listed if one.address and one.address[0] != "#")]


def preview(
    tx: Tx, able: Able, request: MessageRequest, to: Iterable[Recipient], before: Mailing | None = None
) -> Mailing:
    """The result that accepting would have; everything is rolled back."""
    access.require(tx, Right.MASS)
    with suppress(_RollBack), tx.savepoint("preview", undone_by=_RollBack):
        found = accept(tx, able, request, to, before)
        raise _RollBack
    return found


class _RollBack(Exception):
    """Ends a part of a transaction that is rolled back."""


def require_same(tx: Tx, request: MessageRequest, to: Iterable[Recipient]) -> None:
    """Raise Refused if a part of the list was accepted under the same key with other words, before any more is.

    NotFound, UsageError or Refused for what no recipient could get, such as by a channel that is bound twice.
    """
    if isinstance(request.to, ToPerson):
        composing.require_named(tx, request.to, request)
    request_key.require_same_content(tx, request, [_key(request, one_spelling(one.address)) for one in to])


def accept(
    tx: Tx, able: Able, request: MessageRequest, to: Iterable[Recipient], before: Mailing | None = None
) -> Mailing:
    """Accept a request for each recipient of a piece of the list, with a lower priority than what people write.

    Each key is derived from the request's key and the address, so the same piece again is accepted once.
    ``before`` is the result for the pieces before it, whose addresses are not accepted again.
    """
    access.require(tx, Right.MASS)
    before, found = before or Mailing(), Mailing()
    wanted = [(one, _addressed(request, one, _key(request, address))) for one, address in _once(to, before, found)]
    piece = _Piece(tx, able, found, before)
    shared = mailing_batch.shared(tx, able, request)
    if shared is not None:
        keys = [message.options.key for _one, message in wanted]
        piece.batch = mailing_batch.MailingBatch(tx, shared, [one.address for one, _message in wanted], keys)
        piece.bound[shared.channel.id] = shared.channel
    for one, message in wanted:
        piece.accept(one, message)
    piece.write()
    return found


def _once(to: Iterable[Recipient], before: Mailing, found: Mailing) -> Iterator[tuple[Recipient, str]]:
    """The recipients whose address, in one spelling, is not in the list already."""
    for one in to:
        address = one_spelling(one.address)
        if address in found.spelled or address in before.spelled:
            found.again += 1
        else:
            found.spelled.add(address)
            yield one, address


@dataclass(slots=True)
class _Piece:
    """Accepts the messages of a piece: together what can be, by itself what has to be, in the order of the list."""

    tx: Tx
    able: Able
    found: Mailing
    before: Mailing
    batch: mailing_batch.MailingBatch | None = None
    """``None``: each by itself."""
    going: list[Recipient] = field(default_factory=list)
    """Who is in the batch."""
    bound: dict[ChannelId, ChannelRow] = field(default_factory=dict)
    """The channels, which are the same for all of a piece."""

    def accept(self, one: Recipient, message: MessageRequest) -> None:
        """Accept the next message; what is in the batch is written with ``write``, or before this if need be."""
        planned = None if self.batch is None else self.batch.plan(message)
        if self.batch is None or planned is None:
            self.write()
            self._accept_alone(one, message)
        elif self._is_reached(planned.side.channel_id, planned.side.address):
            self.found.again += 1
        else:
            self.batch.add(planned)
            self.going.append(one)
            self.found.reached.add((planned.side.channel_id, planned.side.address))

    def write(self) -> None:
        """Write the batch."""
        written = () if self.batch is None else self.batch.write()
        going, self.going = self.going, []
        for one, (message, addressed) in zip(going, written, strict=True):
            self.found.going.append(self._going(one, message, addressed, before=False))

    def _accept_alone(self, one: Recipient, message: MessageRequest) -> None:
        try:
            with self.tx.trial():
                going = self._accepted(one, message)
        except _Again:
            self.found.again += 1
        except (Refused, NotFound, UsageError) as error:
            self.found.bad.append(Bad(one, error))
        else:
            self.found.reached.add((going.channel.id, going.address))
            self.found.going.append(going)
            if self.batch is not None and not going.before:
                self.batch.forget()

    def _accepted(self, one: Recipient, wanted: MessageRequest) -> Going:
        message, before = composing.accept_once(self.tx, self.able, wanted)
        addressed = self.tx.one(AddressedMessage, "messages.addressed", id=message)
        assert addressed is not None, "who writes a message sees it"
        if self._is_reached(addressed.channel_id, addressed.address):
            raise _Again("again", T("It is already in the list."))
        return self._going(one, message, addressed, before=before)

    def _is_reached(self, channel: ChannelId, address: str) -> bool:
        reached = channel, address
        return reached in self.found.reached or reached in self.before.reached

    def _going(self, to: Recipient, message: MessageId, found: AddressedMessage, *, before: bool) -> Going:
        if found.channel_id not in self.bound:
            self.bound[found.channel_id] = channels.one(self.tx, found.channel_id)
        channel = self.bound[found.channel_id]
        counted = segments(found.text) if self.able(channel).segments else None
        price = channels.price_of_part(channel)
        return Going(
            to=to,
            message=message,
            dialog=found.dialog_id,
            channel=channel,
            address=found.address,
            name=found.name,
            chat_kind=found.chat_kind,
            fresh=found.created_at == self.tx.now and not before,
            stranger=found.heard_at is None and found.chat_kind == "private",
            before=before,
            characters=len(found.text),
            parts=counted.parts if counted else 1,
            alphabet=counted.alphabet if counted else None,
            cost=price * counted.parts if price is not None and counted else None,
        )


def _key(request: MessageRequest, address: str) -> str:
    return key_of(f"{request.options.key} {address}")


def _addressed(request: MessageRequest, to: Recipient, key: str) -> MessageRequest:
    assert isinstance(request.to, ToPerson | ToAddress), "a list is one of addresses"
    options = replace(request.options, key=key, priority=Priority.BULK)
    return replace(request, to=replace(request.to, to=to.address), options=options)


def in_turn(tx: Tx, able: Able, going: Sequence[Going], options: SendOptions) -> list[Going]:
    """All accepted messages of a list, each with its time after everything its account already has to send."""
    accounts: dict[ChannelId, Forecast] = {}
    planned = []
    for one in going:
        if one.channel.id not in accounts:
            accounts[one.channel.id] = forecast(
                tx, one.channel, able(one.channel), priority=Priority.BULK, before=one.message
            )
        wanted = RecentSend(one.address, one.chat_kind, int(one.stranger), options.at or 0)
        planned.append(one if one.before else replace(one, turn=accounts[one.channel.id].next(wanted)))
    return planned


class _Again(Refused):
    """Another form of the address led to the same dialog."""


def seconds(able: Able, going: Sequence[Going]) -> int:
    """The duration at the channels' rates, by the slowest channel."""
    counts = Counter(one.channel.id for one in going)
    strangers = Counter(one.channel.id for one in going if one.stranger)
    rows: Mapping[ChannelId, ChannelRow] = {one.channel.id: one.channel for one in going}
    times = [_seconds(able(row), counts[number], strangers[number]) for number, row in rows.items()]
    return ceil(max(times, default=0.0))


def _seconds(can: Capabilities, n: int, strangers: int) -> float:
    counted = {"account": n, "strangers": strangers}
    return max((_at_rate(rate, counted[rate.scope]) for rate in can.rates if rate.scope in counted), default=0.0)


def _at_rate(rate: Rate, n: int) -> float:
    """The duration at a rate: evenly spread, or in bursts of one window each."""
    if rate.paced:
        return max(0, n - 1) * rate.per / rate.limit
    return max(0, ceil(n / rate.limit) - 1) * rate.per
