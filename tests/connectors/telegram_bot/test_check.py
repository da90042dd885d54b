"""«The bot does not answer»: each cause is named, with the next step."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, Finding
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.sandbox.telegram_bot.server import Fault

pytestmark = pytest.mark.req("S-070")


async def found(connector: Connector, bound: Bound) -> Mapping[str, Finding]:
    return {finding.name: finding for finding in await connector.check(bound)}


async def test_a_healthy_bot_passes_and_is_told_about_privacy(connector: Connector, bound: Bound) -> None:
    findings = await found(connector, bound)
    assert all(finding.ok for finding in findings.values())
    assert "/setprivacy" in str(findings["groups"].next_step)


@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        (401, "Unauthorized", "unauthorized"),
        (500, "Internal Server Error", "server_trouble"),
    ],
)
async def test_a_dead_token_and_telegrams_trouble_are_told_apart(
    connector: Connector, bound: Bound, sandbox: TelegramBotSandbox, status: int, words: str, code: str
) -> None:
    sandbox.faults.append(Fault("getMe", status, words))
    findings = await found(connector, bound)
    explained = manifest("telegram_bot").errors[code]
    for name in ("receive", "send"):
        assert not findings[name].ok
        assert str(explained.what) in str(findings[name].what)
        assert findings[name].next_step == explained.next_step


async def test_an_unreachable_server_is_named(connector: Connector, bound: Bound, sandbox: TelegramBotSandbox) -> None:
    await sandbox.vanish()
    findings = await found(connector, bound)
    assert "cannot be reached" in str(findings["send"].what)
    await sandbox.come_back()


async def test_a_foreign_webhook_explains_the_silence(
    connector: Connector, bound: Bound, sandbox: TelegramBotSandbox
) -> None:
    sandbox.delivery.hook = {"url": "https://other.example.org/hook", "secret": ""}
    findings = await found(connector, bound)
    assert (findings["webhook"].ok, findings["receive"].ok, findings["send"].ok) == (False, False, True)
    assert "Stop that program" in str(findings["webhook"].next_step)


async def test_checking_takes_no_updates_from_a_running_daemon(
    connector: Connector, bound: Bound, sandbox: TelegramBotSandbox
) -> None:
    await connector.check(bound)
    assert "getUpdates" not in [exchange.method for exchange in sandbox.exchanges]
