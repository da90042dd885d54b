"""How long what only history needs is kept: raw arrivals, the journal, attempts and answered requests.

Messages are kept for ever. The row of an arrival is kept too, because it tells a duplicate from news: only its raw
bytes go, and not even those where they are the message itself, as a mail's are (``Capabilities.keeps_raw``). A dead
letter stays until a person decides, and no entry of the journal goes that a follower has still to read. Everything is
deleted some hundred rows at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.option import KEEP, TRACED
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access, packing
from chatapp_cli.services.numbered import first_since
from chatapp_cli.services.options import Options
from chatapp_cli.store.tx import Tx

AT_ONCE = 500
"""Rows deleted in one transaction."""
DAY: Final = 86_400_000
STILL: Final = DAY
"""Milliseconds without moving after which a follower with entries to read stands still."""


class Sweep(NamedTuple):
    """Rows to delete: those of a kind between two numbers that are older than a time."""

    option: str
    n: int
    first: int
    until: int
    before: Millis
    done: int = 0
    """How many are deleted already."""
    lasting: str = ""
    """The kinds of channels whose raw arrivals stay, each between commas."""

    @property
    def label(self) -> Text:
        """What is deleted."""
        return _KINDS[self.option].label


class StuckFollower(NamedTuple):
    """A follower of the journal that does not read what it should."""

    name: str
    waiting: int
    """Entries that it has still to read."""
    since: Millis


class _Kind(NamedTuple):
    """A table that is swept, by the statements that look at it and change it."""

    label: Text
    last: str
    at: str
    old: str
    delete: str
    floor: int = 0
    """The fewest days."""


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "keep_raw": _Kind(
            T("Raw bytes of arrivals"),
            "retention.last_arrived",
            "retention.arrived_at",
            "retention.old_raw",
            "retention.some_raw",
        ),
        "keep_journal": _Kind(
            T("Journal entries"),
            "retention.journal_end",
            "retention.journal_at",
            "retention.old_journal",
            "retention.delete_journal",
            TRACED,
        ),
        "keep_attempts": _Kind(
            T("Attempts to send"),
            "retention.last_attempt",
            "retention.attempt_at",
            "retention.old_attempts",
            "retention.delete_attempts",
            TRACED,
        ),
        "keep_requests": _Kind(
            T("Answered requests to channels"),
            "retention.last_request",
            "retention.request_at",
            "retention.old_requests",
            "retention.delete_requests",
        ),
        "keep_acts": _Kind(
            T("What rules did"),
            "retention.last_act",
            "retention.act_at",
            "retention.old_acts",
            "retention.delete_acts",
            TRACED,
        ),
    }
)


def plan(tx: Tx, options: Options, *, lasting: Collection[str] = ()) -> list[Sweep]:
    """What is older than it is kept; raw arrivals of the kinds of channels in ``lasting`` are kept for ever."""
    kinds = "".join(f",{kind}," for kind in lasting)
    found = (_planned(tx.whole(), name, options.number(tx, name), kinds) for name in KEEP)
    return [one for one in found if one is not None and one.n]


def _planned(tx: Tx, option: str, days: int, lasting: str) -> Sweep | None:
    kind = _KINDS[option]
    if not days:
        return None
    before = tx.now - max(days, kind.floor) * DAY
    until = first_since(tx, kind.at, int(tx.value(kind.last)), before)
    which = {"lasting": lasting} if option == "keep_raw" else {}
    n, first = tx.one(lambda *row: row, kind.old, until=until, before=before, **which) or (0, 0)
    return Sweep(option, n, first, until, before, lasting=lasting)


def sweep(tx: Tx, planned: Sweep, *, most: int = AT_ONCE) -> Sweep:
    """Delete some of it; returns what is left, with ``n`` 0 if that is nothing, and how much was deleted until then."""
    tx, kind = tx.whole(), _KINDS[planned.option]
    span = {"first": planned.first, "until": planned.until, "before": planned.before, "n": most}
    if planned.option != "keep_raw":
        n = tx.run(kind.delete, **span)
        return planned._replace(n=0 if n < most else max(1, planned.n - n), done=planned.done + n)
    found = tx.all(int, kind.delete, lasting=planned.lasting, **span)
    done = planned.done + packing.replace(tx, [packing.PackedRaw(number, packing.GONE, b"") for number in found])
    if len(found) < most:
        return planned._replace(n=0, done=done)
    return planned._replace(n=max(1, planned.n - most), first=found[-1] + 1, done=done)


def unused_dictionaries(tx: Tx) -> list[int]:
    """Dictionaries that no arrival needs any more; the newest of each kind is still to be used."""
    return tx.all(int, "packing.unused")


def forget_dictionaries(tx: Tx, unused: Sequence[int]) -> None:
    """Delete them."""
    for number in unused:
        tx.run("packing.forget", id=number)


def stuck(tx: Tx) -> list[StuckFollower]:
    """The followers that have not moved for a day although there is something to read."""
    found = tx.whole().all(StuckFollower, "followers.waiting")
    return [one for one in found if one.waiting and one.since < tx.now - STILL]


def forget_follower(tx: Tx, name: str) -> None:
    """Forget a follower, such as one of a package that was removed; should it come back, it starts from then.

    Raises NotFound.
    """
    access.require(tx, Right.SETTINGS)
    if not tx.run("followers.forget", name=name):
        raise NotFound(T("Nothing by the name {name} follows the journal.", name=name), _see())


def _see() -> Text:
    return T("See what does not: {how}", how=to_do(Next.DOCTOR))
