"""A company that calls CRMs without the pauses that real ones need between two requests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, fields, replace

from chatapp_cli.bootstrap import Company
from chatapp_cli.kit import crms, manifests
from chatapp_cli.kit.system import SystemClock
from chatapp_cli.ports.connector import Connector
from chatapp_cli.ports.crm import Crm
from chatapp_cli.ports.world import World

SPEED = 20
"""Less than the ``rate`` of the sandboxes, which refuse what comes faster."""


class HurriedClock(SystemClock):
    """The right time of day; pauses pass faster."""

    def monotonic(self) -> float:
        return super().monotonic() * SPEED

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SPEED)


def hurried_world(world: World) -> World:
    """The same world with such a clock."""
    return replace(world, clock=HurriedClock())


@dataclass(frozen=True, slots=True)
class Hurried(Company):
    """A company that makes its CRMs and Avito's channels with such a clock, and everything else with its own."""

    def connector(self, kind: str) -> Connector:
        """Avito alone is asked so rarely, every ten seconds, that tests would wait for it."""
        return manifests.create(kind, hurried_world(self.world) if kind == "avito" else self.world)

    def crm(self, kind: str) -> Crm:
        return crms.create(kind, hurried_world(self.world))


def hurried(company: Company) -> Company:
    """The same company."""
    return Hurried(**{field.name: getattr(company, field.name) for field in fields(company)})
