"""Our robots in a CRM: looked at, installed and taken away over its session."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.crm.questions import CrmQuestion
from chatapp_cli.domain.crm.robots import RobotPresence, RobotThere
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime.asking_crm import asked
from chatapp_cli.services import links
from chatapp_cli.store.rows.crm import LinkRow


async def there(company: Company, row: LinkRow) -> Sequence[RobotThere]:
    """How the CRM has each robot. Raises Refused for a link without robots, and ChannelError."""
    return await _asked(company, row, CrmQuestion.ROBOTS)


async def install(company: Company, row: LinkRow) -> Sequence[RobotThere]:
    """Install our robots, or renew them; returns how the CRM has them then. Raises as ``there`` does."""
    return await _changed(company, row, CrmQuestion.INSTALL_ROBOTS)


async def remove(company: Company, row: LinkRow) -> Sequence[RobotThere]:
    """Take our robots away; returns how the CRM has them then. Raises as ``there`` does."""
    return await _changed(company, row, CrmQuestion.REMOVE_ROBOTS)


async def _changed(company: Company, row: LinkRow, what: CrmQuestion) -> Sequence[RobotThere]:
    await asyncio.to_thread(company.require, Right.CRM)
    found = await _asked(company, row, what)
    installed = sum(one.presence is RobotPresence.THERE for one in found)
    await asyncio.to_thread(company.write, partial(links.robots_changed, link=row.id, installed=installed))
    return found


async def _asked(company: Company, row: LinkRow, what: CrmQuestion) -> Sequence[RobotThere]:
    links.require_robots(manifest(row.kind), row)
    found: Sequence[RobotThere] = await asked(company, row, what)
    return found
