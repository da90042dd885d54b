"""Applies what a CRM told: fetches the files of its messages, and accepts them for sending."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import structlog

from chatapp_cli.domain.crm import CrmEvent, CrmWrote, RemoteFile
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import ChannelError, ChatappError, NotFound, Rejected, StoreError
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.text import T
from chatapp_cli.ports.crm import CrmSession
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.wakeup import WakeUp
from chatapp_cli.services import crm_intake, files, ledger
from chatapp_cli.services.crm_intake import CrmContext, NotYet
from chatapp_cli.store.rows.crm import CrmArrivedRow

log = structlog.get_logger()

LOOK = 30.0
"""Seconds after which it looks even without a wake-up."""
FOR_UNKNOWN = 2.0
"""Seconds until an event is tried again that came before what it is about; doubled each time."""


class LinkInbox:
    """The events of one link."""

    def __init__(self, store: AsyncStore, link: LinkId) -> None:
        self._store = store
        self._link = link
        self._clock = store.company.world.clock
        self._news = WakeUp()

    def wake(self) -> None:
        """Wake it: the CRM told something."""
        self._news.set()

    async def run(self, session: CrmSession) -> None:
        """Apply events until cancelled."""
        while True:
            self._news.clear()
            await self._turn(session)
            due = await self._store.read(partial(crm_intake.next_due, link=self._link))
            later = LOOK if due is None else (due - self._clock.now()) / 1000
            await self._news.wait_by(self._clock, min(max(later, 0.01), LOOK))

    async def _turn(self, session: CrmSession) -> None:
        """Apply what may be applied now; in a chat a message waits for those before it."""
        held: set[tuple[str, str]] = set()
        for row in await self._store.read(partial(crm_intake.waiting, link=self._link)):
            try:
                event = crm_intake.event_of(row)
            except ValueError as error:
                await self._store.write(partial(crm_intake.die, row=row, problem=str(error)))
                continue
            where = _chat_of(event)
            waits = row.next_at > self._clock.now() or where in held
            if not waits:
                waits = not await self._apply(session, row, event)
            if waits and where is not None and isinstance(event, CrmWrote):
                held.add(where)

    async def _apply(self, session: CrmSession, row: CrmArrivedRow, event: CrmEvent) -> bool:
        """Apply an event; false if it is tried again later."""
        try:
            staged = await self._fetched(session, event.files) if isinstance(event, CrmWrote) else ()
            context = CrmContext(able=self._store.company.capabilities, files=staged)
            await self._store.write(partial(crm_intake.apply, row=row, event=event, context=context))
        except StoreError:
            raise
        except Rejected as error:
            await self._reject(row, event, error)
        except (NotYet, ChannelError) as error:
            await self._put_off(row, error)
            return False
        except NotFound as error:
            await self._store.write(partial(crm_intake.die, row=row, problem=str(error.what)))
        except ChatappError as error:
            await self._put_off(row, error)
            return False
        except Exception as error:  # a mistake of ours in one event must not keep the others
            log.exception("crm.not_applied", link=self._link, arrived=row.id)
            await self._put_off(row, ChatappError(T("{error}", error=type(error).__name__)))
            return False
        return True

    async def _reject(self, row: CrmArrivedRow, event: CrmEvent, error: Rejected) -> None:
        if isinstance(event, CrmWrote):
            why = ChatappError(
                T("A file cannot be fetched from the CRM: {code} {detail}", code=error.code, detail=error.detail)
            )
            await self._store.write(partial(crm_intake.reject, row=row, event=event, refusal=why))
        else:
            await self._store.write(partial(crm_intake.die, row=row, problem=error.code))

    async def _put_off(self, row: CrmArrivedRow, error: ChatappError) -> None:
        seconds = min(ledger.LONGEST_WAIT, FOR_UNKNOWN * 2.0**row.tries)
        await self._store.write(partial(crm_intake.put_off, row=row, problem=str(error.what), seconds=seconds))

    async def _fetched(self, session: CrmSession, remote: Sequence[RemoteFile]) -> Sequence[StagedFile]:
        return [await self._staged(session, file) for file in remote]

    async def _staged(self, session: CrmSession, file: RemoteFile) -> StagedFile:
        media = self._store.company.media
        scratch = await self._store.off_loop(media.scratch)
        try:
            await session.fetch(file.address, scratch)
            return await self._store.off_loop(partial(files.adopt, media, scratch, name=file.name, mime=file.mime))
        finally:
            await self._store.off_loop(partial(scratch.unlink, missing_ok=True))


def _chat_of(event: CrmEvent) -> tuple[str, str] | None:
    place, chat = getattr(event, "place", None), getattr(event, "chat", None)
    return None if place is None or chat is None else (place, chat)
