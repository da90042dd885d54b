"""A sandbox whose every exchange and update is judged by MAX's published description."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatapp_cli.sandbox.max import MaxSandbox
from tests.contract.max_schema import problems


@pytest.fixture
async def sandbox() -> AsyncIterator[MaxSandbox]:
    async with MaxSandbox() as sandbox:
        yield sandbox
    assert problems(sandbox) == []
