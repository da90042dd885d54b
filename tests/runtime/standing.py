"""A renewal of tokens in another process, which stands still at a step until it is killed there."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from chatapp_cli.ports.memory import Memory

ROOT = Path(__file__).parents[2]
STEPS = ("nothing noted", "noted", "answered", "stored")
"""Before it notes that it asks; before it asks; once it has the answer; once that is durable."""

RENEWING = """
import asyncio, sys
from dataclasses import replace
from chatapp_cli.bootstrap import open_company
from chatapp_cli.runtime.memory import bound_link
from chatapp_cli.services import links
from chatapp_cli.settings import Settings
from tests.runtime.standing import StandingMemory

home, link, place = sys.argv[1], int(sys.argv[2]), sys.argv[3]

async def renew():
    company = open_company(Settings(home=home, http_port=0))
    row = company.whole.read(lambda tx: links.one(tx, link))
    bound = bound_link(company, row)
    bound = replace(bound, memory=StandingMemory(bound.memory, place))
    async with company.crm(row.kind).open(row.id, bound, public_url="") as session:
        await session.prove()

asyncio.run(renew())
"""
"""Has a link's session prove that it is let in, and stands still at a step: home, number of the link, step."""


class StandingMemory:
    """A memory that says where the renewal is, and goes on only if it is not the step that is waited for."""

    def __init__(self, memory: Memory, place: str) -> None:
        self._memory, self._place = memory, place

    async def known(self, prefix: str = "") -> Mapping[str, str]:
        """All entries with this prefix."""
        return await self._memory.known(prefix)

    async def swap(self, name: str, before: str, after: str) -> bool:
        """Replace an entry."""
        await self._stand("nothing noted")
        done = await self._memory.swap(name, before, after)
        await self._stand("noted")
        return done

    async def save(self, changes: Mapping[str, str]) -> None:
        """Store entries; only those with tokens are a step."""
        renews = any(name.startswith("token:") for name in changes)
        await self._stand("answered" if renews else "")
        await self._memory.save(changes)
        await self._stand("stored" if renews else "")

    async def _stand(self, here: str) -> None:
        if here == self._place:
            print(here, flush=True)  # noqa: T201 - the parent reads it
            await asyncio.Event().wait()


async def killed_at(place: str, program: str, *words: str) -> None:
    """Run a program in another process until it says that it stands there, and kill it."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, *words, place, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    said = (await child.stdout.readline()).decode().strip()
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    assert said == place
