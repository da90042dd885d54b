"""Downloads files that arrived as references, a few at a time, without delaying messages."""

from __future__ import annotations

import asyncio
from functools import partial

from chatapp_cli.domain.errors import ChannelError, RateLimited, Rejected
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.connector import FetchesFiles
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.tasks import raise_if_cancelled
from chatapp_cli.runtime.wakeup import WakeUp
from chatapp_cli.services import files
from chatapp_cli.services.outbox import backoff
from chatapp_cli.store.rows.messages import FileRow

AT_ONCE = 2
LONGEST_NAP = 30.0


class Fetcher:
    """Downloads for one channel while its session is up."""

    def __init__(self, store: AsyncStore, channel: ChannelId) -> None:
        self._store = store
        self._channel = channel
        self._wakeup = WakeUp()

    def wake(self) -> None:
        """Wake it: there may be something to download."""
        self._wakeup.set()

    async def run(self, session: FetchesFiles) -> None:
        """Download until cancelled."""
        while True:
            raise_if_cancelled()
            wanted = await self._store.read(partial(files.wanted, channel=self._channel, n=AT_ONCE))
            if wanted:
                await asyncio.gather(*(self._fetch(session, file) for file in wanted))
            else:
                await self._wakeup.wait(LONGEST_NAP)

    async def _fetch(self, session: FetchesFiles, file: FileRow) -> None:
        media = self._store.company.media
        scratch = await self._store.off_loop(media.scratch)
        try:
            await session.fetch(file.remote, scratch)
            sha256, size = await self._store.off_loop(partial(media.adopt, scratch))
        except Rejected as error:
            await self._store.write(partial(files.missing, file=file, code=error.code))
        except ChannelError as error:
            seconds = error.retry_after if isinstance(error, RateLimited) else backoff(file.attempts + 1)
            await self._store.write(partial(files.later, file=file, code=error.code, seconds=seconds))
        else:
            await self._store.write(partial(files.here, file=file, sha256=sha256, size=size))
        finally:
            scratch.unlink(missing_ok=True)
