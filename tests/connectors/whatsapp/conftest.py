"""A sandbox whose every exchange and webhook is judged by Meta's published description."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.sandbox.whatsapp import WhatsAppSandbox
from tests.connectors.whatsapp.judge import problems


@pytest.fixture
async def sandbox() -> AsyncIterator[WhatsAppSandbox]:
    async with WhatsAppSandbox() as sandbox:
        yield sandbox
    assert problems(sandbox) == []
