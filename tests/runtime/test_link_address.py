"""The address of a link that is not stored yet: people copy it into the CRM before they send the form."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Refused, UsageError
from chatapp_cli.runtime import linking
from chatapp_cli.services import links, options
from tests.contract.connector_contract import ScriptedAsker


@pytest.fixture
def company(companies: Callable[..., Company]) -> Company:
    company = companies()
    company.write(lambda tx: options.configure_company(tx, {"public_url": "https://desk.example.ru"}))
    return company


def asker(portal: str) -> ScriptedAsker:
    server = "https://oauth.bitrix24.tech"
    return ScriptedAsker({"portal": portal, "client_id": "local.1", "client_secret": "s", "auth_server": server})


def shown(form: ScriptedAsker) -> str:
    """The address of the handler that the form showed."""
    return next(str(line) for line in form.forms[0].intro if str(line).endswith("/event")).rpartition(" ")[2]


async def test_a_form_shows_the_same_address_until_a_link_has_it(company: Company) -> None:
    given_up, second, third = asker(""), asker("one.bitrix24.ru"), asker("two.bitrix24.ru")
    with pytest.raises(UsageError):
        await linking.link(company, given_up, kind="bitrix24")
    first = await linking.link(company, second, kind="bitrix24")
    other = await linking.link(company, third, kind="bitrix24")
    keys = [company.read(lambda tx, link=link: links.one(tx, link)).hook_key for link in (first, other)]
    base = "https://desk.example.ru/hooks/"
    assert [shown(one) for one in (given_up, second, third)] == [f"{base}{key}/event" for key in (keys[0], *keys)]
    assert keys[0] != keys[1]


async def test_of_two_forms_with_one_address_only_the_first_is_linked(company: Company) -> None:
    class Slow(ScriptedAsker):
        async def form(self, form: object) -> object:  # type: ignore[override]
            await linking.link(company, asker("one.bitrix24.ru"), kind="bitrix24")
            return self.answers

    with pytest.raises(Refused, match=r"belongs to one\.bitrix24\.ru") as refused:
        await linking.link(company, Slow(asker("two.bitrix24.ru").answers), kind="bitrix24")
    assert refused.value.code == "address_used"
    assert [row.account for row in company.read(links.everything)] == ["one.bitrix24.ru"]
