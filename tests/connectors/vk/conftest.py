"""A sandbox whose every exchange is judged by the published description of VK's API."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.sandbox.vk import VkSandbox
from tests.connectors.vk.judge import problems


@pytest.fixture
async def sandbox() -> AsyncIterator[VkSandbox]:
    async with VkSandbox() as sandbox:
        yield sandbox
    assert problems(sandbox) == []
