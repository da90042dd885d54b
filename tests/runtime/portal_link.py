"""A portal that is linked with a desk which is served in this process, and a channel in one of its open lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime import linking
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.services import channels, links, options, pairings
from chatapp_cli.store.rows.crm import LinkRow
from tests.contract.connector_contract import ScriptedAsker
from tests.runtime.desk import attached, eventually

LINE = 107


async def link_portal(company: Company, portal: Portal, address: str) -> LinkId:
    """Link a portal and let its administrator install the application, while a daemon runs at this address."""
    company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
    answers = {
        "portal": portal.address,
        "client_id": portal.client_id,
        "client_secret": portal.client_secret,
        "auth_server": portal.auth_address,
    }
    link = await linking.link(company, ScriptedAsker(answers), kind="bitrix24")
    await eventually(partial(_is_installed, portal, f"{address}/hooks/{row_of(company, link).hook_key}/install"))
    await eventually(lambda: row_of(company, link).state == LinkState.OK)
    return link


async def paired(
    company: Company, portal: Portal, link: LinkId, channel: ChannelId, chosen: Mapping[str, str]
) -> Callable[[Mapping[str, str]], None]:
    """Pair a channel with the open line; returns what changes options of the pairing."""
    row, whole = company.read(lambda tx: (links.one(tx, link), channels.one(tx, channel)))
    await attached(company, row, whole, str(LINE), chosen)
    connector = manifest("bitrix24").channels[whole.kind].id
    await eventually(lambda: (connector, LINE) in portal.active)

    def choose(changes: Mapping[str, str]) -> None:
        (pairing,) = company.read(lambda tx: pairings.of_link(tx, link))
        company.write(lambda tx: pairings.configure(tx, manifest("bitrix24"), pairing, changes))

    return choose


def row_of(company: Company, link: LinkId) -> LinkRow:
    """A link as it stands."""
    return company.read(lambda tx: links.one(tx, link))


async def _is_installed(portal: Portal, url: str) -> bool:
    return (await portal.install(url)).status == 200
