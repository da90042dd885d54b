"""The SMS connector: gateways in general are in ``kit/gateway*.py``, individual ones in ``presets``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from chatapp_cli.connectors.sms.bind import TRADE
from chatapp_cli.connectors.sms.convert import outgoing
from chatapp_cli.domain.arrival import Arrival
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit import gateway_bind, gateway_session
from chatapp_cli.kit.gateway_session import GatewaySession, ProvingGatewaySession
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Connector, Finding, HookReply, HookRequest, Session, StoredArrival
from chatapp_cli.ports.world import World


class Sms:
    """Binds, checks and opens."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def bind(self, ask: Asker, *, previous: Bound | None = None) -> Bound:
        """Ask for the gateway and verify the login."""
        return await gateway_bind.bind(TRADE, self._world, ask, previous)

    def understand(self, bound: Bound, stored: StoredArrival) -> Arrival:
        """Read a report or a message once more."""
        return gateway_session.understand(TRADE, bound, stored)

    async def accept(self, bound: Bound, request: HookRequest) -> HookReply:
        """Accept a delivery report without a session."""
        return gateway_session.accept(TRADE, bound, request, self._world.clock.now())

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Request the balance, and say how well the gateway has been tested."""
        return await gateway_session.findings(TRADE, self._world, bound)

    @asynccontextmanager
    async def open(self, channel: ChannelId, bound: Bound) -> AsyncIterator[Session]:  # noqa: ARG002 - the interface
        """Connects nothing until the first send."""
        async with gateway_session.opened(TRADE, self._world, bound) as (gateway, client):
            kind = ProvingGatewaySession if gateway.test else GatewaySession
            yield kind(self._world, bound, gateway, client, outgoing)


def create(world: World) -> Connector:
    """The channel."""
    return Sms(world)
