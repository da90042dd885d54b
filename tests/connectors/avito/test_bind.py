"""Binding: what is told before, both ways in, what is blamed, and what is never shown."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import pytest

from chatapp_cli.connectors.avito.connector import AvitoSession
from chatapp_cli.domain.errors import ChannelError, NeedsRebind, UsageError
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.avito import AvitoSandbox
from chatapp_cli.sandbox.avito.server import Fault
from chatapp_cli.sandbox.avito.town import ACCOUNT, CLIENT_SECRET
from tests.contract.connector_contract import ANNA, ScriptedAsker, collect
from tests.contract.proxy import ConnectProxy


class Owner(ScriptedAsker):
    """Opens Avito's page and lets the application in, or does not."""

    def __init__(self, sandbox: AvitoSandbox, *, agrees: bool = True) -> None:
        super().__init__({**sandbox.answers, "access": "application"})
        self.sandbox, self.agrees = sandbox, agrees
        self.visited: list[str] = []

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        self.visited.append(url)
        return {"code": self.sandbox.access.consent(), "state": state} if self.agrees else {"error": "access_denied"}


@pytest.fixture
async def let_in(connector: Connector, sandbox: AvitoSandbox) -> Bound:
    return await connector.bind(Owner(sandbox))


@pytest.mark.req("S-105")
@pytest.mark.req("S-106")
@pytest.mark.req("S-107")
async def test_tariff_steps_and_phone_are_told_before_anything_is_asked(
    connector: Connector, sandbox: AvitoSandbox
) -> None:
    asker = ScriptedAsker(sandbox.answers)
    await connector.bind(asker)
    tariff, steps, trouble, phone, pictures = map(str, asker.forms[0].intro)
    assert "«Максимальный»" in tariff
    assert "Avito Pro" in tariff
    assert ["«Bind»" in steps, "«Connect»" in steps, "«Continue»" in steps] == [True, True, True]
    assert "a phone in its profile" in trouble
    assert "only after a press of a button" in phone
    assert "JPEG, HEIC, GIF, BMP or PNG, up to 24 MB and 75 megapixels" in pictures


async def test_the_account_is_named_and_reading_starts_now(connector: Connector, sandbox: AvitoSandbox) -> None:
    await sandbox.say(ANNA, "до привязки")
    bound = await connector.bind(ScriptedAsker(sandbox.answers))
    assert (bound.account, bound.title) == (str(ACCOUNT), "Ёлочный базар")
    assert bound.facts["Number of the account"] == str(ACCOUNT)
    await sandbox.say(ANNA, "после")
    async with connector.open(ChannelId(1), bound) as session:
        (message,), _ = await collect(session, 1, bound.cursor)
    assert message.text == "после"


@pytest.mark.req("S-106")
async def test_an_application_is_let_in_by_the_owner_of_the_account(
    connector: Connector, sandbox: AvitoSandbox
) -> None:
    owner = Owner(sandbox)
    bound = await connector.bind(owner)
    (page,) = owner.visited
    asked = parse_qs(urlsplit(page).query)
    assert page.startswith(f"{sandbox.url}/oauth?")
    assert asked["response_type"] == ["code"]
    assert asked["scope"] == ["messenger:read,messenger:write,user:read"]
    assert len(asked["state"][0]) == 32
    assert bound.account == str(ACCOUNT)
    assert [call.call.body["grant_type"] for call in sandbox.exchanges if call.path == "/token"] == [
        "authorization_code"
    ]


@pytest.mark.req("S-106")
async def test_an_owner_who_does_not_agree_is_told_to_confirm_the_account(
    connector: Connector, sandbox: AvitoSandbox
) -> None:
    owner = Owner(sandbox, agrees=False)
    with pytest.raises(UsageError):
        await connector.bind(owner)
    assert "access_denied" in owner.blamed[""]
    assert "a phone is verified" in owner.blamed[""]


@pytest.mark.req("S-105")
@pytest.mark.parametrize("status", [402, 403])
async def test_a_tariff_without_the_messenger_is_told_at_once(
    connector: Connector, sandbox: AvitoSandbox, status: int
) -> None:
    sandbox.faults.append(Fault("/chats", status, {"error": {"code": status, "message": "нет подписки"}}, method="GET"))
    asker = ScriptedAsker(sandbox.answers)
    with pytest.raises(UsageError):
        await connector.bind(asker)
    assert "the tariff ran out or is too small" in asker.blamed[""]


async def test_keys_of_another_account_do_not_renew_a_binding(connector: Connector, sandbox: AvitoSandbox) -> None:
    asker = ScriptedAsker(sandbox.answers)
    with pytest.raises(UsageError):
        await connector.bind(asker, previous=Bound(account="1", title="Другая", hook_key="k"))
    assert "belong to another account" in asker.blamed["client_id"]


async def test_a_renewed_binding_keeps_its_address_and_its_place(
    connector: Connector, sandbox: AvitoSandbox, bound: Bound
) -> None:
    again = await connector.bind(ScriptedAsker(sandbox.answers), previous=bound)
    assert (again.hook_key, again.cursor) == (bound.hook_key, None)
    assert again.secrets["grant"] != bound.secrets["grant"]


async def test_an_expired_token_is_renewed_once_and_kept_for_the_next_session(
    connector: Connector, sandbox: AvitoSandbox, let_in: Bound
) -> None:
    for _ in range(2):
        async with connector.open(ChannelId(1), let_in):
            pass
    assert sandbox.access.renewals == 0
    sandbox.access.expire()
    for _ in range(2):
        async with connector.open(ChannelId(1), let_in):
            pass
    assert sandbox.access.renewals == 1
    assert len(await let_in.memory.known("token:")) == 1


async def test_a_check_and_a_daemon_may_renew_at_once(
    connector: Connector, sandbox: AvitoSandbox, let_in: Bound
) -> None:
    async with connector.open(ChannelId(1), let_in) as session:
        sandbox.access.expire()
        findings = await connector.check(let_in)
        assert all(finding.ok for finding in findings)
        await sandbox.say(ANNA, "слышно?")
        (message,), _ = await collect(session, 1, let_in.cursor)
    assert message.text == "слышно?"
    assert sandbox.access.renewals == 1


async def test_our_own_account_gets_a_new_token_by_its_keys(
    connector: Connector, sandbox: AvitoSandbox, bound: Bound
) -> None:
    sandbox.access.expire()
    async with connector.open(ChannelId(1), bound):
        pass
    grants = [call.call.body["grant_type"] for call in sandbox.exchanges if call.path == "/token"]
    assert grants == ["client_credentials"] * 2


async def test_keys_that_were_taken_away_need_a_new_binding(
    connector: Connector, sandbox: AvitoSandbox, bound: Bound
) -> None:
    sandbox.access.withdraw()
    sandbox.faults.append(Fault("/token", 401, {"error": "invalid_client"}))
    with pytest.raises(NeedsRebind, match="grant_refused"):
        async with connector.open(ChannelId(1), bound):
            pass


async def test_everything_goes_through_the_proxy(connector: Connector, sandbox: AvitoSandbox) -> None:
    async with ConnectProxy("desk:password") as proxy:
        bound = await connector.bind(ScriptedAsker({**sandbox.answers, "proxies": proxy.url}))
        assert len(proxy.led_to) > 1
        async with connector.open(ChannelId(1), bound) as session:
            await sandbox.say(ANNA, "Ёлки?")
            (message,), _ = await collect(session, 1, bound.cursor)
        findings = await connector.check(bound)
        assert {finding.name for finding in findings} == {"send", "receive", "proxy"}
        assert all(finding.ok for finding in findings)
        assert "password" not in "".join(str(finding.what) for finding in findings)
    assert message.text == "Ёлки?"
    with pytest.raises(ChannelError, match="proxies_down"):
        async with connector.open(ChannelId(1), bound):
            pass
    assert [finding.ok for finding in await connector.check(bound)] == [False, False, False]


@pytest.mark.parametrize("trouble", ["quoting refusal", "quoting token refusal", "silence", "outage"])
async def test_no_secret_is_in_an_error_or_a_log(
    session: AvitoSession, sandbox: AvitoSandbox, bound: Bound, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    caplog.set_level(logging.DEBUG)
    token = "access-1-of-the-miniature"
    if trouble == "outage":
        await sandbox.vanish()
    elif trouble == "quoting refusal":
        sandbox.faults.append(Fault("/chats", 400, {"message": f"bad {token}"}, method="GET"))
    else:
        sandbox.access.expire()
        sandbox.faults.append(Fault("/token", 0 if trouble == "silence" else 400, {"error": f"bad {CLIENT_SECRET}"}))
    with pytest.raises(ChannelError) as caught:
        await anext(aiter(session.events(bound.cursor)))
    said = repr(vars(caught.value)) + str(caught.value) + caplog.text + repr(session)
    assert token not in said
    assert CLIENT_SECRET not in said
