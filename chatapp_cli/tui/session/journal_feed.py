"""Follows the journal: what any process did to the store is on the screen a moment later."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing

from textual.message import Message

from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal.base import JournalEvent
from chatapp_cli.domain.journal.channels import ChannelEvent
from chatapp_cli.domain.journal.dialogs import Returned
from chatapp_cli.domain.journal.presence import DraftEvent, PresenceEvent
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.runtime.journal_tail import PollPace
from chatapp_cli.services import journal
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.session.workspace import Workspace

PACE = 0.11
"""Seconds from one piece of news to the next on the whole: nine repaints a second, however much happens."""
MOST = 2_000
"""Pieces of news taken at once; more than that is as good as everything having changed."""


class JournalAdvanced(Message):
    """What happened since the last one."""

    def __init__(self, rows: Sequence[JournalEntry]) -> None:
        super().__init__()
        self.rows = rows
        self.events = [row.event for row in rows]

    def lasting(self) -> JournalAdvanced:
        """Without what passes: who is where, and what is only being written."""
        return JournalAdvanced([row for row in self.rows if not isinstance(row.event, (PresenceEvent, DraftEvent))])

    def dialogs(self) -> set[DialogId]:
        """Dialogs that changed."""
        return {event.dialog for event in self.events if event.dialog is not None}

    def channels(self) -> set[ChannelId]:
        """Channels that changed themselves, not what goes through them."""
        return {event.channel for event in self.events if isinstance(event, ChannelEvent)}

    def messages(self, dialog: DialogId) -> set[MessageId]:
        """Messages of one dialog that changed."""
        return {event.message for event in self.events if event.message is not None and event.dialog == dialog}

    def returned(self) -> set[DialogId]:
        """Dialogs that were put off until now."""
        return {row.event.dialog for row in self.rows if isinstance(row.event, Returned) and not row.actor}

    def any_of(self, *kinds: type[JournalEvent]) -> bool:
        """Whether an event of one of these types is among them."""
        return any(isinstance(event, kinds) for event in self.events)


class JournalFeed:
    """Remembers how far the journal was read."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._seen = -1
        self._due = 0.0

    async def start(self) -> None:
        """Only what happens from now on is news."""
        self._seen = await self._workspace.read(journal.last)

    async def next(self) -> Sequence[JournalEntry]:
        """Wait for news; those after a rest come at once, and so does one that follows them closely."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._due - loop.time())
        with closing(await self._workspace.store.off_loop(self._workspace.company.database.pulse)) as pulse:
            pace = PollPace(self._workspace.company.world.clock, pulse)
            while True:
                if pulse.beats() and (rows := await self._workspace.read(self._look)):
                    self._seen = rows[-1].id
                    self._due = max(self._due + PACE, loop.time())
                    return rows
                await asyncio.sleep(pace.pause)

    def _look(self, tx: Tx) -> list[JournalEntry]:
        return journal.after(tx, self._seen, n=MOST) if journal.last(tx) > self._seen else []
