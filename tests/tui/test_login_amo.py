"""A person at the login page of the window who signs in at the amoCRM account that the desk is linked to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.login_identity import LoginIdentity
from chatapp_cli.kit.system import SystemClock
from chatapp_cli.ports.bind import Bound
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import ADMIN
from chatapp_cli.services import links, login_identities, operators, options
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.screens.signing_in import SigningInScreen
from tests.runtime.amo_link import comes_back, linked_by_code
from tests.tui.conftest import GOOD, Window
from tests.tui.stage import opened


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    found = opened(tmp_path / "desk", SystemClock(), http_port=0)  # type: ignore[arg-type]
    found.write(lambda tx: options.configure_company(tx, {"public_url": "http://127.0.0.1:9"}))
    found.write(lambda tx: operators.add(tx, "Мария", "", ()))
    yield found
    found.close()


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    async with Account(rate=50.0) as account:
        yield account


@pytest.fixture
async def link(company: Company, account: Account) -> LinkId:
    return await linked_by_code(company, account)


@pytest.fixture
async def at_login(company: Company) -> AsyncIterator[Window]:
    app = InboxApp(company, alone=True, token="no longer")
    async with app.run_test(size=GOOD) as pilot:
        yield Window(app, pilot)


async def answers(it: Window, said: str) -> None:
    it.app.screen.query_one("#answer", Input).value = said
    await it.press("enter")


def page(it: Window) -> str:
    """The page of consent, as its link has it."""
    lines = str(it.app.screen.query_one("#notice").render()).splitlines()
    return next(line for line in lines if "/oauth?" in line)


@pytest.mark.req("S-024")
async def test_the_login_page_has_a_second_way_in_by_the_domain_and_the_word_of_the_last_page(
    account: Account, company: Company, link: LinkId, at_login: Window
) -> None:
    it = at_login
    await it.sees("You are logged out.", "Log in through amoCRM")
    await it.press("tab", "tab", "enter")
    await it.until(lambda: isinstance(it.app.screen, SigningInScreen))
    await answers(it, "demo.example.ru")
    await it.sees("An address like company.amocrm.ru is needed.")
    await answers(it, "les.amocrm.ru")
    await it.sees("This desk is not linked to les.amocrm.ru.")
    await answers(it, account.address)
    await it.sees("Only administrators of", "/oauth?client_id=")
    await answers(it, account.consent.opens(page(it)))
    await it.sees("is no operator of this desk.", f"user {ADMIN}")
    known = LoginIdentity(way="amocrm", realm=f"{account.id}@127.0.0.1", person=str(ADMIN))
    company.write(lambda tx: login_identities.connect(tx, "Мария", known))
    await answers(it, account.address)
    await it.sees("/oauth?client_id=")
    reply = await comes_back(company, link, account.consent.opens(page(it)))
    word = reply.body.decode().partition("<code>")[2].partition("</code>")[0]
    await answers(it, "0000-0000" if word != "0000-0000" else "1")
    await it.sees("This is not what the last page shows.")
    await answers(it, word)
    await it.until(lambda: it.app.screen.query("Composer"), "what the page goes on with")
    assert it.app.workspace.actor == "Мария"
    assert not it.app.guard.unexpected


async def test_escape_leads_back_to_the_password(company: Company, account: Account, link: LinkId) -> None:
    app = InboxApp(company, alone=True, token="no longer")
    async with app.run_test(size=(80, 24)) as pilot:
        it = Window(app, pilot)
        await it.sees("You are logged out.", "Log in through amoCRM")
        await it.press("tab", "tab", "enter")
        await it.until(lambda: isinstance(it.app.screen, SigningInScreen))
        await answers(it, account.address)
        await it.sees("/oauth?client_id=", "mode=post_message", "Esc: back.")
        await it.press("escape")
        await it.sees("Enter: log in.")


@pytest.mark.parametrize("way", ["", "token"])
async def test_a_desk_without_a_link_by_an_integration_has_one_way_in(company: Company, way: str) -> None:
    if way:
        bound = Bound(account="les.amocrm.ru", title="les", settings={"way": way}, hook_key="key")
        company.write(lambda tx: links.save(tx, company.vault, bound, kind="amocrm"))
    app = InboxApp(company, alone=True, token="no longer")
    async with app.run_test(size=GOOD) as pilot:
        it = Window(app, pilot)
        await it.sees("You are logged out.", "Enter: log in.")
        assert "amoCRM" not in it.text()
