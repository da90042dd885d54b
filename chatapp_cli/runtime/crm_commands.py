"""What a CRM is asked for by its own commands, as its manifest names them, for one link to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.crm.command import CommandAnswer
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.option import decoded
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.kit import manifests
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.crm import Answers, Crm, ShipsStep, StepChoices
from chatapp_cli.runtime.asking_crm import explained
from chatapp_cli.runtime.link import public_url
from chatapp_cli.runtime.memory import bound_link
from chatapp_cli.services import pairings
from chatapp_cli.store.rows.crm import LinkRow


async def package(company: Company, row: LinkRow) -> bytes:
    """The archive that puts a step of ours into the CRM. Raises NotFound if it takes none, and Refused as it says."""
    crm, bound, address = await _opened(company, row)
    if not isinstance(crm, ShipsStep):
        raise _lacking(row)
    return crm.package(bound, await _choices(company, row), public_url=address)


async def definition(company: Company, row: LinkRow) -> Mapping[str, object]:
    """What that step asks for. Raises as ``package`` does."""
    crm, bound, address = await _opened(company, row)
    if not isinstance(crm, ShipsStep):
        raise _lacking(row)
    return crm.definition(bound, await _choices(company, row), public_url=address)


async def answer(company: Company, row: LinkRow, name: str, said: Mapping[str, str]) -> CommandAnswer:
    """The CRM's answer to a command of its own. Raises UsageError for what an option does not take, and its errors."""
    crm, bound, address = await _opened(company, row)
    if not isinstance(crm, Answers):
        raise _lacking(row)
    fields = {one.name: one for one in manifest(row.kind).commands[name].fields}
    for option, value in said.items():
        if value or fields[option].required:
            decoded(fields[option], value)
    with explained(manifest(row.kind), row.id):
        return await crm.answer(bound, name, said, public_url=address)


async def _opened(company: Company, row: LinkRow) -> tuple[Crm, Bound, str]:
    await asyncio.to_thread(company.require, Right.CRM)
    crm = await asyncio.to_thread(company.crm, row.kind)
    bound = await asyncio.to_thread(bound_link, company, row)
    return crm, bound, await asyncio.to_thread(company.read, partial(public_url, company=company))


def _lacking(row: LinkRow) -> NotFound:
    """A manifest promises what its code does not have."""
    return NotFound(T("{title} has no such command.", title=row.title), T("Update its package, or this program."))


async def _choices(company: Company, row: LinkRow) -> StepChoices:
    """The lines and the kinds of channels that are paired with the account."""
    paired = await asyncio.to_thread(company.read, lambda tx: pairings.of_link(tx, row.id))
    return StepChoices(
        lines={str(one.line_id): one.line for one in paired},
        kinds={one.kind: show(manifests.manifest(one.kind).title) for one in paired},
    )
