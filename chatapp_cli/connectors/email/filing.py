"""What is done in the mailbox beside reading: copies of sent mails filed and flags set, over one connection.

Nobody waits long for it, and its failures fail neither sending nor reading. Copies and flags do not hold each other up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial

import structlog

from chatapp_cli.connectors.email import folders, imap
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.email.compose import Letter
from chatapp_cli.connectors.email.copies import Copies
from chatapp_cli.connectors.email.errands import ErrandRunner
from chatapp_cli.connectors.email.flags import FlagErrands
from chatapp_cli.connectors.email.known import Known
from chatapp_cli.connectors.email.reuse import Reused
from chatapp_cli.ports.memory import Memory
from chatapp_cli.ports.world import Clock

_log = structlog.get_logger(__name__)

_IDLE = 60.0
"""Seconds after which the connection is closed."""


class CopyErrands:
    """See ``Errands``: the copies that wait are filed in the folder of sent mail."""

    failure = "sent mail not filed"

    def __init__(self, connection: Reused[imap.Imap], copies: Copies) -> None:
        self._connection = connection
        self._copies = copies

    async def do_next(self) -> bool:
        """File the oldest copy, unless it is there or the mailbox has no folder of sent mail."""
        await self._copies.recall()
        message_id = next(iter(self._copies), None)
        if message_id is None:
            return False
        content = self._copies.content(message_id)
        async with self._connection.held() as connection:
            folder = folders.sent_folder(await connection.folders())
            if folder is None:
                _log.warning("sent mail not filed", code="no_folder", detail=message_id)
            elif not await _holds(connection, folder.name, message_id):
                await connection.append(folder.name, content)
        await self._copies.remove(message_id)
        return True

    async def give_up(self) -> None:
        """See ``Errands``."""
        if self._copies:
            await self._copies.give_up("given_up")


class Filing:
    """Files copies in the mailbox of one session, and sets flags there."""

    def __init__(self, account: Account, clock: Clock, known: Known, memory: Memory) -> None:
        self._connection = Reused(partial(imap.connect, account), imap.Imap.noop, clock, idle=_IDLE)
        self._copies = Copies(memory)
        self._flags = FlagErrands(self._connection, known)
        self._filing = ErrandRunner(CopyErrands(self._connection, self._copies), clock)
        self._flagging = ErrandRunner(self._flags, clock)

    async def run(self) -> None:
        """Work until cancelled, first on what earlier sessions left."""
        async with asyncio.TaskGroup() as group:
            for runner in (self._filing, self._flagging):
                group.create_task(runner.run())

    async def finish(self) -> None:
        """Wait until the copies are filed, if that is possible now."""
        await self._filing.wait_for(lambda: not self._copies)
        if lost := self._copies.lost_at_the_end:
            _log.warning("sent mail not filed", code="closed", detail=str(lost))

    async def aclose(self) -> None:
        """Hang up."""
        await self._connection.aclose()

    async def file(self, letter: Letter) -> None:
        """File a copy of a sent mail, now or, if the mailbox cannot be reached, later, even by a later session.

        It is given up, with a warning in the log, if the server refuses it three times, or if more than 100 MB wait.
        """
        await self._copies.add(letter.message_id, letter.content)
        self._filing.wake()
        await self._filing.wait_for(lambda: letter.message_id not in self._copies)
        await self._copies.keep(letter.message_id)

    def flag(self, ext_ids: Iterable[str], flags: str) -> None:
        """Set flags on these mails of others, unless that was done already or too many wait."""
        if self._flags.add(ext_ids, flags):
            self._flagging.wake()

    async def holds(self, message_id: str) -> bool:
        """Whether a mail is in the folder of sent mail."""
        async with self._connection.held() as connection:
            folder = folders.sent_folder(await connection.folders())
            return folder is not None and await _holds(connection, folder.name, message_id)


async def _holds(connection: imap.Imap, folder: str, message_id: str) -> bool:
    await connection.select(folder)
    return bool(await connection.with_message_id(message_id))
