"""What is done in the mailbox beside reading: copies of sent mails filed and flags set, over one connection.

Nobody waits long for it, and its failures fail neither sending nor reading.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import structlog

from chatapp_cli.connectors.email import folders, imap
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.email.compose import Letter
from chatapp_cli.connectors.email.copies import Copies
from chatapp_cli.connectors.email.identity import plain_id
from chatapp_cli.connectors.email.known import Known, remember
from chatapp_cli.connectors.email.reuse import Reused
from chatapp_cli.domain.errors import Busy, ChannelError, Retryable, StoreError
from chatapp_cli.ports.memory import Memory
from chatapp_cli.ports.world import Clock

_log = structlog.get_logger(__name__)

SEEN = "\\Seen"
ANSWERED = "\\Seen \\Answered"
_IDLE = 60.0
"""Seconds after which the connection is closed."""
_PATIENCE = 10.0
"""Seconds for which a sender waits until its copy is filed."""
_TRIES = 3
"""How often the server may refuse a copy or a flag."""
_MOST_FLAGS = 2000
"""Mails that wait for their flags."""
_LONGEST_PAUSE = 60.0


class Filing:
    """Files copies in the mailbox of one session, and sets flags there."""

    def __init__(self, account: Account, clock: Clock, known: Known, memory: Memory) -> None:
        self._account = account
        self._clock = clock
        self._known = known
        self._connection = Reused(partial(imap.connect, account), imap.Imap.noop, clock, idle=_IDLE)
        self._copies = Copies(memory)
        self._flags: OrderedDict[str, str] = OrderedDict()
        self._marked: OrderedDict[str, str] = OrderedDict()
        self._overflowed = False
        self._refusals = 0
        self._failures = 0
        self._news = asyncio.Event()
        self._news.set()
        self._progress = asyncio.Condition()

    async def run(self) -> None:
        """Work until cancelled, first on what earlier sessions left."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._work()
                self._failures = 0
            except ChannelError as error:
                await self._fail(error)
            except (StoreError, Busy) as error:
                await self._fail(Retryable("unexpected", str(error)))
            except Exception as error:  # noqa: BLE001 - a mistake with one of them must not keep the others waiting
                _log.exception("errand failed")
                await self._give_up()
                await self._fail(Retryable("unexpected", type(error).__name__))

    async def finish(self) -> None:
        """Wait until the copies are filed, if that is possible now."""
        await self._done(lambda: not self._copies)
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
        self._news.set()
        await self._done(lambda: letter.message_id not in self._copies)
        await self._copies.keep(letter.message_id)

    def flag(self, ext_ids: Iterable[str], flags: str) -> None:
        """Set flags on these mails of others, unless that was done already or too many wait."""
        for ext_id in ext_ids:
            known = self._flags.get(ext_id) or self._marked.get(ext_id)
            if known in {flags, ANSWERED}:  # an answered mail is marked as read too
                continue
            if len(self._flags) >= _MOST_FLAGS:
                self._warn_of_too_many()
                return
            self._flags[ext_id] = flags
            self._news.set()

    def _warn_of_too_many(self) -> None:
        if not self._overflowed:
            _log.warning("mail not marked", code="too_many", detail=str(_MOST_FLAGS))
        self._overflowed = True

    async def holds(self, message_id: str) -> bool:
        """Whether a mail is in the folder of sent mail."""
        async with self._connection.held() as connection:
            folder = folders.sent_folder(await connection.folders())
            return folder is not None and await _holds(connection, folder.name, message_id)

    async def _done(self, is_done: Callable[[], bool]) -> None:
        """Wait until something is done, or cannot be done now, or some seconds passed."""
        try:
            async with asyncio.timeout(_PATIENCE), self._progress:
                await self._progress.wait_for(lambda: is_done() or self._failures > 0)
        except TimeoutError:
            return

    async def _work(self) -> None:
        await self._copies.recall()
        while self._copies:
            message_id = next(iter(self._copies))
            await self._file(message_id, self._copies.content(message_id))
            await self._copies.remove(message_id)
            await self._progressed()
        while self._flags:
            ext_id, flags = next(iter(self._flags.items()))
            await self._set(ext_id, flags)
            self._remember(ext_id, flags)
            await self._progressed()

    async def _progressed(self) -> None:
        self._refusals = 0
        await self._tell()

    async def _tell(self) -> None:
        async with self._progress:
            self._progress.notify_all()

    def _remember(self, ext_id: str, flags: str) -> None:
        if self._flags.get(ext_id) == flags:
            del self._flags[ext_id]
        remember(self._marked, ext_id, flags)

    async def _fail(self, error: ChannelError) -> None:
        """Give up what the server keeps refusing, and wait before the next attempt."""
        self._failures += 1
        self._refusals += error.code == "imap_refused"
        if self._failures == 1:
            what = "sent mail not filed" if self._copies else "mail not marked"
            _log.warning(what, code=error.code, detail=error.detail)
        if self._refusals >= _TRIES:
            await self._give_up()
        await self._tell()
        await self._clock.sleep(min(_LONGEST_PAUSE, 2.0**self._failures))
        self._news.set()

    async def _give_up(self) -> None:
        self._refusals = 0
        if self._copies:
            await self._copies.give_up("given_up")
        elif self._flags:
            ext_id, _ = self._flags.popitem(last=False)
            _log.warning("mail not marked", code="given_up", detail=ext_id)

    async def _file(self, message_id: str, content: bytes) -> None:
        async with self._connection.held() as connection:
            folder = folders.sent_folder(await connection.folders())
            if folder is None:
                _log.warning("sent mail not filed", code="no_folder", detail=message_id)
            elif not await _holds(connection, folder.name, message_id):
                await connection.append(folder.name, content)

    async def _set(self, ext_id: str, flags: str) -> None:
        """Set flags on a mail; one that is no longer there, or not certainly this one, gets none."""
        async with self._connection.held() as connection:
            for folder, uids in (await self._where(connection, ext_id)).items():
                if connection.inside != folder:
                    await connection.select(folder)
                await connection.add_flags(uids, flags)

    async def _where(self, connection: imap.Imap, ext_id: str) -> Mapping[str, Sequence[int]]:
        spot = self._known.spot(ext_id)
        if spot is not None and await connection.select(spot.folder) == spot.uidvalidity:
            return {spot.folder: (spot.uid,)}
        message_id = plain_id(ext_id)
        if self._known.is_shared(ext_id) or not _is_searchable(message_id):
            return {}
        await connection.select()
        found = await connection.search(*_by_id(message_id))
        return {imap.INBOX: found} if len(found) == 1 else {}


def _is_searchable(message_id: str) -> bool:
    return message_id != "" and message_id.isascii() and message_id.isprintable()


def _by_id(message_id: str) -> tuple[str, ...]:
    quotable = message_id.replace("\\", "\\\\").replace('"', '\\"')
    return ("HEADER", "Message-ID", f'"{quotable}"')


async def _holds(connection: imap.Imap, folder: str, message_id: str) -> bool:
    await connection.select(folder)
    return bool(await connection.search(*_by_id(message_id)))
