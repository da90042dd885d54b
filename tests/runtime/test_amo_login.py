"""An administrator of the linked account logs in while ``serve`` runs: the daemon takes the code, the desk the word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import aiohttp
import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.domain.login_identity import LoginIdentity
from chatapp_cli.runtime import login, login_ways
from chatapp_cli.runtime.asking_crm import own_session
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import ADMIN
from chatapp_cli.services import links, login_identities, operators, options
from tests.runtime.amo_link import linked_by_code
from tests.runtime.desk import serving


@dataclass
class AtBrowser:
    """Opens the page that is shown, follows it to the desk, and types what stands there."""

    account: Account
    shown: list[Notice] = field(default_factory=list)
    status: int = 0

    async def show(self, notice: Notice) -> None:
        self.shown.append(notice)

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        raise AssertionError("a login shows its address, and opens no page")

    async def form(self, form: Form) -> Mapping[str, str]:
        assert not form.errors
        url = self.account.consent.opens(self.shown[-1].link)
        async with aiohttp.ClientSession() as http, http.get(url) as response:
            self.status, page = response.status, await response.text()
        return {"answer": page.partition("<code>")[2].partition("</code>")[0]}


@pytest.mark.req("S-024")
async def test_the_daemon_takes_the_code_of_a_login_and_leaves_the_link_alone(
    companies: Callable[..., Company],
) -> None:
    company = companies(http_port=0)
    async with Account(rate=50.0) as account, serving(company) as address:
        company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
        link = await linked_by_code(company, account)
        company.write(lambda tx: operators.add(tx, "Мария", "", ()))
        known = LoginIdentity(way="amocrm", realm=f"{account.id}@127.0.0.1", person=str(ADMIN))
        browser = AtBrowser(account)

        async def log_in() -> str:
            way = await login_ways.by_crm(company, "amocrm", account.address)
            return await login.log_in_by(company, way, browser)

        with pytest.raises(Refused, match="no operator of this desk"):
            await log_in()
        company.write(lambda tx: login_identities.connect(tx, "Мария", known))
        token = await log_in()
        who = company.read(lambda tx: operators.of_session(tx, token))
        assert (who is not None and who.name, browser.status) == ("Мария", 200)
        assert account.authority.renewals == []
        row = company.read(lambda tx: links.one(tx, link))
        async with own_session(company, row) as session:
            await session.prove()
