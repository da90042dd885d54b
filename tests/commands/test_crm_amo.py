"""A person at a shell who links an account of amoCRM, and asks why messages do not reach it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.services import links
from tests.commands.conftest import Program, Shell, elsewhere
from tests.commands.crm_office import DESK, Office, eventually, run_on

Write = Callable[..., None]


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
        (
            "→ Give it in «Настройки», «Пользователи», or let an administrator link the CRM again: "
            f"chatapp crm link --renew {link}"
        ),
    )
    again = chatapp("crm", "link", "--renew", link, *by_token)
    assert again.out == said.out
    assert all(one in again.err for one in lacking)
    assert company.read(lambda tx: links.one(tx, link)).code == links.NEW


@pytest.fixture
def linked(chatapp: Shell, company: Company, office: Office, account: Account, bound: ChannelId) -> LinkId:
    """An account with a chat channel of ours, allowed and paired."""
    chatapp("company", "configure", "--set", f"public_url={office.address}")
    said = answers(
        account=account.address, chats=account.chats_address, client_id=account.client_id,
        client_secret=account.client_secret, channel_id=account.channel_id, channel_secret=account.channel_secret,
        bot_id=account.channel.bot,
    )  # fmt: skip
    link = LinkId(int(chatapp("crm", "link", "amocrm", *said).out))
    hooks = f"{office.address}/hooks/{company.read(lambda tx: links.one(tx, link)).hook_key}"
    account.redirect_uri, account.hook_url = f"{hooks}/code", f"{hooks}/chat/:scope_id"
    with urlopen(account.authorise(_state(company, link))) as page:
        assert page.status == 200
    eventually(lambda: company.read(lambda tx: links.one(tx, link)).state == LinkState.OK)
    chatapp("crm", "attach", bound, "Продажи")
    eventually(lambda: account.sources)
    return link


def _state(company: Company, link: LinkId) -> str:
    return company.read(lambda tx: links.bound(tx, company.vault, links.one(tx, link))).secrets["state"]


def findings(chatapp: Shell, office: Office) -> tuple[int, dict[str, tuple[bool, str]]]:
    """What the doctor says of the account, by the name of the finding."""
    said = chatapp.run("doctor", "crm", "--json", CHATAPP_HTTP_PORT=str(urlsplit(office.address).port))
    assert all(one["next_step"] for one in said.json if not one["ok"])
    return said.code, {
        one["name"].rpartition(" ")[2]: (one["ok"], one["what"].partition(": ")[2] or one["what"]) for one in said.json
    }


@pytest.mark.req("S-197")
@pytest.mark.req("S-165", part="the cards of a dialog and their client in amoCRM")
def test_of_an_account_the_doctor_tells_what_is_sound_and_what_is_not_and_the_client_of_a_deal_is_written_to(
    chatapp: Shell,
    company: Company,
    office: Office,
    account: Account,
    program: Program,
    linked: LinkId,
    client_writes: Write,
) -> None:
    client_writes("Где ёлка?")
    eventually(lambda: [one.text for chat in account.chats for one in chat.messages] == ["Где ёлка?"])
    eventually(lambda: chatapp("crm", "outbox", "list", "--json").json == [])
    code, found = findings(chatapp, office)
    assert (code, {name for name, (ok, _) in found.items() if not ok}) == (0, set())
    assert found.keys() >= {
        *("daemon", "state", "tokens", "clock", "scopes", "events", "channel", "address", "hooks", "media"),
        *("pairings", "outbox", "calls", "answers"),
    }
    assert found["pairings"][1] == "Paired: Ёлочный базар (Продажи)"
    (deal,), (contact,), at = account.leads, account.contacts, account.address
    assert [row[2:4] + row[-1:] for row in chatapp("crm", "card", 1).rows] == [
        [f"deal:{deal}", "Сделка: Анна", f"{at}/leads/detail/{deal}"],
        [f"contact:{contact}", "Анна", f"{at}/contacts/detail/{contact}"],
    ]
    for name in (f"deal:{deal}", f"contact:{contact}"):
        wrote = chatapp("crm", "write", name, "Едет", "--idempotency-key", "k1", "--json").json
        assert (wrote["dialog"], wrote["state"]) == (1, "sent")
    eventually(lambda: len([one for chat in account.chats for one in chat.messages]) == 2)
    assert program.heard == ["Едет"]
    for user in account.users.values():
        user.admin = False
    account.misbehaviour.clock_off = 1200
    code, found = findings(chatapp, office)
    broken = {name: what for name, (ok, what) in found.items() if not ok}
    assert (code, broken.pop("clock")[:27]) == (1, "Our clock and amoCRM's are ")
    assert broken == {"scopes": "The user whose tokens these are is no administrator. Lacking at least: «Интеграции»."}
    account.misbehaviour.payment = True
    _, found = findings(chatapp, office)
    assert found["tokens"][1].startswith("The account's tariff has ended, or does not include this.")
