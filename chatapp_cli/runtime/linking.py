"""Linking a CRM, pairing channels with its places, and unlinking it, with or without a daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain import next_step
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.crm.letter import SupportLetter
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.crm.questions import CrmQuestion
from chatapp_cli.domain.errors import ChannelError, ChatappError, NotFound
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.domain.ids import LinkId, PairingId
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.crms import manifest, require_address
from chatapp_cli.ports.bind import Asker
from chatapp_cli.ports.connector import Finding
from chatapp_cli.ports.crm import KnowsAccess, WritesToSupport
from chatapp_cli.runtime import link_ending
from chatapp_cli.runtime.asking_crm import asked, explained, own_session
from chatapp_cli.runtime.link import public_url
from chatapp_cli.runtime.memory import bound_link
from chatapp_cli.services import links, pairings
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.crm import LinkRow


async def link(company: Company, ask: Asker, *, kind: str, previous: LinkRow | None = None) -> LinkId:
    """Link a CRM, or renew a link; it works once the CRM has given tokens. Raises what the asker raises."""
    await asyncio.to_thread(company.require, Right.CRM)
    address = await asyncio.to_thread(company.read, partial(public_url, company=company))
    if manifest(kind).always_called:
        require_address(address)
    crm = await asyncio.to_thread(company.crm, kind)
    old = None
    if previous is not None:
        old = await asyncio.to_thread(company.read, lambda tx: links.renewable(tx, company.vault, previous))
    key = old.hook_key if old is not None else ""
    if not key:
        fresh = partial(links.next_hook_key, kind=kind, fresh=company.world.chance.key())
        key = await asyncio.to_thread(company.write, fresh)
    held = _HeldNotices(ask)
    with explained(manifest(kind), None if previous is None else previous.id):
        bound = await crm.link(held, hook_key=key, public_url=address, previous=old)
    number = None if previous is None else previous.id
    way = manifest(kind).one_way_of
    moved = previous is not None and way(previous.settings) != way(bound.settings)
    save = partial(links.save, vault=company.vault, binding=bound, kind=kind, previous=number, other_way=moved)
    made = await asyncio.to_thread(company.write, save)
    await held.release()
    return made


class _HeldNotices:
    """An asker that shows what is to be done in the CRM once the link is kept, or before it asks again."""

    def __init__(self, ask: Asker) -> None:
        self._ask = ask
        self._notices: list[Notice] = []

    async def form(self, form: Form) -> Mapping[str, str]:
        await self.release()
        return await self._ask.form(form)

    async def show(self, notice: Notice) -> None:
        self._notices.append(notice)

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        await self.release()
        return await self._ask.visit(url, state)

    async def release(self) -> None:
        while self._notices:
            await self._ask.show(self._notices.pop(0))


async def unlink(company: Company, row: LinkRow, *, force: bool) -> ChatappError | None:
    """Remove a link and what it made in the CRM; returns why the CRM could not be rid of that, if so.

    Raises Refused as ``links.begin_removal`` does, before anything is taken away. Should this be cut off, a daemon
    carries on, or whoever asks for it again.
    """
    await asyncio.to_thread(company.write, partial(links.begin_removal, link=row, force=force))
    left = await link_ending.departed(company, row)
    await asyncio.to_thread(company.write, partial(links.removed, link=row, left=None if left is None else left.what))
    return left


async def check(company: Company, row: LinkRow) -> list[Finding]:
    """Check a link without changing anything in the CRM."""
    crm = await asyncio.to_thread(company.crm, row.kind)
    bound = await asyncio.to_thread(bound_link, company, row)
    with explained(manifest(row.kind), row.id):
        found = await crm.check(bound)
    return [_about_link(one, row) for one in found]


def _about_link(one: Finding, row: LinkRow) -> Finding:
    return replace(one, next_step=next_step.about(one.next_step, link=row.id))


async def lacks(company: Company, row: LinkRow) -> Sequence[Finding]:
    """The rights that a link lacks which was just made, if the CRM has let it in already and answers.

    Of one that a person has to allow first, and of one that is asked in vain, the daemon tells by an alarm.
    """
    if manifest(row.kind).admits_of(row.settings):
        return ()
    try:
        async with own_session(company, row) as session:
            found = await session.lacks() if isinstance(session, KnowsAccess) else ()
            return [_about_link(one, row) for one in found]
    except ChannelError:
        return ()


async def letter(company: Company, row: LinkRow, *, email: str = "") -> SupportLetter:
    """The letter to the support of the link's CRM. Raises NotFound if that CRM needs none."""
    await asyncio.to_thread(company.require, Right.CRM)
    crm = await asyncio.to_thread(company.crm, row.kind)
    if not isinstance(crm, WritesToSupport):
        raise NotFound(T("{title} needs no letter to anybody's support.", title=row.title))
    bound = await asyncio.to_thread(bound_link, company, row)
    address = await asyncio.to_thread(company.read, partial(public_url, company=company))
    return await crm.letter(bound, public_url=address, email=email)


async def place_of(company: Company, row: LinkRow, named: str) -> Place:
    """A place of the CRM by its number or name. Raises NotFound for an unknown one."""
    await asyncio.to_thread(company.require, Right.CRM)
    return _named(row, await asked(company, row, CrmQuestion.PLACES), named)


async def attach(
    company: Company, row: LinkRow, channel: ChannelRow, place: Place, changes: Mapping[str, str]
) -> PairingId:
    """Pair a channel with a place of the CRM, which may have options that differ from the usual ones."""
    save = partial(
        pairings.attach, manifest=manifest(row.kind), link=row.id, channel=channel, place=place, changes=changes
    )
    return await asyncio.to_thread(company.write, save)


async def mend(company: Company, row: LinkRow, place: Place) -> Sequence[Text]:
    """Set at the CRM what the warnings of a place need; returns what was set and what the CRM did not keep."""
    await asyncio.to_thread(company.require, Right.CRM)
    after = await asked(company, row, CrmQuestion.MEND, place=place.id, codes=tuple(place.mends))
    done = ", ".join(said for code, said in place.mends.items() if code not in after.warnings)
    if done:
        await asyncio.to_thread(company.write, partial(links.mended, link=row.id, place=place.name, settings=done))
    left = ", ".join(code for code in after.warnings if code in place.mends)
    what = T("{place}: {settings} is set now.", place=place.name, settings=done)
    trouble = T("{place}: the CRM did not keep it: {codes}", place=place.name, codes=left)
    return [*((what,) if done else ()), *((trouble,) if left else ())]


def _named(row: LinkRow, places: Sequence[Place], named: str) -> Place:
    fitting = [place for place in places if named in {place.id, place.name}]
    if len(fitting) != 1:
        raise NotFound(
            T("There is no place {name} in {crm}.", name=named, crm=row.title),
            T("See them with: {how}", how=to_do(Next.PLACES, link=row.id)),
        )
    return fitting[0]
