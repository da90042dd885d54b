"""Carries out what automations ask for: asks the CRM whom a step is for, and fetches the files that go with it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chatapp_cli.domain.crm.cards import ClientOfCard
from chatapp_cli.domain.crm.events import CrmEvent, CrmStepAsked, RobotAsked
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import NotFound, Rejected
from chatapp_cli.domain.robot import DOCUMENT, FILE, FORMAT, known
from chatapp_cli.domain.text import T
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.crm import CrmSession, RunsRobots, RunsSteps
from chatapp_cli.runtime.link_files import Fetch, staged, uploaded
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import crm_intake, words
from chatapp_cli.services.act_whom import listed
from chatapp_cli.services.crm_intake import CrmContext
from chatapp_cli.services.crm_steps import EVERYBODY
from chatapp_cli.store.rows.crm import CrmArrivedRow, LinkRow


def asks_first(event: CrmEvent) -> bool:
    """Whether the CRM has to be asked before an automation's event can be applied: for a file, or for whom it is."""
    if isinstance(event, RobotAsked):
        robot = known(event.robot)
        return robot is not None and bool(robot.files(event.arguments))
    return isinstance(event, CrmStepAsked) and bool(event.file or event.upload or not event.address)


class StepKeeper:
    """The steps and robots of one link's automations."""

    def __init__(self, store: AsyncStore, link: LinkRow) -> None:
        self._store = store
        self._link = link

    async def apply(self, session: CrmSession, row: CrmArrivedRow, event: CrmStepAsked | RobotAsked) -> None:
        """Do what is asked, or have the CRM told why not. Raises ChannelError for what passes by.

        What is asked for too late is only done with: the ledger tells it.
        """
        able = self._store.company.capabilities
        try:
            context = CrmContext(able=able)
            if event.until is None or event.until > self._store.company.world.clock.now():
                people = await _people(session, event) if isinstance(event, CrmStepAsked) else ()
                context = CrmContext(able=able, people=people, files=await self._files(session, event))
        except Rejected as error:
            why = words.what_there(manifest(self._link.kind), error.code, error.detail)
            context = CrmContext(able=able, hindrance=why)
        await self._store.write(partial(crm_intake.apply, row=row, event=event, context=context))

    async def _files(self, session: CrmSession, event: CrmStepAsked | RobotAsked) -> Sequence[StagedFile]:
        """The files of an event, fetched. Raises Rejected for one that is gone, too big or inside our network."""
        if isinstance(event, CrmStepAsked) and event.upload:
            return [await uploaded(self._store, self._link.id, event.upload)]
        return [await staged(self._store, fetch) for fetch in _fetches(session, event)]


def _fetches(session: CrmSession, event: CrmStepAsked | RobotAsked) -> Sequence[Fetch]:
    """How each file of an event is fetched."""
    if isinstance(event, CrmStepAsked):
        return [partial(_asking(session).fetch_link, event.file)] if event.file else []
    able, said = _with_robots(session), event.arguments
    kind = said.get(FORMAT.name, "").strip() or FORMAT.default
    return [
        *(partial(able.fetch_disk_file, one) for one in listed(said.get(FILE.name, ""))),
        *(partial(able.fetch_document, one, kind=kind) for one in listed(said.get(DOCUMENT.name, ""))),
    ]


async def _people(session: CrmSession, event: CrmStepAsked) -> Sequence[ClientOfCard]:
    """Whom a step is for, as the CRM tells; nobody if it names an address itself."""
    if event.address:
        return ()
    return await _asking(session).contacts_of(event.card, everyone=event.whom == EVERYBODY)


def _asking(session: CrmSession) -> RunsSteps:
    """The session, if its CRM has bots that ask us. Raises NotFound."""
    if not isinstance(session, RunsSteps):
        raise NotFound(T("This CRM has no automations that ask the desk."))
    return session


def _with_robots(session: CrmSession) -> RunsRobots:
    """The session, if its CRM has robots of ours. Raises NotFound."""
    if not isinstance(session, RunsRobots):
        raise NotFound(T("This CRM has no robots of the desk."))
    return session
