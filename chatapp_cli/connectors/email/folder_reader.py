"""Reading one folder: everything after a place in order, in pieces of a bounded size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import NamedTuple

from chatapp_cli.connectors.email.convert import arrival
from chatapp_cli.connectors.email.fetching import Fetching
from chatapp_cli.connectors.email.imap import INBOX, Entry, Imap
from chatapp_cli.connectors.email.incoming import Mail, Reading
from chatapp_cli.connectors.email.known import Known, Spot
from chatapp_cli.connectors.email.missed import Missed, stand_in, stand_in_id
from chatapp_cli.connectors.email.places import Place
from chatapp_cli.domain.arrival import Arrival, MessageArrived
from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.world import Clock

_COUNT = 50
"""Mails fetched at once: aioimaplib needs quadratic time in the lines of an answer."""
_RUN = 4 * 1024 * 1024
"""Bytes fetched at once, unless a single mail is larger."""
_SIGN = 30.0
"""Seconds of a transfer after which a sign of life is given."""
_OVERLAP = 2 * 24 * 3600 * 1000
"""Milliseconds before the newest known mail that are read again when the server has renumbered its mails."""
_ONE_DAY = 24 * 3600 * 1000
"""Milliseconds."""


class Run(NamedTuple):
    """Mails that were fetched at once."""

    arrivals: Sequence[Arrival] = ()
    entries: Sequence[Entry] = ()
    missed: Sequence[Spot] = ()
    """Those of them for which only something stands."""


class Step(NamedTuple):
    """Mails of a folder, and the place behind them if it is known by then."""

    run: Run
    place: Place | None


async def end_of(imap: Imap, now: Millis, folder: str = INBOX) -> Place:
    """The place after everything that is in a folder now."""
    uidvalidity = await _enter(imap, folder)
    last = (await imap.search("UID", "*"))[-1:]
    newest = min(now, max((entry.at for entry in await imap.entries(last)), default=0)) if last else 0
    return Place(uidvalidity=uidvalidity, uid=max(last, default=0), newest=newest, start=newest + 1 if last else 0)


async def _enter(imap: Imap, folder: str) -> int:
    """Enter a folder; only in the inbox the server is to be told that its mails are no longer recent."""
    if imap.inside == folder:
        return imap.uidvalidity
    return await (imap.select(folder) if folder == INBOX else imap.examine(folder))


class FolderReader:
    """One folder of a mailbox.

    In the folder of sent mail (``sent``) every mail is ours.
    """

    def __init__(
        self, imap: Imap, name: str, reading: Reading, clock: Clock, known: Known, *, sent: bool = False
    ) -> None:
        self.name = name
        self.sent = sent
        self._imap = imap
        self._reading = reading
        self._clock = clock
        self._known = known
        self._fetching = Fetching(imap, name, clock, known, sent=sent)

    async def enter(self) -> None:
        """Enter the folder."""
        await _enter(self._imap, self.name)

    async def renumbered(self, place: Place) -> AsyncGenerator[Step, None]:
        """What came since shortly before the newest known mail, if the server renumbered; duplicates have known ids.

        The new place is determined before the old mails are read again, so that none is missed.
        """
        if await _enter(self._imap, self.name) == place.uidvalidity:
            return
        end = await end_of(self._imap, self._clock.now(), self.name)
        async for run in self.read(await self._since(place)):
            yield Step(run, None)
        newest = max(place.newest, end.newest)
        yield Step(Run(), replace(place, uidvalidity=end.uidvalidity, uid=end.uid, newest=newest))

    async def news(self, place: Place) -> AsyncGenerator[Step, None]:
        """What came after a place, also if the server has renumbered since."""
        async for step in self.renumbered(place):
            place = step.place or place
            yield step
        await self.enter()
        async for run in self.read(await self._after(place)):
            if run.entries:
                place = place.after(run.entries, self._clock.now())
            yield Step(run, place if run.entries else None)

    async def between(self, since: Millis, until: Millis) -> Sequence[Entry]:
        """The mails received in a period, by the server's dates."""
        await self.enter()
        day = datetime.fromtimestamp(max(since, 0) / 1000, UTC) - timedelta(days=1)
        entries = await self._fetching.entries(await self._imap.search("SINCE", _imap_date(day)))
        return [entry for entry in entries if since <= entry.at < until]

    async def old(self, entries: Sequence[Entry], settled_before: Millis) -> AsyncGenerator[Run, None]:
        """Mails from before the binding; of those received before that time nobody needs to be told."""
        await self.enter()
        async for run in self.read(entries, settled_before):
            yield run

    async def once_more(self, place: Place, spot: Spot) -> Run | None:
        """Ask again for a mail that was not handed out; ``None`` if there is no such mail any more."""
        await self.enter()
        entries = await self._fetching.entries([spot.uid]) if self._imap.uidvalidity == spot.uidvalidity else ()
        mails = await self._fetching.mails(entries) if entries else ()
        if not mails:
            return None
        run = await self._understood(entries, mails, place.start - _ONE_DAY)
        return run._replace(arrivals=[replace(one, replaces=stand_in_id(spot)) for one in run.arrivals])

    async def _after(self, place: Place) -> Sequence[Entry]:
        """Mails after the place; ``n:*`` always includes the last mail, even if its number is below n (RFC 9051 §9)."""
        uids = await self._imap.search("UID", f"{place.uid + 1}:*")
        return await self._fetching.entries([uid for uid in uids if uid > place.uid])

    async def _since(self, place: Place) -> Sequence[Entry]:
        """Mails since shortly before the newest known one, by the server's dates."""
        now = self._clock.now()
        since = max(min(place.start, now), min(place.newest, now) - _OVERLAP, 0)
        day = datetime.fromtimestamp(since / 1000, UTC) - timedelta(days=1)
        entries = await self._fetching.entries(await self._imap.search("SINCE", _imap_date(day)))
        return [entry for entry in entries if entry.at >= since or not entry.at]

    async def read(self, entries: Sequence[Entry], settled_before: Millis = 0) -> AsyncIterator[Run]:
        """Fetch and parse in runs: while one run is parsed and stored, the next is being fetched.

        During a long transfer runs without mails come as signs of life.
        """
        runs = [*_runs(entries, self._fetching.is_suspect)]
        coming: asyncio.Task[Sequence[Mail | Missed]] | None = None
        try:
            for run, following in zip_longest(runs, runs[1:]):
                coming = coming or asyncio.create_task(self._fetching.mails(run))
                while not (await asyncio.wait({coming}, timeout=_SIGN))[0]:
                    yield Run()
                mails = await coming
                coming = asyncio.create_task(self._fetching.mails(following)) if following else None
                yield await self._understood(run, mails, settled_before)
        finally:
            if coming is not None:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)

    async def _understood(self, run: Sequence[Entry], mails: Sequence[Mail | Missed], settled_before: Millis) -> Run:
        arrivals = await asyncio.to_thread(self._understand, mails, settled_before)
        self._note(mails, arrivals)
        return Run(arrivals, run, [mail.spot for mail in mails if isinstance(mail, Missed)])

    def _understand(self, mails: Sequence[Mail | Missed], settled_before: Millis) -> Sequence[Arrival]:
        now = self._clock.now()
        told = (replace(mail, sent=self.sent, settled=0 < mail.at < settled_before) for mail in mails)
        return [
            stand_in(mail, self._reading, now) if isinstance(mail, Missed) else arrival(mail, self._reading, now)
            for mail in told
        ]

    def _note(self, mails: Sequence[Mail | Missed], arrivals: Sequence[Arrival]) -> None:
        """Remember where mails of others lie, to mark them there when they were read or answered."""
        for mail, one in zip(mails, arrivals, strict=True):
            for event in one.events:
                if isinstance(mail, Mail) and isinstance(event, MessageArrived) and not event.from_us:
                    spot = Spot(self.name, self._imap.uidvalidity, mail.uid)
                    self._known.note_read(event.ext_id, event.spare_id or event.ext_id, spot)


def _runs(entries: Sequence[Entry], is_alone: Callable[[Entry], bool]) -> Iterator[Sequence[Entry]]:
    """Split into runs that are fetched at once, limited in number and bytes; some mails are runs of their own."""
    run: list[Entry] = []
    total = 0
    for entry in entries:
        if run and (len(run) == _COUNT or total + entry.size > _RUN or is_alone(entry) or is_alone(run[-1])):
            yield run
            run, total = [], 0
        run.append(entry)
        total += entry.size
    if run:
        yield run


def _imap_date(day: datetime) -> str:
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{day.day}-{months[day.month - 1]}-{day.year}"
