"""Whom a received mail names as its recipients."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import Message
from typing import Final, NamedTuple

from chatapp_cli.connectors.email.headers import count_people, people
from chatapp_cli.domain.address import mailbox_of
from chatapp_cli.domain.arrival import Profile

_MOST: Final = 500
"""The most addresses of a field that are kept."""
_DELIVERED: Final = ("Delivered-To", "X-Original-To", "Envelope-To")
"""Fields in which servers write the address that a mail was accepted for."""


class Named(NamedTuple):
    """The recipients of a received mail."""

    to: Sequence[Profile]
    cc: Sequence[Profile]
    delivered_as: Sequence[Profile]
    """The alias of ours that it was delivered to without naming it."""
    also_from: Sequence[Profile] = ()
    """All whom it names as its authors, or for the answer, if those are several."""
    left_out: int = 0
    """How many addresses it names beside those that are kept."""


def addressed(message: Message, own: str, aliases: Sequence[str]) -> Named:
    """Whom a mail in the mailbox with these addresses names.

    Nobody for a mail to our own address alone, as most are.
    """
    to, cc = (people(message, name)[:_MOST] for name in ("To", "Cc"))
    left_out = sum(_beyond(message, name, len(kept)) for name, kept in (("To", to), ("Cc", cc)))
    if not (cc or left_out) and len(to) == 1 and mailbox_of(to[0].email) == mailbox_of(own):
        to = ()
    unnamed = {*map(mailbox_of, aliases)} - {mailbox_of(one.email) for one in (*to, *cc)}
    delivered = (one for name in _DELIVERED for one in people(message, name))
    hidden = next((one for one in delivered if mailbox_of(one.email) in unnamed), None)
    authors = people(message, "Reply-To") or people(message, "From")
    also_from = authors[:_MOST] if len(authors) > 1 else ()
    return Named(to, cc, () if hidden is None else (hidden,), also_from, left_out)


def _beyond(message: Message, name: str, kept: int) -> int:
    """How many more addresses the fields of this name have; they are counted only where there can be more."""
    return count_people(message, name) - kept if kept in {0, _MOST} else 0
