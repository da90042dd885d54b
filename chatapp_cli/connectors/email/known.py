"""What a session remembers of the mailbox: where the mails lie that it read, which it sent, and which it cannot get."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

BREAKS = 2
"""How often the connection may break while a mail is fetched alone."""
_MOST = 2000
"""Mails remembered of each kind; others are searched for."""
_AGAIN = 3600.0
"""Seconds between attempts to get a mail that the server did not hand out."""

K = TypeVar("K")
V = TypeVar("V")


class Spot(NamedTuple):
    """Where a mail lies."""

    folder: str
    uidvalidity: int
    uid: int


@dataclass(slots=True)
class Fault:
    """What went wrong with one mail; times by the monotonic clock."""

    breaks: int = 0
    refused_since: float | None = None
    asked: float | None = None
    head: bytes = b""
    why: str = ""


class Faults:
    """What went wrong with single mails in one session, over all its connections."""

    def __init__(self) -> None:
        self._mails: OrderedDict[Spot, Fault] = OrderedDict()

    def __contains__(self, spot: Spot) -> bool:
        return spot in self._mails

    def of(self, spot: Spot) -> Fault:
        """That of one mail, from now on remembered: it is fetched alone until that succeeds."""
        if spot not in self._mails:
            remember(self._mails, spot, Fault())
        return self._mails[spot]

    def forget(self, spot: Spot) -> None:
        """The mail was handed out, or is gone."""
        self._mails.pop(spot, None)

    def is_due(self, spot: Spot, now: float) -> bool:
        """Whether a mail that was missed is to be asked for again; if so, it may break the connection once."""
        fault = self.of(spot)
        if fault.asked is not None and now - fault.asked < _AGAIN:
            return False
        fault.asked, fault.breaks = now, min(fault.breaks, BREAKS - 1)
        return True


class Known:
    """The mails that were noted last."""

    def __init__(self) -> None:
        self._spots: OrderedDict[str, Spot] = OrderedDict()
        """By the mails' own ids."""
        self._named: OrderedDict[str, frozenset[str]] = OrderedDict()
        """The own ids of all mails with a Message-ID."""
        self._sent: OrderedDict[str, None] = OrderedDict()
        self.faults = Faults()

    def note_read(self, ext_id: str, own_id: str, spot: Spot) -> None:
        """Remember where a mail of others lies; a dialog knows it by either id, others may share the first."""
        remember(self._spots, own_id, spot)
        remember(self._named, ext_id, self._named.get(ext_id, frozenset()) | {own_id})

    def note_sent(self, message_id: str) -> None:
        """Remember that this session sent a mail, and the desk knows it."""
        remember(self._sent, message_id, None)

    def spot(self, ext_id: str) -> Spot | None:
        """Where the mail lies that a dialog knows by this id, if it was read lately and no other has the id too."""
        named = self._named.get(ext_id, frozenset({ext_id}))
        return self._spots.get(next(iter(named))) if len(named) == 1 else None

    def is_shared(self, ext_id: str) -> bool:
        """Whether several mails have this id, so that it does not say which one is meant."""
        return len(self._named.get(ext_id, ())) > 1

    def was_sent(self, message_id: str) -> bool:
        """Whether this session sent it."""
        return message_id in self._sent


def remember(known: OrderedDict[K, V], name: K, value: V) -> None:
    """Keep a value as the latest, and forget the oldest beyond 2,000."""
    known[name] = value
    known.move_to_end(name)
    if len(known) > _MOST:
        known.popitem(last=False)
