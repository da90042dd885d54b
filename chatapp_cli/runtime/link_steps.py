"""Carries out steps of automations: asks the CRM whom they are for, and fetches the file that goes with them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chatapp_cli.domain.crm.cards import ClientOfCard
from chatapp_cli.domain.crm.events import CrmStepAsked
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import NotFound, Rejected
from chatapp_cli.domain.text import T
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.crm import CrmSession, RunsSteps
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import crm_intake, files, words
from chatapp_cli.services.crm_intake import CrmContext
from chatapp_cli.services.crm_steps import EVERYBODY
from chatapp_cli.store.rows.crm import CrmArrivedRow, LinkRow


class StepKeeper:
    """The steps of one link."""

    def __init__(self, store: AsyncStore, link: LinkRow) -> None:
        self._store = store
        self._link = link

    async def apply(self, session: CrmSession, row: CrmArrivedRow, event: CrmStepAsked) -> None:
        """Accept the messages of a step, or have the CRM told why not. Raises ChannelError for what passes by.

        One whose time is over is only done with: the ledger tells it.
        """
        able = self._store.company.capabilities
        try:
            context = CrmContext(able=able)
            if event.until > self._store.company.world.clock.now():
                people = await _people(session, event)
                context = CrmContext(able=able, people=people, files=await self._files(session, event))
        except Rejected as error:
            why = words.why_there(manifest(self._link.kind), error.code, error.detail)[0]
            context = CrmContext(able=able, hindrance=why)
        await self._store.write(partial(crm_intake.apply, row=row, event=event, context=context))

    async def _files(self, session: CrmSession, event: CrmStepAsked) -> Sequence[StagedFile]:
        """The file of a step, fetched. Raises Rejected for one that is gone, too big or inside our network."""
        if not event.file:
            return ()
        media = self._store.company.media
        scratch = await self._store.off_loop(media.scratch)
        try:
            name, mime = await _able(session).fetch_link(event.file, scratch)
            return [await self._store.off_loop(partial(files.adopt, media, scratch, name=name, mime=mime))]
        finally:
            await self._store.off_loop(partial(scratch.unlink, missing_ok=True))


async def _people(session: CrmSession, event: CrmStepAsked) -> Sequence[ClientOfCard]:
    """Whom a step is for, as the CRM tells; nobody if it names an address itself."""
    if event.address:
        return ()
    return await _able(session).contacts_of(event.card, everyone=event.whom == EVERYBODY)


def _able(session: CrmSession) -> RunsSteps:
    """The session, if its CRM has automations that ask us. Raises NotFound."""
    if not isinstance(session, RunsSteps):
        raise NotFound(T("This CRM has no automations that ask the desk."))
    return session
