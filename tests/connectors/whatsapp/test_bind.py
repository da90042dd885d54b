"""Binding a number: what is asked, shown and kept, and what never is shown."""

from __future__ import annotations

import logging
import traceback

import pytest

from chatapp_cli.connectors.whatsapp.connector import WhatsAppSession
from chatapp_cli.domain.errors import ChannelError, UsageError
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.whatsapp import WhatsAppSandbox
from chatapp_cli.sandbox.whatsapp.meta import NUMBER, PHONE
from chatapp_cli.sandbox.whatsapp.server import APP_SECRET, TOKEN, VERIFY_TOKEN, Fault
from tests.connectors.whatsapp.calls import out
from tests.contract.connector_contract import ScriptedAsker
from tests.contract.proxy import ConnectProxy

pytestmark = pytest.mark.req("S-043")


@pytest.mark.req("C-01")
async def test_the_number_is_shown_with_what_has_to_be_entered_at_meta(
    connector: Connector, sandbox: WhatsAppSandbox
) -> None:
    asker = ScriptedAsker({**sandbox.answers, "public_url": "https://desk.example.org/"})
    bound = await connector.bind(asker)
    webhook = f"https://desk.example.org/hooks/{bound.hook_key}"
    assert (bound.account, bound.title) == (NUMBER, PHONE)
    assert bound.facts == {
        "Phone": PHONE,
        "Name": "Ёлочный базар",
        "Quality": "GREEN",
        "Webhook": webhook,
        "Verify token": VERIFY_TOKEN,
    }
    (notice,) = asker.notices
    said = " ".join(map(str, notice.lines))
    assert webhook in said
    assert VERIFY_TOKEN in said
    assert "smb_message_echoes" in said


async def test_without_a_public_address_the_path_is_shown_and_a_verify_token_is_made_and_kept(
    connector: Connector, sandbox: WhatsAppSandbox
) -> None:
    bound = await connector.bind(ScriptedAsker({**sandbox.answers, "verify_token": ""}))
    made = bound.settings["verify_token"]
    assert bound.facts["Webhook"] == f"/hooks/{bound.hook_key}"
    assert len(made) == 32
    again = await connector.bind(ScriptedAsker({**sandbox.answers, "verify_token": ""}), previous=bound)
    assert (again.settings["verify_token"], again.hook_key) == (made, bound.hook_key)


async def test_binding_subscribes_the_app_to_the_accounts_news(connector: Connector, sandbox: WhatsAppSandbox) -> None:
    assert sandbox.meta.apps == []
    await connector.bind(ScriptedAsker(sandbox.answers))
    assert len(sandbox.meta.apps) == 1


async def test_another_number_is_another_channel(connector: Connector, sandbox: WhatsAppSandbox) -> None:
    asker = ScriptedAsker(sandbox.answers)
    with pytest.raises(UsageError):
        await connector.bind(asker, previous=Bound(account="1065", title="+7", hook_key="k"))
    assert "another number" in asker.blamed["phone_number_id"]


async def test_a_wrong_answer_is_asked_again_with_everything_else_kept(
    connector: Connector, sandbox: WhatsAppSandbox
) -> None:
    asker = ScriptedAsker({**sandbox.answers, "app_secret": "f" * 32})
    with pytest.raises(UsageError):
        await connector.bind(asker)
    assert asker.forms[1].values["api_url"] == sandbox.url
    assert "appsecret_proof" in asker.blamed["app_secret"]


async def test_traffic_goes_through_the_proxy(connector: Connector, sandbox: WhatsAppSandbox) -> None:
    async with ConnectProxy("desk:secret") as proxy:
        bound = await connector.bind(ScriptedAsker({**sandbox.answers, "proxies": proxy.url}))
        assert {f.name: f.ok for f in await connector.check(bound)} == {
            "receive": True,
            "send": True,
            "quality": True,
            "proxy": True,
        }
    assert set(proxy.led_to) == {sandbox.url.removeprefix("http://")}
    assert bound.secrets["proxies"] == proxy.url
    findings = {f.name: f.ok for f in await connector.check(bound)}
    assert findings == {"receive": False, "send": False, "proxy": False}


@pytest.mark.parametrize("trouble", ["a refusal that quotes it", "silence", "outage", "nonsense"])
async def test_keys_are_in_no_error_and_no_log(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    caplog.set_level(logging.DEBUG)
    faults = {
        "a refusal that quotes it": Fault("/messages", 400, 100, f"Malformed access token {TOKEN}"),
        "silence": Fault("/messages", 0),
        "nonsense": Fault("/messages", 599, 5, TOKEN),
    }
    if trouble == "outage":
        await sandbox.vanish()
    else:
        sandbox.faults.append(faults[trouble])
    with pytest.raises(ChannelError) as caught:
        await session.send(out("+79160000001"))
    said = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value)) + caplog.text + repr(session)
    assert TOKEN not in said
    assert APP_SECRET not in said


@pytest.mark.req("S-036")
def test_its_number_is_stable_and_its_limits_are_metas() -> None:
    found = manifest("whatsapp")
    can = found.capabilities
    assert found.source_id == 7
    assert (can.window, can.max_text, can.max_caption, can.max_upload) == (86400, 4096, 1024, 100 * 1024 * 1024)
    assert [(rate.scope, rate.limit, rate.per) for rate in can.rates] == [("account", 80, 1), ("dialog", 1, 6)]
    assert (can.edits, can.deletes, can.idempotent_send) == (False, False, False)
