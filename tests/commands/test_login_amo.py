"""A person at a shell who logs in by the amoCRM account that the desk is linked to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner

from chatapp_cli.bootstrap import Company
from chatapp_cli.cli import app
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import ADMIN, MANAGER
from chatapp_cli.services import operators, options
from tests.commands.conftest import Said, Shell, elsewhere
from tests.runtime.amo_link import linked_by_code
from tests.unit.kit.worlds import held_world

STATE = f"{1:032d}"
"""The state of the first login in a world whose keys are counted."""


@dataclass(frozen=True, slots=True)
class AmoShell:
    """A desk that is linked to an account, and a person who signs in there."""

    chatapp: Shell
    company: Company
    account: Account
    loop: asyncio.AbstractEventLoop
    link: LinkId

    def do(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def login(self, *, domain: str = "", brings: str | None = None, user: int = ADMIN) -> Said:
        """Log in without a terminal, with the final address of the browser on standard input."""
        said = self.account.consent.agrees(STATE, user=user) if brings is None else brings
        words = ["login", "--amo", domain or self.account.address]
        done = CliRunner().invoke(app, words, input=f"{said}\n", env=self.chatapp.env, obj=held_world(self.now))
        return Said(done.exit_code, done.stdout, done.stderr)

    @property
    def now(self) -> int:
        return self.company.world.clock.now()


@pytest.fixture
def it(chatapp: Shell, company: Company) -> Iterator[AmoShell]:
    company.write(lambda tx: options.configure_company(tx, {"public_url": "http://127.0.0.1:9"}))
    company.write(lambda tx: operators.add(tx, "Мария", "", ()))
    with elsewhere() as loop:
        account = Account(rate=50.0)
        asyncio.run_coroutine_threadsafe(account.come_back(), loop).result(10)
        link = asyncio.run_coroutine_threadsafe(linked_by_code(company, account), loop).result(10)
        yield AmoShell(chatapp, company, account, loop, link)
        asyncio.run_coroutine_threadsafe(account.vanish(), loop).result(10)


def connected(it: AmoShell, person: int = ADMIN) -> None:
    it.chatapp("user", "ways", "Мария", "--amo", person)


@pytest.mark.req("S-024")
def test_an_administrator_who_was_connected_logs_in_by_the_domain_and_the_links_tokens_stay(it: AmoShell) -> None:
    connected(it)
    renewals = list(it.account.authority.renewals)
    said = it.login()
    assert (said.code, said.out) == (0, "")
    assert said.err.splitlines()[-1] == "You are logged in as Мария. To log out: chatapp logout"
    assert f"{it.account.address}/oauth?client_id={it.account.client_id}&state={STATE}" in said.err
    assert "Only administrators of" in said.err
    whoami = it.chatapp("whoami", "--json", CHATAPP_OPERATOR="").json
    assert (whoami["name"], whoami["account"], whoami["owner"]) == ("Мария", True, False)
    assert it.account.authority.renewals == renewals
    assert [secret for secret in it.account.authority.secrets if secret in said.err] == []
    assert it.chatapp("user", "ways", "Мария", "--json").json == [
        {
            "operator": "Мария", "way": "amocrm", "realm": f"{it.account.id}@127.0.0.1", "person": str(ADMIN),
            "name": it.account.users[ADMIN].name,
        }
    ]  # fmt: skip
    it.chatapp("logout")
    nobody = it.chatapp("user", "ways", "Мария", "--amo", 0)
    assert (nobody.out, nobody.err) == (
        "",
        "Мария logs in by the password alone. Connect them: chatapp user ways Мария --amo NUMBER\n",
    )
    assert it.login().code == 1


@pytest.mark.req("S-024", part="who is refused")
def test_each_who_may_not_come_in_is_told_what_is_wrong_and_what_to_do(it: AmoShell) -> None:
    stranger = it.login()
    assert (stranger.code, stranger.err.splitlines()[-2:]) == (
        1,
        [
            f"{it.account.users[ADMIN].name} (user {ADMIN}) is no operator of this desk.",
            f"→ The owner of the desk can connect them: chatapp user ways NAME --amo {ADMIN}",
        ],
    )
    it.account.users[MANAGER].admin = True
    connected(it, MANAGER)
    code = it.account.consent.agrees(STATE, user=MANAGER)
    assert it.login(brings=code).code == 0
    repeated = it.login(brings=code)
    assert (repeated.code, repeated.err.splitlines()[-2:]) == (
        1,
        ["amoCRM did not take the code: it works once, for 20 minutes.", "→ Log in again."],
    )
    forged = it.login(brings=it.account.consent.agrees("forged"))
    assert (forged.code, forged.err.splitlines()[-2]) == (2, "This address belongs to another login.")
    late = it.account.consent.agrees(STATE, user=MANAGER)
    it.account.users[MANAGER].admin = False
    assert "no active administrator" in it.login(brings=late).err
    it.account.users[MANAGER].admin = True
    it.company.write(lambda tx: operators.disable(tx, "Мария"))
    disabled = it.login(user=MANAGER)
    assert (disabled.code, disabled.err.splitlines()[-2]) == (1, "The account Мария is disabled or removed.")
    it.do(it.account.vanish())
    away = it.login(user=MANAGER)
    assert (away.code, away.err.splitlines()[-2:]) == (
        1,
        [f"{it.account.domain} cannot be reached at the moment.", "→ Log in again later, or with your password."],
    )


@pytest.mark.parametrize(
    ("domain", "code", "says"),
    [
        ("les.amocrm.ru", 1, "This desk is not linked to les.amocrm.ru."),
        ("demo.example.ru", 2, "An address like company.amocrm.ru is needed."),
        ("http://demo.amocrm.ru", 2, "It has to begin with https://."),
    ],
)
def test_only_an_account_of_amocrm_that_the_desk_is_linked_to_is_asked(
    chatapp: Shell, company: Company, domain: str, code: int, says: str
) -> None:
    said = chatapp.run("login", "--amo", domain, stdin="x\n")
    assert (said.code, said.err.splitlines()[0]) == (code, says)
    both = chatapp.run("login", "Мария", "--amo", domain)
    assert (both.code, both.err.splitlines()[0]) == (2, "Who signs in at amoCRM needs no name.")


def test_logins_that_fail_are_counted_from_one_call_to_the_next(it: AmoShell) -> None:
    connected(it)
    for _ in range(10):
        assert it.login(brings="nothing").code == 2
    shut = it.login()
    assert (shut.code, shut.err.splitlines()[0]) == (
        1,
        "Too many logins failed. Wait a quarter of an hour, or log in with your password.",
    )
