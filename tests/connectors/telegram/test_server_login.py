"""A real client logs in to the sandbox: by code, by password, by QR."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from telethon import errors

from chatapp_cli.sandbox.telegram import TelegramSandbox
from chatapp_cli.sandbox.telegram.server import OWNER_ID
from tests.connectors.telegram.server_client import ANNA, device, logged_in, login


@pytest.fixture
async def sandbox() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox(password="") as sandbox:
        yield sandbox


async def test_a_code_lets_in(sandbox: TelegramSandbox) -> None:
    async with device(sandbox) as client:
        assert not await client.is_user_authorized()
        me = await login(client)
        assert (me.id, me.phone, me.username) == (OWNER_ID, sandbox.owner.phone, "yolki_shop")
        assert await client.is_user_authorized()


async def test_words_go_both_ways(sandbox: TelegramSandbox) -> None:
    async with logged_in(sandbox) as client:
        said = await sandbox.say(ANNA, "Здравствуйте, ёлки есть?")
        assert await client.hears(1) == ["Здравствуйте, ёлки есть?"]
        (message,) = client.messages
        assert str(message.id) == said
        sent = await client.send_message(message.chat_id, "Есть!", reply_to=message.id)
        assert sent.id == message.id + 1
        (heard,) = await sandbox.heard(ANNA)
        assert (heard.text, heard.reply_to) == ("Есть!", said)
