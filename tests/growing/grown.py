"""The program with one growth in it, and a daemon of it that tests ask for things."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.daemons import Child, Serving
from tests.growing.page import ROOT, Growth, edited
from tests.runtime.desk import eventually

_BESIDE = ("tests", "config", "scripts", "pyproject.toml")


class Grown:
    """A copy of the sources, changed as the page says, and a store that is served by it.

    What the growth does not touch are links to the sources themselves.
    """

    def __init__(self, folder: Path, growth: Growth) -> None:
        self.root = folder / "sources"
        for place in ("chatapp_cli", "docs"):
            shutil.copytree(ROOT / place, self.root / place, copy_function=os.symlink)
        for place in _BESIDE:
            (self.root / place).symlink_to(ROOT / place)
        for path, diff in growth.edits.items():
            self._put(self.root / path, edited((ROOT / path).read_text("utf-8"), diff))
        orders = {"orders": "tests.growing.orders:PART"}
        self.serving = Serving(folder / "home", parts={**growth.parts, **orders}, root=self.root)
        for path, text in growth.files.items():
            ours = "/" in path
            self._put((self.root if ours else self.serving.site) / path, text)
        self.folder = folder / "home" / "main"
        """Where the company's store lies."""
        self._ordered = 0

    @staticmethod
    def _put(file: Path, text: str) -> None:
        file.unlink(missing_ok=True)
        file.write_text(text, "utf-8")

    @property
    def touched(self) -> set[str]:
        """Files of ours that are not what they were."""
        files = (path for place in ("chatapp_cli", "docs") for path in (self.root / place).rglob("*"))
        ours = (path for path in files if path.is_file() and not path.is_symlink() and path.suffix != ".pyc")
        names = (path.relative_to(self.root).as_posix() for path in ours)
        return {name for name in names if (ROOT / name).exists()}

    @asynccontextmanager
    async def daemon(self) -> AsyncIterator[Child]:
        """A daemon that is ready to carry out orders."""
        async with self.serving.child() as child:
            yield child

    async def order(self, function: str, *values: Any, by: str = "") -> Any:
        """Have the daemon call ``module:function`` in a transaction, as an account or as the owner.

        Returns what comes back as JSON, or in words where it is refused.
        """
        self._ordered += 1
        folder = self.folder / "orders"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self._ordered}.json"
        beside = file.with_suffix(".next")
        beside.write_text(json.dumps({"function": function, "values": values, "by": by}), "utf-8")
        beside.replace(file)
        done = file.with_suffix(".done")
        await eventually(done.exists, seconds=30)
        return json.loads(await asyncio.to_thread(done.read_text, "utf-8"))
