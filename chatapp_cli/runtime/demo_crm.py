"""The demo's CRMs: linked in the background once the daemon listens, with employees who answer clients there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import structlog

from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.ids import DialogId, LinkId, MessageId
from chatapp_cli.domain.message import Origin
from chatapp_cli.kit import crms
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.runtime import crm_robots, linking
from chatapp_cli.runtime.demo import DemoAsker, DemoStage, Tell, delivered, received, settled, until, until_there
from chatapp_cli.sandbox.directory import crm_sandbox, has_demo
from chatapp_cli.sandbox.stage import CrmSandbox, RobotSandbox
from chatapp_cli.sandbox.town import Townsman
from chatapp_cli.services import channels, links, options, transcript
from chatapp_cli.store.rows.crm import LinkRow

log = structlog.get_logger()

PAUSE = (5.0, 12.0)
"""Seconds between two answers of employees, at least and at most."""


@dataclass(frozen=True, slots=True)
class DemoCrm:
    """A linked CRM, and the customers whose channels are paired with it."""

    crm: CrmSandbox
    link: LinkId
    people: Sequence[Townsman]


CrmLinking: TypeAlias = "asyncio.Task[list[DemoCrm]]"


@asynccontextmanager
async def crms_linked(stage: DemoStage) -> AsyncIterator[CrmLinking]:
    """Link every CRM that has a sandbox, without waiting for it; the CRMs stop serving at the end."""
    async with AsyncExitStack() as stack:
        making = asyncio.create_task(_link_all(stage, stack), name="demo-crms")
        try:
            yield making
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)


async def _link_all(stage: DemoStage, stack: AsyncExitStack) -> list[DemoCrm]:
    address = await stage.address
    if not address:
        return []
    say_where = partial(options.configure_company, changes={"public_url": address})
    await asyncio.to_thread(stage.company.write, say_where)
    made = []
    for kind in await asyncio.to_thread(_kinds):
        crm = await stack.enter_async_context(await asyncio.to_thread(crm_sandbox, kind))
        made.append(await _linked(stage, crm, address))
    return made


def _kinds() -> list[str]:
    return [kind for kind in crms.packages() if has_demo(kind)]


async def _linked(stage: DemoStage, crm: CrmSandbox, address: str) -> DemoCrm:
    """Link a CRM as a person would, and pair the channels that the town names."""
    number = await linking.link(stage.company, DemoAsker(crm.answers), kind=crm.kind)
    row = await asyncio.to_thread(stage.company.read, partial(links.one, link=number))
    await until_there(partial(crm.lets_in, f"{address}/hooks/{row.hook_key}"), what=row.title)
    row = await until(partial(_working, stage, number), what=row.title)
    place = await linking.place_of(stage.company, row, crm.place)
    for channel in await asyncio.to_thread(stage.company.read, channels.everything):
        if channel.kind in stage.town.in_crm:
            await linking.attach(stage.company, row, channel, place, {})
    return DemoCrm(crm, number, [one for one in stage.town.people if one.sandbox.kind in stage.town.in_crm])


def _working(stage: DemoStage, number: LinkId) -> LinkRow | None:
    row = stage.company.read(partial(links.one, link=number))
    return row if row.state == LinkState.OK else None


async def employees(stage: DemoStage, making: CrmLinking, *, pause: tuple[float, float] = PAUSE) -> None:
    """Let employees answer the clients who wait in a CRM, now and then: each client once, the CRMs by turns."""
    try:
        linked = await making
    except ChatappError as error:
        log.warning("demo.no_crm", error=str(error))
        return
    world = stage.company.world
    waiting = [(one.crm, man) for place, one in enumerate(linked) for man in one.people[place :: len(linked)]]
    while waiting:
        await world.clock.sleep(world.chance.between(*pause))
        for crm, man in waiting:
            if await crm.replies(man.customer, stage.town.from_crm):
                waiting.remove((crm, man))
                break


async def play_crm(stage: DemoStage, making: CrmLinking, tell: Tell) -> None:
    """A client of each paired channel writes on for each CRM, and an employee answers there; then a robot writes.

    ``tell`` is called with a word and values for each step. Raises ChatappError.
    """
    linked = await making
    last = {man.sandbox.kind: man for one in linked for man in one.people}
    await asyncio.gather(*(_play_all(stage, linked, man, tell) for man in last.values()))


async def _play_all(stage: DemoStage, linked: Sequence[DemoCrm], man: Townsman, tell: Tell) -> None:
    """One CRM after the other: an answer from one is shown in all of them, and leaves nobody waiting there."""
    for one in linked:
        await _play(stage, one.crm, man, tell)
        if isinstance(one.crm, RobotSandbox) and man is _last(one):
            await _play_robot(stage, one, man, tell)


def _last(one: DemoCrm) -> Townsman:
    """The client to whom the robot of a CRM writes."""
    return one.people[-1]


async def _play_robot(stage: DemoStage, one: DemoCrm, man: Townsman, tell: Tell) -> None:
    """A deal moves on, and a robot there has the desk write to its client."""
    crm, text = one.crm, stage.town.from_robot
    assert isinstance(crm, RobotSandbox)
    row = await asyncio.to_thread(stage.company.read, partial(links.one, link=one.link))
    await crm_robots.install(stage.company, row)
    await crm.robot.writes(man.customer, text)
    await delivered(man, text)
    await until_there(partial(crm.robot.was_answered, text), what=text)
    about = {"crm": crms.manifest(one.crm.kind).title, "channel": manifest(man.sandbox.kind).label}
    tell("crm_robot", {**about, "name": man.customer.name, "text": text})


async def _play(stage: DemoStage, crm: CrmSandbox, man: Townsman, tell: Tell) -> None:
    dialog, _ = await received(stage, man, said := await man.add())
    title, answer = crms.manifest(crm.kind).title, stage.town.from_crm
    about = {"crm": title, "name": man.customer.name, "channel": manifest(dialog.kind).label}
    await until_there(partial(crm.shows, man.customer, said), what=said)
    before = await asyncio.to_thread(_from_crms, stage, dialog.id)
    tell("crm_arrived", {**about, "text": said})
    await until_there(partial(crm.replies, man.customer, answer), what=answer)
    message = (await until(lambda: _from_crms(stage, dialog.id)[len(before) :], what=answer))[0]
    state = await settled(stage, message)
    await delivered(man, answer)
    tell("crm_answered", {**about, "text": answer, "state": state, "message": message})
    deal = await until_there(partial(crm.deal_of, man.customer), what=str(title))
    tell("crm_deal", {**about, "deal": deal})


def _from_crms(stage: DemoStage, dialog: DialogId) -> Sequence[MessageId]:
    """The messages of a dialog that came from CRMs, oldest first."""
    entries = stage.company.read(partial(transcript.latest, dialog=dialog))
    return [one.message.id for one in entries if one.message.origin == Origin.CRM]
