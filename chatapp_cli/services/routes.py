"""The channels in which a message can reach a person, and the address in each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chatapp_cli.domain.address import canonical, kinds
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.health import STOPPED
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.services import channels, contacts, dialogs, lines, reaching
from chatapp_cli.services.usernames import LATELY
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.people import ContactRow
from chatapp_cli.store.tx import Tx

Able: TypeAlias = Callable[[ChannelRow], Capabilities]
"""Returns the capabilities of an account."""


@dataclass(frozen=True, slots=True)
class ChainStep:
    """One channel of a chain, and the client's possible addresses there, surest first."""

    channel: ChannelId
    addresses: Sequence[str]


def to_person(tx: Tx, able: Able, to: str, *, channel: str, others: Sequence[str], line: str) -> Sequence[ChainStep]:
    """The channels to try for a person: those named as ``CHANNEL`` or ``CHANNEL:ADDRESS``, otherwise the stored chain.

    Raises UsageError if none is named or stored.
    """
    on, rows = _named(tx, channel, others, line)
    if rows:
        first, *rest = rows
        addresses = [word.partition(":")[2] for word in others]
        return named(tx, able, first, to, list(zip(rest, addresses, strict=True)))
    steps = [] if others else stored(tx, able, to, line=on)
    if not steps:
        raise UsageError(
            T("--channel is missing."),
            T("Name it, or keep a chain for the client: {how}", how=to_do(Next.CHAIN, to=to)),
            field="channel",
        )
    return steps


def first_named(tx: Tx, *, channel: str, others: Sequence[str], line: str) -> ChannelRow | None:
    """The channel that is named to be tried first, whoever it is for; ``None``: each person's own chain decides.

    Raises NotFound and UsageError if the line or any of the channels is not exactly one.
    """
    return next(iter(_named(tx, channel, others, line)[1]), None)


def _named(tx: Tx, channel: str, others: Sequence[str], line: str) -> tuple[LineId | None, Sequence[ChannelRow]]:
    """The line and the channels that are named, without the addresses; no channels if the first is not named."""
    on = lines.find(tx, line).id if line else None
    words = [channel, *(word.partition(":")[0] for word in others)] if channel else []
    return on, [channels.find(tx, word, line=on) for word in words]


def named(
    tx: Tx, able: Able, first: ChannelRow, to: str, others: Sequence[tuple[ChannelRow, str]] = ()
) -> Sequence[ChainStep]:
    """The channels that a person named, each with its own address if given."""
    people = _known(tx, first, able(first), to)
    rest = [
        ChainStep(channel.id, (address,)) if address else _step(tx, channel, able(channel), to, people)
        for channel, address in others
    ]
    others_there = [] if reaching.asks_whose(able(first), to) else _met(tx, first, people)
    return [ChainStep(first.id, tuple(dict.fromkeys([to, *others_there]))), *rest]


def _known(tx: Tx, channel: ChannelRow, can: Capabilities, to: str) -> Sequence[ContactRow]:
    """The contact whom a channel knows by an address; phones and e-mail addresses apply to every channel.

    A username seen longer than a day ago is not used: it may have changed hands, and other channels would then write to
    the former owner's phone.
    """
    met = reaching.known(tx, channel, to)
    card = None if met is None else dialogs.card(tx, met)
    if card is not None and reaching.asks_whose(can, to) and (card.heard_at or 0) < tx.now - LATELY:
        return []
    if card is not None and card.contact_id is not None:
        return contacts.surest_first(contacts.of_person(tx, card.contact_id), to)
    bearer = contacts.bearing(tx, canonical(to, kinds(to)[0]))
    return [] if bearer is None else contacts.surest_first(contacts.of_person(tx, bearer.id), to)


def stored(tx: Tx, able: Able, to: str, *, line: LineId | None = None) -> Sequence[ChainStep]:
    """The stored chain of a person, as far as its channels are bound; empty if there is none."""
    order, people = contacts.chain(tx, to)
    bound = [row for row in channels.everything(tx) if line in {None, row.line_id}]
    steps = []
    for kind in order:
        accounts = [row for row in bound if row.kind == kind]
        if accounts:
            row = min(accounts, key=lambda row: _rank(tx, row, people))
            steps.append(_step(tx, row, able(row), to, people))
    return steps


def _rank(tx: Tx, row: ChannelRow, people: Sequence[ContactRow]) -> tuple[bool, bool]:
    """The sort key of accounts: one that knows the client first, then one that works."""
    return not _met(tx, row, people), row.health in STOPPED


def _step(tx: Tx, channel: ChannelRow, can: Capabilities, to: str, people: Sequence[ContactRow]) -> ChainStep:
    """The client's addresses in a channel: where they wrote, otherwise phone or e-mail, which apply everywhere.

    A ChatID or a username may be another person's in another channel, and a username by now even in the same.
    """
    first = kinds(to)[0]
    portable = [canonical(to, first)] if first in {"phone", "email"} else []
    asked = [to] if reaching.asks_whose(can, to) else []
    known = [address for one in people for address in (one.phone, one.email) if address]
    if "username" in can.write_first:
        known += [f"@{one.username}" for one in people if one.username]
    return ChainStep(channel.id, tuple(dict.fromkeys([*asked, *_met(tx, channel, people), *portable, *known])))


def _met(tx: Tx, channel: ChannelRow, people: Sequence[ContactRow]) -> list[str]:
    return [a for one in people for a in tx.all(str, "contacts.addresses", contact=one.id, channel=channel.id)]
