"""Reads the journal while the window is open: what any process wrote to the store is shown a moment later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from textual.message import Message

from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal.base import JournalEvent
from chatapp_cli.domain.journal.channels import ChannelEvent
from chatapp_cli.domain.journal.dialogs import DialogMoved, Returned
from chatapp_cli.domain.journal.presence import DraftEvent, PresenceEvent
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.session.workspace import Workspace

if TYPE_CHECKING:
    from chatapp_cli.domain.journal.reading import JournalEntry

PACE = 0.11
"""Seconds between two batches of entries on average: at most nine repaints a second."""
MOST = 2_000
"""Journal entries read at once."""
RETRY = 1.0
"""Seconds after which a failed look into the journal is repeated."""
Work: TypeAlias = Callable[[], Awaitable[object]]


class JournalAdvanced(Message):
    """New entries of the journal."""

    def __init__(self, rows: Sequence[JournalEntry]) -> None:
        super().__init__()
        self.rows = rows
        self.events = [row.event for row in rows]

    def lasting(self) -> JournalAdvanced:
        """The same entries without presence and drafts."""
        return JournalAdvanced([row for row in self.rows if not isinstance(row.event, (PresenceEvent, DraftEvent))])

    def dialogs(self) -> set[DialogId]:
        """Dialogs that changed, those that became part of another one among them."""
        merged = {DialogId(event.old) for event in self.events if isinstance(event, DialogMoved) and event.old}
        return merged | {event.dialog for event in self.events if event.dialog is not None}

    def channels(self) -> set[ChannelId]:
        """Channels whose own state changed; messages that they carry do not count."""
        return {event.channel for event in self.events if isinstance(event, ChannelEvent)}

    def messages(self, dialog: DialogId) -> set[MessageId]:
        """Messages of one dialog that changed."""
        return {event.message for event in self.events if event.message is not None and event.dialog == dialog}

    def returned(self) -> set[DialogId]:
        """Dialogs whose snooze has ended."""
        return {row.event.dialog for row in self.rows if isinstance(row.event, Returned) and not row.actor}

    def any_of(self, *kinds: type[JournalEvent]) -> bool:
        """Whether an event of one of these types is among them."""
        return any(isinstance(event, kinds) for event in self.events)


class JournalFeed:
    """Reads new entries of the journal, from the last one that was read."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._seen = -1
        self._due = 0.0

    async def start(self) -> None:
        """Begin after the entries that the journal has now."""
        from chatapp_cli.services import journal

        self._seen = await self._workspace.read(journal.last)

    async def next(self) -> Sequence[JournalEntry]:
        """Wait for new entries. After a quiet time they are returned at once, otherwise `PACE` apart on average."""
        from chatapp_cli.runtime.journal_tail import PollPace

        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._due - loop.time())
        with closing(await self._workspace.store.off_loop(self._workspace.company.database.pulse)) as pulse:
            pace = PollPace(self._workspace.company.world.clock, pulse)
            while True:
                if pulse.beats() and (rows := await self._workspace.read(self._new)):
                    self._seen = rows[-1].id
                    self._due = max(self._due + PACE, loop.time())
                    return rows
                await asyncio.sleep(pace.pause)

    def _new(self, tx: Tx) -> list[JournalEntry]:
        from chatapp_cli.services import journal

        return journal.after(tx, self._seen, n=MOST) if journal.last(tx) > self._seen else []


async def watch_journal(
    workspace: Workspace,
    attempt: Callable[[Work], Awaitable[bool]],
    hear: Callable[[JournalAdvanced], Awaitable[None]],
    *,
    started: Work | None = None,
) -> None:
    """Pass everything that happens from now on to ``hear``, until cancelled; errors of the store do not end it.

    ``attempt`` runs something, reports its error and returns whether it succeeded. ``started`` runs once, before the
    first entries.
    """
    feed = JournalFeed(workspace)
    while not await attempt(feed.start):  # noqa: ASYNC110 - the store does not say when it is back
        await asyncio.sleep(RETRY)
    if started is not None:
        await attempt(started)
    while True:
        if not await attempt(partial(_hear_next, feed, hear)):
            await asyncio.sleep(RETRY)


async def _hear_next(feed: JournalFeed, hear: Callable[[JournalAdvanced], Awaitable[None]]) -> None:
    await hear(JournalAdvanced(await feed.next()))
