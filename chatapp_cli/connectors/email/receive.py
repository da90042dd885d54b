"""Reading a mailbox over one connection: the inbox at once, other folders now and then, and what came before."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple, Self

import structlog

from chatapp_cli.connectors.email import folders
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.email.errors import ImapRefused
from chatapp_cli.connectors.email.folder_backoff import FolderBackoff
from chatapp_cli.connectors.email.folder_reader import FolderReader, Step, end_of
from chatapp_cli.connectors.email.imap import INBOX, Entry, Imap
from chatapp_cli.connectors.email.known import Known
from chatapp_cli.connectors.email.places import History, Places
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.world import Clock

_log = structlog.get_logger(__name__)
_QUIET = 50.0
"""Seconds without new mail after which the connection is checked."""
_POLL = 30.0
"""Seconds between polls if the server has no IDLE, and between polls of the other folders."""
_AGAIN = 5.0
"""Seconds between polls of the other folders, at least."""
_LISTED = 600.0
"""Seconds between looks at which folders there are."""
_ONE_DAY = 24 * 3600 * 1000
"""Milliseconds."""
_PIECE = 50
"""Old mails fetched before the inbox is looked at again."""
_MOST_OLD = 20_000
"""Old mails fetched at a binding, at most; the newest ones."""


class _Old(NamedTuple):
    """A mail from before the binding."""

    reader: FolderReader
    entry: Entry


async def bound_at(imap: Imap, account: Account, now: Millis) -> Places:
    """The cursor of a new binding: after everything in each folder, and the days before that are still to be read."""
    places = Places(inbox=await end_of(imap, now))
    for folder in await _other_folders(imap, account) or ():
        places = places.at(folder.name, await end_of(imap, now, folder.name))
    since = now - account.history_days * _ONE_DAY
    return replace(places, history=History(since=since, until=now)) if account.history_days else places


async def _other_folders(imap: Imap, account: Account) -> Sequence[folders.Folder] | None:
    """The folders read beside the inbox, that of sent mail first and marked so; ``None`` if the server refuses that."""
    try:
        found = await imap.folders()
    except ImapRefused:
        return None
    return folders.beside_inbox(found, account.folders)


class Mailbox:
    """A mailbox, read from some places on; ``known`` is what the session remembers."""

    def __init__(self, imap: Imap, account: Account, clock: Clock, known: Known, places: Places) -> None:
        self._imap = imap
        self._account = account
        self._places = places
        self._reading = replace(account.reading, plain_until=places.inbox.plain_until)
        self._clock = clock
        self._known = known
        self._others: Sequence[FolderReader] = ()
        self._statuses: dict[str, Sequence[int]] = {}
        self._polled = -math.inf
        self._listed_until = -math.inf
        self._backoff = FolderBackoff()
        self._old: list[_Old] | None = None

    @classmethod
    async def at(cls, cursor: str | None, imap: Imap, account: Account, clock: Clock, known: Known) -> Self:
        """Read from a cursor on; without one, from now on."""
        places = Places.load(cursor) if cursor else await bound_at(imap, account, clock.now())
        return cls(imap, account, clock, known, places)

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """Everything that is not read yet, without end; once. See ``Session.events``."""
        inbox = self._reader(INBOX)
        yield Batch(cursor=self._places.dump())
        while True:
            async for batch in self._news(inbox):
                yield batch
            await self._find_others()
            async for batch in self._polled_others():
                yield batch
            async for batch in self._missed_once_more(inbox):
                yield batch
            async for batch in self._piece_of_history(inbox):
                yield batch
            if self._imap.inside != INBOX:  # nobody tells of what came to it meanwhile
                async for batch in self._news(inbox):
                    yield batch
            names = map(folders.from_modified_utf7, self._backoff.folders)
            yield Batch(not_read=border.name(", ".join(names)))
            if self._places.history is None:
                await self._wait()
                yield Batch()

    def _reader(self, folder: str, *, sent: bool = False) -> FolderReader:
        return FolderReader(self._imap, folder, self._reading, self._clock, self._known, sent=sent)

    async def _wait(self) -> None:
        """Wait for news of the inbox, or until the other folders are to be looked at.

        Not every server tells at the start of IDLE what came shortly before.
        """
        await self._imap.noop()
        if self._imap.can_idle:
            await self._imap.idle(_POLL if self._others else _QUIET)
        else:
            await self._clock.sleep(_POLL)
        await self._imap.noop()

    async def _find_others(self) -> None:
        """Look now and then which other folders there are; if the server refuses to say, the known ones are read."""
        now = self._clock.monotonic()
        if now < self._listed_until:
            return
        found = await _other_folders(self._imap, self._account)
        if found is None:
            self._listed_until = now + _POLL
            return
        self._listed_until = now + _LISTED
        known = {(reader.name, reader.sent): reader for reader in self._others}
        self._others = [known.get((one.name, one.sent)) or self._reader(one.name, sent=one.sent) for one in found]

    async def _news(self, reader: FolderReader) -> AsyncGenerator[Batch, None]:
        """New mails of a folder, from now on if it was never read."""
        place = self._places.of(reader.name)
        if place is None:
            place = await end_of(self._imap, self._clock.now(), reader.name)
            self._places = self._places.at(reader.name, place)
            yield Batch(cursor=self._places.dump())
        async for step in reader.news(place):
            yield self._stepped(reader, step)

    def _stepped(self, reader: FolderReader, step: Step) -> Batch:
        """The batch of a step, with the cursor behind it if that is known."""
        self._places = self._places.with_missed(step.run.missed)
        if step.place is None:
            return Batch(arrivals=step.run.arrivals)
        self._places = self._places.at(reader.name, step.place)
        return Batch(arrivals=step.run.arrivals, cursor=self._places.dump())

    async def _polled_others(self) -> AsyncGenerator[Batch, None]:
        """New mails of the other folders; one that the server refuses is tried again after a pause that grows."""
        if self._clock.monotonic() - self._polled < _AGAIN:
            return
        self._polled = self._clock.monotonic()
        for reader in [one for one in self._others if self._backoff.is_over(one.name, self._polled)]:
            try:
                status = await self._imap.status(reader.name)
                if status and status == self._statuses.get(reader.name):
                    continue
                async for batch in self._news(reader):
                    yield batch
                self._statuses[reader.name] = status
                self._backoff.end(reader.name)
            except ImapRefused as error:
                if self._backoff.begin(reader.name, self._clock.monotonic()):
                    _log.warning("folder not read", folder=reader.name, detail=error.detail)

    async def _missed_once_more(self, inbox: FolderReader) -> AsyncGenerator[Batch, None]:
        """Ask again for what the server did not hand out, when a session begins and then every hour."""
        readers = {reader.name: reader for reader in (inbox, *self._others)}
        for spot in self._places.missed:
            place, reader = self._places.of(spot.folder), readers.get(spot.folder)
            if place and reader and self._known.faults.is_due(spot, self._clock.monotonic()):
                run = await reader.once_more(place, spot)
                if run is None or not run.missed:
                    self._places = self._places.without_missed(spot)
                    yield Batch(arrivals=run.arrivals if run else (), cursor=self._places.dump())

    async def _piece_of_history(self, inbox: FolderReader) -> AsyncGenerator[Batch, None]:
        """A piece of the mails from before the binding, the oldest first; within it folder by folder."""
        history = self._places.history
        if history is None:
            return
        if self._old is None:
            self._old = await self._mails_of(history, (inbox, *self._others))
        piece, self._old = self._old[:_PIECE], self._old[_PIECE:]
        for reader in dict.fromkeys(old.reader for old in piece):
            await reader.enter()
            if not self._is_numbered_so(reader):
                self._old = None
                return
            mine = [old.entry for old in piece if old.reader is reader]
            async for run in reader.old(mine, history.until - _ONE_DAY):
                yield self._stepped(reader, Step(run, None))
        left = replace(history, since=piece[-1].entry.at) if self._old else None
        self._places = replace(self._places, history=left)
        yield Batch(cursor=self._places.dump())

    def _is_numbered_so(self, reader: FolderReader) -> bool:
        """Whether the entered folder has the numbers that its place is from."""
        place = self._places.of(reader.name)
        return place is None or place.uidvalidity == self._imap.uidvalidity

    async def _mails_of(self, history: History, readers: Iterable[FolderReader]) -> list[_Old]:
        found = [_Old(one, entry) for one in readers for entry in await one.between(history.since, history.until)]
        return sorted(found, key=lambda old: old.entry.at)[-_MOST_OLD:]
