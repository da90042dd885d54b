"""A sandbox whose every exchange is judged by the published description of the Bot API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from tests.connectors.telegram_bot.judge import problems


@pytest.fixture
async def sandbox() -> AsyncIterator[TelegramBotSandbox]:
    async with TelegramBotSandbox() as sandbox:
        yield sandbox
    assert problems(sandbox) == []


@pytest.fixture
async def own_server(tmp_path: Path) -> AsyncIterator[TelegramBotSandbox]:
    async with TelegramBotSandbox(shelf=tmp_path) as sandbox:
        yield sandbox
    assert problems(sandbox) == []
