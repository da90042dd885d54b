"""A part for tests: a running daemon calls what a file names, in a transaction, and writes down what came of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from chatapp_cli.domain.access import Acting
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.runtime.parts import Part
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.worker import Worker
from chatapp_cli.store.tx import Tx
from tests.stores import OWNER


class Undone(Exception):
    """What was done is to be rolled back."""


class Orders(Worker):
    """Carries out one after another."""

    name = "orders"

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._folder = store.company.settings.folder / "orders"

    async def run(self) -> None:
        while True:
            for file in sorted(self._folder.glob("*.json")):
                await self._carry_out(file)
            await asyncio.sleep(0.02)

    async def _carry_out(self, file: Path) -> None:
        order = json.loads(file.read_text("utf-8"))
        try:
            answer = await self._store.write(partial(self._call, order=order))
        except ChatappError as error:
            answer = str(error.what)
        except Undone:
            answer = "undone"
        file.unlink()
        beside = file.with_suffix(".next")
        beside.write_text(json.dumps(answer, default=str), "utf-8")
        beside.replace(file.with_suffix(".done"))

    def _call(self, tx: Tx, *, order: dict[str, Any]) -> Any:
        module, _, function = order["function"].partition(":")
        company = self._store.company
        values = [company.options if value == "options" else value for value in order["values"]]
        undone = "undone" in values
        acting = Acting(order["by"], account=True) if order["by"] else OWNER
        answer = getattr(import_module(module), function)(tx.by(acting), *(v for v in values if v != "undone"))
        if undone:
            raise Undone
        return answer


def workers(store: AsyncStore) -> Sequence[Worker]:
    return (Orders(store),)


PART = Part(workers=workers)
