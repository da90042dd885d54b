"""A person at a shell who links an account of amoCRM, and asks why messages do not reach it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.services import links
from tests.commands.conftest import Shell, elsewhere
from tests.commands.crm_office import DESK, run_on


@pytest.fixture
def account() -> Iterator[Account]:
    with elsewhere() as loop:
        found = Account(rate=50.0)
        run_on(loop, found.come_back())
        yield found
        run_on(loop, found.vanish())


def answers(**said: Any) -> list[str]:
    return [word for name, value in said.items() for word in ("--set", f"{name}={value}")]


@pytest.mark.req("S-187", part="at connect")
def test_linking_names_the_rights_that_are_lacking_with_what_to_do(
    chatapp: Shell, company: Company, account: Account
) -> None:
    chatapp("company", "configure", "--set", f"public_url={DESK}")
    by_token = answers(account=account.address, way="token", token=account.long_lived(400))
    said = chatapp("crm", "link", "amocrm", *by_token)
    link = LinkId(int(said.out))
    assert "Lacking" not in said.err
    for user in account.users.values():
        user.admin = False
    lacking = (
        "The user whose tokens these are is no administrator. Lacking at least: «Интеграции».",
        "→ Give it in «Настройки», «Пользователи», or let an administrator link the CRM.",
    )
    again = chatapp("crm", "link", "--renew", link, *by_token)
    assert again.out == said.out
    assert all(one in again.err for one in lacking)
    assert company.read(lambda tx: links.one(tx, link)).code == links.NEW
