"""Passes on who types between the chats of a link and its channels; what fails or comes too often is dropped."""

from __future__ import annotations

from functools import partial

import structlog

from chatapp_cli.domain.crm.events import CrmTyping
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.crm import CrmSession, ShowsClientTyping
from chatapp_cli.runtime.rarely import Rarely
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.wakeup import WakeUp
from chatapp_cli.services import crm_typing
from chatapp_cli.store.rows.crm import LinkRow

log = structlog.get_logger()

AGAIN = 4.0
"""Seconds after which it is told once more that somebody still types: it is shown for five."""
LOOK = 600.0
"""Seconds; nothing is looked for without a sign."""


class CrmTypingSigns:
    """Who types in the chats of one link."""

    def __init__(self, store: AsyncStore, link: LinkRow) -> None:
        self._store, self._link = store, link
        self._clock = store.company.world.clock
        self._employees = Rarely[tuple[str, str, str]](self._clock, AGAIN)
        self._waiting: dict[DialogId, None] = {}
        self._news = WakeUp()

    def client_types(self, dialog: DialogId) -> None:
        """A client types in a dialog of any channel."""
        self._waiting[dialog] = None
        self._news.set()

    async def employee_types(self, event: CrmTyping) -> None:
        """An employee types in a chat."""
        if self._employees.note((event.kind, event.place, event.chat)):
            able = self._store.company.capabilities
            await self._store.write(partial(crm_typing.employee_typed, link=self._link.id, event=event, able=able))

    async def run(self, session: CrmSession) -> None:
        """Show in the CRM that clients type, until cancelled."""
        self._waiting.clear()
        while True:
            await self._news.wait_by(self._clock, LOOK)
            self._news.clear()
            waiting = list(self._waiting)
            self._waiting.clear()
            if isinstance(session, ShowsClientTyping):
                for dialog in waiting:
                    await self._show(session, dialog)

    async def _show(self, session: ShowsClientTyping, dialog: DialogId) -> None:
        crm = manifest(self._link.kind)
        where = await self._store.read(partial(crm_typing.shown, link=self._link.id, dialog=dialog, crm=crm))
        if where is None:
            return
        try:
            await session.typing(*where)
        except ChannelError as error:
            log.debug("crm.typing_unshown", link=self._link.id, code=error.code)
