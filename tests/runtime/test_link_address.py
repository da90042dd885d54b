"""The address of a link that is not stored yet: people copy it into the CRM before they send the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Refused, UsageError
from chatapp_cli.domain.form import Form
from chatapp_cli.runtime import linking
from chatapp_cli.services import links, options
from tests.contract.connector_contract import ScriptedAsker


@pytest.fixture
def company(companies: Callable[..., Company]) -> Company:
    company = companies()
    company.write(lambda tx: options.configure_company(tx, {"public_url": "https://desk.example.ru"}))
    return company


def asker(portal: str, client_id: str = "local.1") -> ScriptedAsker:
    server = "https://oauth.bitrix24.tech"
    return ScriptedAsker({"portal": portal, "client_id": client_id, "client_secret": "s", "auth_server": server})


def shown(form: ScriptedAsker) -> str:
    """The address of the handler that the form showed."""
    return next(str(line) for line in form.forms[-1].intro if str(line).endswith("/event")).rpartition(" ")[2]


async def test_a_form_shows_the_same_address_until_a_link_has_it(company: Company) -> None:
    given_up, second, third = asker("one.bitrix24.ru", ""), asker("one.bitrix24.ru"), asker("two.bitrix24.ru")
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
        async def form(self, form: Form) -> Mapping[str, str]:
            if any(field.name == "client_id" for field in form.fields):
                await linking.link(company, asker("one.bitrix24.ru"), kind="bitrix24")
            return await super().form(form)

    with pytest.raises(Refused, match=r"belongs to one\.bitrix24\.ru") as refused:
        await linking.link(company, Slow(asker("two.bitrix24.ru").answers), kind="bitrix24")
    assert refused.value.code == "address_used"
    assert [row.account for row in company.read(links.everything)] == ["one.bitrix24.ru"]


@pytest.mark.parametrize(("kind", "field"), [("bitrix24", "portal"), ("amocrm", "account")])
async def test_what_to_enter_there_is_shown_once_it_is_known_where(company: Company, kind: str, field: str) -> None:
    lost = ScriptedAsker({field: "ftp://nowhere"})
    with pytest.raises(UsageError):
        await linking.link(company, lost, kind=kind)
    assert (list(lost.blamed), [str(form.title) for form in lost.forms]) == ([field], [str(lost.forms[0].title)] * 2)
    found = ScriptedAsker({field: f"company.{kind}.ru", "client_id": "x"})
    with pytest.raises(UsageError):
        await linking.link(company, found, kind=kind)
    where, keys, *_again = ["\n".join(map(str, form.intro)) for form in found.forms]
    assert ("/hooks/" in where, "/hooks/" in keys) == (False, True)
    assert [one.name for one in found.forms[0].fields if one.name in {field, "client_id"}] == [field]
