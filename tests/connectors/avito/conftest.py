"""A sandbox whose every exchange and webhook is judged by Avito's published description."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.sandbox.avito import AvitoSandbox
from tests.contract.avito_schema import problems


@pytest.fixture
async def sandbox() -> AsyncIterator[AvitoSandbox]:
    async with AvitoSandbox() as sandbox:
        yield sandbox
    assert problems(sandbox) == []
