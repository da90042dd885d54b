"""Reading the inbox: everything after the cursor in order, then new mail as it arrives."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import Self

from chatapp_cli.connectors.email.convert import Mail, Reading, arrival
from chatapp_cli.connectors.email.imap import Entry, Imap
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.border import AHEAD
from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.world import Clock

_WINDOW = 200
"""Mails whose sizes are requested at once."""
_COUNT = 50
"""Mails fetched at once: aioimaplib needs quadratic time in the lines of an answer."""
_RUN = 4 * 1024 * 1024
"""Bytes fetched at once, unless a single mail is larger."""
_LARGEST = 48 * 1024 * 1024
"""No known service accepts a larger mail; of such a mail only the beginning is read."""
_BEGINNING = 1024 * 1024
_QUIET = 50.0
"""Seconds without new mail after which the connection is checked."""
_POLL = 30.0
"""Seconds between polls if the server has no IDLE."""
_OVERLAP = 2 * 24 * 3600 * 1000
"""Milliseconds before the newest known mail that are read again when the server has renumbered its mails."""
_DAY = timedelta(days=1)
_NO_NUMBERING = -1
"""A UIDVALIDITY that no server has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far the inbox has been read."""

    uidvalidity: int
    uid: int
    """The last mail that was read."""
    newest: Millis
    """When the newest mail was received."""
    start: Millis
    """Mails received before are older than the binding."""
    plain_until: Millis = 0
    """See ``Reading``."""

    @classmethod
    def load(cls, cursor: str) -> Self:
        """Read it from a cursor; one without ``plain_until`` was written by a version with a weaker mail identity."""
        said = json.loads(cursor)
        return cls(**{"plain_until": said["newest"], **said})

    def dump(self) -> str:
        """Write it as a cursor."""
        return json.dumps(asdict(self))

    def elsewhere(self) -> Place:
        """The same place on another server, with other numbers."""
        return replace(self, uidvalidity=_NO_NUMBERING)

    def after(self, entries: Sequence[Entry], now: Millis) -> Place:
        """The place after these mails; a time in the future is ignored."""
        newest = max([self.newest, *(entry.at for entry in entries if entry.at <= now + AHEAD)])
        return replace(self, uid=max(self.uid, entries[-1].uid), newest=newest)


async def end_of(imap: Imap, now: Millis) -> Place:
    """The place after everything that is in the inbox now."""
    uidvalidity = await imap.select()
    last = (await imap.search("UID", "*"))[-1:]
    newest = min(now, max((entry.at for entry in await imap.entries(last)), default=0)) if last else 0
    return Place(uidvalidity=uidvalidity, uid=max(last, default=0), newest=newest, start=newest + 1 if last else 0)


class Inbox:
    """The inbox of a mailbox, read from a cursor on."""

    def __init__(self, imap: Imap, reading: Reading, clock: Clock) -> None:
        self._imap = imap
        self._reading = reading
        self._clock = clock

    async def batches(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Everything after the cursor, without end; see ``Session.events``."""
        uidvalidity = await self._imap.select()
        place = Place.load(cursor) if cursor else await end_of(self._imap, self._clock.now())
        self._reading = replace(self._reading, plain_until=place.plain_until)
        if place.uidvalidity != uidvalidity:
            renumbered = await self._renumbered(place)
            async for arrivals, _ in self._read(await self._since(place)):
                yield Batch(arrivals=arrivals)
            place = renumbered
        yield Batch(cursor=place.dump())
        while True:
            async for arrivals, entries in self._read(await self._after(place)):
                place = place.after(entries, self._clock.now())
                yield Batch(arrivals=arrivals, cursor=place.dump())
            await self._news()
            yield Batch()

    async def _news(self) -> None:
        if self._imap.can_idle:
            await self._imap.idle(_QUIET)
        else:
            await self._clock.sleep(_POLL)
        await self._imap.noop()

    async def _after(self, place: Place) -> Sequence[Entry]:
        """Mails after the place; ``n:*`` always includes the last mail, even if its number is below n (RFC 9051 §9)."""
        uids = await self._imap.search("UID", f"{place.uid + 1}:*")
        return await self._entries([uid for uid in uids if uid > place.uid])

    async def _renumbered(self, place: Place) -> Place:
        """The place in the new numbering; determined before the old mails are read again, so that none is missed."""
        end = await end_of(self._imap, self._clock.now())
        return replace(place, uidvalidity=end.uidvalidity, uid=end.uid, newest=max(place.newest, end.newest))

    async def _since(self, place: Place) -> Sequence[Entry]:
        """Mails since shortly before the newest known one, by the server's dates; duplicates are recognised by id."""
        now = self._clock.now()
        since = max(min(place.start, now), min(place.newest, now) - _OVERLAP, 0)
        day = datetime.fromtimestamp(since / 1000, UTC) - _DAY
        entries = await self._entries(await self._imap.search("SINCE", _imap_date(day)))
        return [entry for entry in entries if entry.at >= since or not entry.at]

    async def _entries(self, uids: Sequence[int]) -> Sequence[Entry]:
        windows = [await self._imap.entries(uids[at : at + _WINDOW]) for at in range(0, len(uids), _WINDOW)]
        return [entry for window in windows for entry in window]

    async def _read(self, entries: Sequence[Entry]) -> AsyncIterator[tuple[Sequence[Arrival], Sequence[Entry]]]:
        """Fetch and parse in runs: while one run is parsed and stored, the next is being fetched."""
        runs = [*_runs(entries)]
        coming: asyncio.Task[Sequence[Mail]] | None = None
        try:
            for run, following in zip_longest(runs, runs[1:]):
                mails = await (coming or self._fetch(run))
                coming = asyncio.create_task(self._fetch(following)) if following else None
                yield await asyncio.to_thread(self._understand, mails), run
        finally:
            if coming is not None:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)

    async def _fetch(self, run: Sequence[Entry]) -> Sequence[Mail]:
        return await self._imap.fetch(run, _BEGINNING if run[0].size > _LARGEST else None)

    def _understand(self, mails: Sequence[Mail]) -> Sequence[Arrival]:
        now = self._clock.now()
        return [arrival(mail, self._reading, now) for mail in mails]


def _runs(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Split into runs that are fetched at once, limited in number and bytes."""
    run: list[Entry] = []
    total = 0
    for entry in entries:
        if run and (len(run) == _COUNT or total + entry.size > _RUN):
            yield run
            run, total = [], 0
        run.append(entry)
        total += entry.size
    if run:
        yield run


def _imap_date(day: datetime) -> str:
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{day.day}-{months[day.month - 1]}-{day.year}"
