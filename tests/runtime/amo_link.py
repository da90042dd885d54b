"""A link to an amoCRM account that an administrator has allowed, without a daemon."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.ports.connector import HookRequest
from chatapp_cli.ports.crm import CrmReply
from chatapp_cli.runtime import linking
from chatapp_cli.runtime.asking_crm import own_session
from chatapp_cli.runtime.memory import bound_link
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.services import links
from tests.contract.connector_contract import ScriptedAsker


async def linked_by_code(company: Company, account: Account) -> LinkId:
    """A link that works, as if the daemon had taken the code."""
    answers = {
        "account": account.address, "chats": account.chats_address, "client_id": account.client_id,
        "client_secret": account.client_secret,
    }  # fmt: skip
    link = await linking.link(company, ScriptedAsker(answers), kind="amocrm")
    row = company.read(lambda tx: links.one(tx, link))
    bound = bound_link(company, row)
    account.redirect_uri = bound.settings["redirect_uri"]
    await comes_back(company, link, account.authorise(bound.secrets["state"]))
    async with own_session(company, row):
        return link


async def comes_back(company: Company, link: LinkId, url: str) -> CrmReply:
    """The browser brings a code, as the daemon takes it."""
    bound = bound_link(company, company.read(lambda tx: links.one(tx, link)))
    query = dict(parse_qsl(urlsplit(url).query))
    request = HookRequest(method="GET", path="code", query=query, headers={}, body=b"")
    return await company.crm("amocrm").accept(bound, request)
