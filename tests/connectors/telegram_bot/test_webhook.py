"""Telegram calls us: only with our secret, repeated until it is durable, and watched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from chatapp_cli.domain.arrival import Batch, MessageArrived
from chatapp_cli.domain.errors import Misconfigured, Retryable
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, HookReply, HookRequest, TakesHooks
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.sandbox.telegram_bot.server import Fault
from tests.contract.connector_contract import ANNA, ScriptedAsker, collect
from tests.contract.door import Door

UPDATE = {"update_id": 9, "message": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "да"}}


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with Door() as door:
        yield door


@pytest.fixture
def sandbox(own_server: TelegramBotSandbox) -> TelegramBotSandbox:
    return own_server


@pytest.fixture
async def bound(connector: Connector, sandbox: TelegramBotSandbox, door: Door) -> Bound:
    answers = {**sandbox.answers, "intake": "webhook", "public_url": "http://127.0.0.1/"}
    bound = await connector.bind(ScriptedAsker(answers))
    assert bound.settings["public_url"] == "http://127.0.0.1"
    public_url = door.address("").removesuffix("/hooks/")
    return replace(bound, settings={**bound.settings, "public_url": public_url})


def call(bound: Bound, *, secret: str | None = None, method: str = "POST", body: object = UPDATE) -> HookRequest:
    headers = {"x-telegram-bot-api-secret-token": bound.secrets["hook_secret"] if secret is None else secret}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HookRequest(method=method, path="", query={}, headers=headers, body=raw)


async def test_telegram_is_told_the_channels_own_address_and_secret(
    connector: Connector, bound: Bound, sandbox: TelegramBotSandbox
) -> None:
    async with connector.open(ChannelId(1), bound):
        url = f"{bound.settings['public_url']}/hooks/{bound.hook_key}"
        assert sandbox.delivery.hook == {"url": url, "secret": bound.secrets["hook_secret"]}


async def test_only_our_secret_opens(connector: Connector, bound: Bound) -> None:
    async with connector.open(ChannelId(1), bound) as session:
        assert isinstance(session, TakesHooks)
        for secret in ("", "guess", bound.secrets["hook_secret"][:-1], "секрет"):
            assert session.accept(call(bound, secret=secret)) == HookReply(status=401)
        no_header = replace(call(bound), headers={})
        assert session.accept(no_header) == HookReply(status=401)
        assert session.accept(call(bound, method="GET")) == HookReply(status=405)
        reply = session.accept(call(bound))
    (arrival,) = reply.batch.arrivals
    (event,) = arrival.events
    assert isinstance(event, MessageArrived)
    assert (reply.status, arrival.provider_id, event.text) == (200, "9", "да")


@pytest.mark.parametrize(("body", "provider_id"), [({"update_id": 9, "message": 1}, "9"), (b"nonsense", "sha256:")])
async def test_poison_is_kept_and_answered_so_that_it_holds_nobody_up(
    connector: Connector, bound: Bound, body: object, provider_id: str
) -> None:
    async with connector.open(ChannelId(1), bound) as session:
        assert isinstance(session, TakesHooks)
        reply = session.accept(call(bound, body=body))
    (arrival,) = reply.batch.arrivals
    assert reply.status == 200
    assert arrival.provider_id.startswith(provider_id)
    assert arrival.problem


async def test_what_was_not_durable_is_called_again(
    connector: Connector, bound: Bound, sandbox: TelegramBotSandbox, door: Door
) -> None:
    await sandbox.say(ANNA, "раз")
    async with connector.open(ChannelId(1), bound) as session:
        (lost,), _ = await collect(session, 1, None, door=door, durable=False)
        (again,), _ = await collect(session, 1, None, door=door)
    assert lost == again


async def fail_once(sandbox: TelegramBotSandbox) -> None:
    """Let Telegram call while nobody stands behind the door."""
    await sandbox.say(ANNA, "слышно?")
    async with asyncio.timeout(10):
        while not sandbox.delivery.failure:
            await asyncio.sleep(0)


async def test_a_hook_that_works_is_proof_of_life_and_one_that_fails_is_trouble(
    connector: Connector, bound: Bound, sandbox: TelegramBotSandbox
) -> None:
    async with connector.open(ChannelId(1), bound) as session, aclosing(session.events(None)) as proofs:  # type: ignore[type-var]
        assert await anext(proofs) == Batch()
    async with connector.open(ChannelId(1), bound) as session:
        await fail_once(sandbox)
        sandbox.delivery.failure["last_error_date"] += 1
        with pytest.raises(Retryable, match=r"webhook_unreachable .*503"):
            await anext(aiter(session.events(None)))


@pytest.mark.req("S-070")
async def test_an_address_that_telegram_refuses_blames_the_setting(
    connector: Connector, bound: Bound, sandbox: TelegramBotSandbox
) -> None:
    sandbox.faults.append(Fault("setWebhook", 400, "Bad Request: bad webhook: Failed to resolve host"))
    with pytest.raises(Misconfigured, match="bad_webhook") as caught:
        async with connector.open(ChannelId(1), bound):
            pass
    assert caught.value.field == "public_url"


@pytest.mark.req("S-070")
async def test_a_check_tells_what_telegram_says_about_the_hook(
    connector: Connector, bound: Bound, sandbox: TelegramBotSandbox
) -> None:
    async with connector.open(ChannelId(1), bound):
        healthy = {finding.name: finding.ok for finding in await connector.check(bound)}
        await fail_once(sandbox)
        broken = {finding.name: finding for finding in await connector.check(bound)}
    assert healthy == {"webhook": True, "receive": True, "send": True, "groups": True}
    assert not broken["receive"].ok
    assert "503 Service Unavailable" in str(broken["receive"].what)
    assert broken["receive"].next_step
