"""Which channels a message may take to somebody, and by which address in each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chatapp_cli.domain.address import canonical, kinds
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.services import channels, contacts, dialogs, reaching
from chatapp_cli.services.waiting import STOPPED
from chatapp_cli.store.rows import ChannelRow, ContactRow
from chatapp_cli.store.tx import Tx

Able: TypeAlias = Callable[[ChannelRow], Capabilities]
"""Tells what an account can do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One channel of a chain, and the addresses that the client may have there, the surest first."""

    channel: ChannelId
    addresses: Sequence[str]


def said(
    tx: Tx, able: Able, first: ChannelRow, to: str, others: Sequence[tuple[ChannelRow, str]] = ()
) -> Sequence[Step]:
    """The channels that a person named, each with an address if it is another one there."""
    people = _known(tx, first, to)
    rest = [
        Step(channel.id, (address,)) if address else _step(tx, channel, able(channel), to, people)
        for channel, address in others
    ]
    return [Step(first.id, tuple(dict.fromkeys([to, *_met(tx, first, people)]))), *rest]


def _known(tx: Tx, channel: ChannelRow, to: str) -> Sequence[ContactRow]:
    """Whom a channel knows by an address; a phone or an e-mail address is theirs in every channel."""
    met = reaching.known(tx, channel, to)
    number = None if met is None else dialogs.card(tx, met).contact_id
    if number is not None:
        return contacts.surest_first(contacts.of_person(tx, number), to)
    bearer = contacts.bearing(tx, canonical(to, kinds(to)[0]))
    return [] if bearer is None else contacts.surest_first(contacts.of_person(tx, bearer.id), to)


def stored(tx: Tx, able: Able, to: str, *, line: LineId | None = None) -> Sequence[Step]:
    """The chain that is kept for somebody, as far as its channels are bound; empty if none is kept."""
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
    """Of several accounts the one that knows the client, then one that works."""
    return not _met(tx, row, people), row.health in STOPPED


def _step(tx: Tx, channel: ChannelRow, can: Capabilities, to: str, people: Sequence[ContactRow]) -> Step:
    """The client in a channel: where they wrote to us there, else by phone or e-mail, which are theirs everywhere.

    A ChatID or a username may be another person's in another channel.
    """
    first = kinds(to)[0]
    portable = [canonical(to, first)] if first in {"phone", "email"} else []
    known = [address for one in people for address in (one.phone, one.email) if address]
    if "username" in can.write_first:
        known += [f"@{one.username}" for one in people if one.username]
    return Step(channel.id, tuple(dict.fromkeys([*_met(tx, channel, people), *portable, *known])))


def _met(tx: Tx, channel: ChannelRow, people: Sequence[ContactRow]) -> list[str]:
    return [a for one in people for a in tx.all(str, "contacts.addresses", contact=one.id, channel=channel.id)]
