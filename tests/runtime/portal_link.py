"""A portal that is linked while a daemon runs."""

from __future__ import annotations

from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.runtime import linking
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.services import links, options
from chatapp_cli.store.rows.crm import LinkRow
from tests.contract.connector_contract import ScriptedAsker
from tests.runtime.desk import eventually


async def link_portal(company: Company, portal: Portal, address: str) -> LinkId:
    """Link a portal with the daemon at this address, and let an administrator install the application."""
    company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
    answers = {
        "portal": portal.address,
        "client_id": portal.client_id,
        "client_secret": portal.client_secret,
        "auth_server": portal.auth_address,
    }
    link = await linking.link(company, ScriptedAsker(answers), kind="bitrix24")
    await eventually(partial(_installs, portal, f"{address}/hooks/{row_of(company, link).hook_key}/install"))
    await eventually(lambda: row_of(company, link).state == LinkState.OK)
    return link


async def _installs(portal: Portal, url: str) -> bool:
    return (await portal.install(url)).status == 200


def row_of(company: Company, link: LinkId) -> LinkRow:
    """A link as it stands."""
    return company.read(lambda tx: links.one(tx, link))
