"""What the channel says of itself, what a check finds, and whether the judge of all tests bites."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.connectors import avito
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.avito import AvitoSandbox
from chatapp_cli.sandbox.avito.server import Fault
from tests.contract.avito_schema import schema
from tests.contract.connector_contract import ANNA, ScriptedAsker

RAISED = re.compile(
    r'(?:Retryable|Rejected|OutcomeUnknown|NeedsRebind|Misconfigured|RateLimited|GrantRefused)(?:\(|, )"(\w+)"'
)
OF_THE_KIT = {"timeout", "unreachable", "no_answer", "bad_url", "proxies_down", "sent_in_part"}


@pytest.mark.req("S-036")
@pytest.mark.req("S-108")
def test_its_number_and_limits_are_stable() -> None:
    can = manifest("avito").capabilities
    assert manifest("avito").source_id == 5
    assert (can.max_text, can.delete_within, can.receipts, list(can.write_first)) == (4000, 3600, "read", [])


@pytest.mark.req("S-105")
def test_the_tariff_stands_among_the_limits() -> None:
    assert "«Максимальный»" in str(manifest("avito").limits[0])


def test_every_code_that_it_raises_is_explained() -> None:
    sources = Path(avito.__path__[0]).glob("*.py")
    codes = {code for source in sources for code in RAISED.findall(source.read_text("utf-8"))} | OF_THE_KIT
    assert {"tariff", "grant_refused", "sent_in_part", "chat_closed"} <= codes
    assert codes == set(manifest("avito").errors)


async def test_a_check_names_the_cause(connector: Connector, sandbox: AvitoSandbox) -> None:
    bound = await connector.bind(ScriptedAsker({**sandbox.answers, "public_url": "https://desk.example.org"}))
    silent = {finding.name: finding for finding in await connector.check(bound)}
    assert {name: finding.ok for name, finding in silent.items()} == {"send": True, "receive": True, "webhook": False}
    async with connector.open(ChannelId(1), bound):
        pass
    assert all(finding.ok for finding in await connector.check(bound))
    unpaid = {"error": {"code": 402, "message": "нет подписки"}}
    sandbox.faults.append(Fault("/chats", 402, unpaid, method="GET"))
    broken = {finding.name: finding for finding in await connector.check(bound)}
    assert [broken["send"].ok, broken["receive"].ok] == [True, False]
    assert "нет подписки" in str(broken["receive"].what)
    assert broken["receive"].next_step == manifest("avito").errors["tariff"].next_step


async def test_checking_writes_to_nobody(connector: Connector, bound: Bound, sandbox: AvitoSandbox) -> None:
    sandbox.exchanges.clear()
    await connector.check(bound)
    assert {one.method for one in sandbox.exchanges} == {"GET"}


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/chats", {"query": {"limit": "101"}}),
        ("/chats", {"query": {"chat_types": "u2x"}}),
        ("/chats", {"query": {"page": "1"}}),
        ("/messages", {"body": {"message": {"text": "ж" * 1001}, "type": "text"}}),
        ("/messages", {"body": {"message": {"text": "x"}, "type": "markdown"}}),
        ("/messages", {"body": {"type": "text"}}),
        ("/messages", {"body": {"message": {"text": "x"}, "type": "text", "quote": "m"}}),
    ],
)
async def test_the_judge_bites(
    connector: Connector, bound: Bound, sandbox: AvitoSandbox, path: str, change: dict[str, Any]
) -> None:
    judge = schema()
    if judge is None:
        pytest.skip("Avito's published description is not here")
    await sandbox.say(ANNA, "да")
    async with connector.open(ChannelId(1), bound) as session:
        await anext(aiter(session.events(bound.cursor)))
    await _say(connector, bound, sandbox)
    fitting = next(one for one in sandbox.exchanges if one.path.endswith(path))
    assert judge.exchange(fitting) == []
    assert judge.exchange(replace(fitting, call=replace(fitting.call, **change))) != []


async def test_the_judge_of_answers_and_webhooks_bites(sandbox: AvitoSandbox) -> None:
    judge = schema()
    if judge is None:
        pytest.skip("Avito's published description is not here")
    sandbox.methods.hooks.append("http://127.0.0.1:1/")
    await sandbox.say(ANNA, "да")
    (webhook,) = sandbox.called
    assert judge.webhook(webhook) == []
    assert judge.webhook({**webhook, "signature": "x"}) != []
    value = webhook["payload"]["value"]
    assert judge.webhook({**webhook, "payload": {"type": "message", "value": {**value, "chat_type": "x2y"}}}) != []


async def _say(connector: Connector, bound: Bound, sandbox: AvitoSandbox) -> None:
    from chatapp_cli.domain.ids import MessageId
    from chatapp_cli.domain.outbound import Outbound

    message = Outbound(message_id=MessageId(1), key="k" * 32, address=sandbox.town.chat(ANNA).id, text="да")
    async with connector.open(ChannelId(1), bound) as session:
        await session.send(message)
