"""What MAX's published description says against calls, answers and updates.

Its traps, each seen with real bots: fields that may be null are required although the service leaves them out, and
kinds of chats other than ``chat`` are missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from chatapp_cli.sandbox.max import MaxSandbox
from chatapp_cli.sandbox.max.server import Exchange
from tests.contract.openapi import OpenApi

PUBLISHED = Path(__file__).parents[3] / "shared" / "contracts" / "max_2026_07_01.yaml"

_LEFT_OUT = {"Chat": ("title", "icon", "description"), "MessageBody": ("text", "attachments")}


class MaxSchema:
    """Finds what is wrong, in words."""

    def __init__(self, published: Path = PUBLISHED) -> None:
        described = yaml.safe_load(published.read_text("utf-8"))
        _mend(described["components"]["schemas"])
        self._api = OpenApi(described)

    def exchange(self, one: Exchange) -> list[str]:
        """Judge a call, and its answer unless that is a refusal."""
        wrong = self._api.query(one.method, one.path, one.call.query)
        wrong += self._api.body(one.method, one.path, one.call.body or None)
        return wrong + (self._api.answer(one.method, one.path, one.status, one.answer) if one.status == 200 else [])

    def update(self, update: object) -> list[str]:
        """Judge what MAX tells."""
        return self._api.value(update, self._api.named("Update"), "update")


def _mend(schemas: Mapping[str, Any]) -> None:
    schemas["ChatType"]["enum"] = ["dialog", "chat", "channel"]
    for name, fields in _LEFT_OUT.items():
        schemas[name]["required"] = [one for one in schemas[name]["required"] if one not in fields]


@cache
def schema() -> MaxSchema | None:
    """The judge; ``None`` where the description is not there."""
    return MaxSchema() if PUBLISHED.is_file() else None


def problems(sandbox: MaxSandbox) -> list[str]:
    """Everything that is wrong with what went between us and a sandbox."""
    judge = schema()
    if judge is None:
        return sandbox.strange
    told = [words for update in sandbox.delivery.sent if "poison" not in str(update) for words in judge.update(update)]
    sane = (one for one in sandbox.exchanges if "poison" not in str(one.answer))
    return sandbox.strange + told + [words for exchange in sane for words in judge.exchange(exchange)]
