"""The VK Notify connector: gateways in general are in ``kit/gateway*.py``, individual ones in ``presets``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from chatapp_cli.connectors.vk_notify import application, statement
from chatapp_cli.connectors.vk_notify.bind import TRADE
from chatapp_cli.connectors.vk_notify.convert import outgoing
from chatapp_cli.domain.arrival import Arrival
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.form import Form
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.template import Template
from chatapp_cli.domain.text import Text
from chatapp_cli.kit import gateway_bind, gateway_session
from chatapp_cli.kit.gateway_session import GatewaySession, ProvingGatewaySession
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import (
    ApplicationDocument,
    Connector,
    Finding,
    HookReply,
    HookRequest,
    Session,
    StoredArrival,
)
from chatapp_cli.ports.world import World


class VkNotifySession(GatewaySession):
    """Sends notices. Templates are submitted to the partner by hand: there is no API for it."""

    async def templates(self) -> Sequence[Template]:
        """Not supported: the partner has no API for templates."""
        raise Rejected("not_here")

    async def submit(self, template: Template) -> Template:
        """Not supported: the partner has no API for templates."""
        raise Rejected("not_here", template.name)


class ProvingVkNotifySession(VkNotifySession, ProvingGatewaySession):
    """A session with a partner whose API can check the key without sending a notice."""


class VkNotify:
    """Binds, checks and opens."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def bind(self, ask: Asker, *, previous: Bound | None = None) -> Bound:
        """Ask for the community and the partner's address and key."""
        return await gateway_bind.bind(TRADE, self._world, ask, previous)

    def understand(self, bound: Bound, stored: StoredArrival) -> Arrival:
        """Read a report once more."""
        return gateway_session.understand(TRADE, bound, stored)

    async def accept(self, bound: Bound, request: HookRequest) -> HookReply:
        """Accept a delivery report without a session."""
        return gateway_session.accept(TRADE, bound, request, self._world.clock.now())

    def application(self) -> Form:
        """The fields of the application form."""
        return application.FORM

    def slips(self, answers: Mapping[str, str]) -> Mapping[str, Text]:
        """Errors in it, by field."""
        return application.slips(answers)

    def applicant(self, answers: Mapping[str, str]) -> str:
        """The applicant."""
        return application.applicant(answers)

    def statement(self, answers: Mapping[str, str], at: Millis) -> ApplicationDocument:
        """The document; its library is imported only here."""
        return statement.statement(answers, at)

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Check that the provider answers and can send delivery reports."""
        return await gateway_session.findings(TRADE, self._world, bound)

    @asynccontextmanager
    async def open(self, channel: ChannelId, bound: Bound) -> AsyncIterator[Session]:  # noqa: ARG002 - the interface
        """Connects nothing until the first send."""
        async with gateway_session.opened(TRADE, self._world, bound) as (gateway, client):
            kind = ProvingVkNotifySession if gateway.test else VkNotifySession
            yield kind(self._world, bound, gateway, client, outgoing)


def create(world: World) -> Connector:
    """The channel."""
    return VkNotify(world)
