"""A company whose CRMs are called without the pauses that real ones need between two requests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, fields, replace

from chatapp_cli.bootstrap import Company
from chatapp_cli.kit.crms import create
from chatapp_cli.kit.system import SystemClock
from chatapp_cli.ports.crm import Crm

SPEED = 20
"""Less than the ``rate`` of the sandboxes, which refuse what comes faster."""


class HurriedClock(SystemClock):
    """The right time of day; pauses pass faster."""

    def monotonic(self) -> float:
        return super().monotonic() * SPEED

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SPEED)


@dataclass(frozen=True, slots=True)
class Hurried(Company):
    """A company that makes its CRMs with such a clock, and everything else with its own."""

    def crm(self, kind: str) -> Crm:
        return create(kind, replace(self.world, clock=HurriedClock()))


def hurried(company: Company) -> Company:
    """The same company."""
    return Hurried(**{field.name: getattr(company, field.name) for field in fields(company)})
