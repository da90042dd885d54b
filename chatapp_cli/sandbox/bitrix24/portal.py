"""The portal as tests and the demo use it: its addresses, what is to be seen in it, and what people do there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.bitrix24.misbehaviour import Misbehaviour
from chatapp_cli.sandbox.bitrix24.objects import (
    ADMIN,
    OPERATOR,
    Answered,
    EventBinding,
    Json,
    OpenLine,
    Pair,
    PlacementBinding,
    PortalCall,
    PortalCard,
    PortalChat,
    PortalComment,
    PortalEmployee,
    PortalEvent,
    PortalMessage,
    PortalNotice,
)
from chatapp_cli.sandbox.bitrix24.pages import PortalPages
from chatapp_cli.sandbox.bitrix24.server import MethodServer
from chatapp_cli.sandbox.bitrix24.staff import PortalStaff


class Portal:
    """One portal with one local application; listens while entered as a context.

    Two portals have different names, and from them different ids and secrets; the numbers of their lines, chats and
    messages are the same on purpose.
    """

    def __init__(
        self, *, name: str = "north", clock: Clock | None = None, rate: float = 1.0, pages: bool = False
    ) -> None:
        """``rate``: how many times faster than a real one the bucket leaks.

        ``pages``: the application has pages of its own, so that its installation ends only with
        :meth:`finishes_installation`, and no event comes before that.
        """
        self.server = MethodServer(name=name, clock=clock, rate=rate)
        self.authority = self.server.authority
        self.authority.installed = not pages
        self.staff = PortalStaff(self.server.desk)
        self.automation = self.server.automation
        self._pages = PortalPages(self.server.desk)
        self._office = self.server.office
        self._shown = ""
        """The address of the page that somebody opened last."""

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.vanish()

    async def come_back(self) -> None:
        """Serve at the same addresses with the same data."""
        await self.authority.come_back()
        await self.server.come_back()

    async def vanish(self) -> None:
        """Stop serving, as in an outage; events that wait are lost."""
        await self.server.vanish()
        await self.authority.vanish()

    async def moves(self) -> str:
        """The portal gets a new domain, and answers with 302 at the old one; returns the new address."""
        await self.server.move()
        return self.address

    @property
    def address(self) -> str:
        """The portal's address."""
        return self.server.address

    @property
    def auth_address(self) -> str:
        """The authorisation server's address."""
        return self.authority.url

    @property
    def domain(self) -> str:
        """The portal's host and port."""
        return self.authority.domain

    @property
    def client_endpoint(self) -> str:
        """Where methods are called."""
        return self.authority.client_endpoint

    @property
    def server_endpoint(self) -> str:
        """Where methods of the authorisation server are called."""
        return self.authority.server_endpoint

    @property
    def webhook(self) -> str:
        """The incoming webhook of the lite mode."""
        return f"{self.address}/rest/{ADMIN}/{self.server.webhook_code}/"

    @property
    def member_id(self) -> str:
        """The portal's own id, the same at every domain."""
        return self.authority.member_id

    @property
    def client_id(self) -> str:
        """The application's id."""
        return self.authority.client_id

    @property
    def client_secret(self) -> str:
        """The application's secret."""
        return self.authority.client_secret

    @property
    def application_token(self) -> str:
        """What all calls of the portal to the application carry."""
        return self.authority.application_token

    @property
    def misbehaviour(self) -> Misbehaviour:
        """What goes wrong here."""
        return self.server.misbehaviour

    @property
    def chats(self) -> list[PortalChat]:
        """The chats of open lines, oldest first."""
        return self._office.chats

    def messages(self, chat: str | int, connector: str = "", line: int = 0) -> list[PortalMessage]:
        """What the operator sees in the chats with our id, or in the one with the portal's; deleted ones are marked."""
        return [
            message for one in self._office.chats
            if chat in {one.id, one.outside} and connector in {"", one.connector} and line in {0, one.line}
            for message in one.messages
        ]  # fmt: skip

    @property
    def notices(self) -> list[PortalNotice]:
        """What employees were notified of."""
        return self._office.notices

    @property
    def comments(self) -> list[PortalComment]:
        """Comments in the cards' timelines."""
        return self._office.comments

    @property
    def connectors(self) -> dict[str, Json]:
        """The registered connectors and what was said at their last registration."""
        return self._office.connectors

    @property
    def active(self) -> set[tuple[str, int]]:
        """The connected lines: connector and line."""
        return self._office.active

    @property
    def connector_data(self) -> dict[tuple[str, int], Json]:
        """How connected lines were described."""
        return self._office.connector_data

    @property
    def bindings(self) -> list[EventBinding]:
        """The bound events."""
        return self._office.bindings

    @property
    def placements(self) -> list[PlacementBinding]:
        """The bound pages."""
        return self._office.placements

    @property
    def senders(self) -> dict[str, Json]:
        """The SMS providers."""
        return self._office.senders

    @property
    def sms_statuses(self) -> dict[str, list[str]]:
        """What was told of each SMS, in order."""
        return {number: one.statuses for number, one in self._office.sms.items()}

    @property
    def employees(self) -> dict[int, PortalEmployee]:
        """Who works here."""
        return self._office.employees

    @property
    def lines(self) -> dict[int, OpenLine]:
        """The open lines."""
        return self._office.lines

    def add_line(self, name: str, *, active: bool = True, **settings: Any) -> int:
        """Add an open line with settings other than the usual ones; returns its id."""
        return self._office.add_line(name, active=active, **settings)

    @property
    def cards(self) -> list[PortalCard]:
        """The cards that exist by now, oldest first."""
        self.server.tracker.work()
        return self._office.cards

    @property
    def calls(self) -> list[PortalCall]:
        """All calls of methods here, in order; those of the authorisation server stand in ``authority.calls``."""
        return self.server.calls

    @property
    def requests(self) -> int:
        """How many HTTP requests called methods; a batch is one."""
        return self.server.requests

    @property
    def refused(self) -> int:
        """How many requests did not fit into the bucket."""
        return self.server.bucket.refused

    @property
    def events(self) -> list[PortalEvent]:
        """All events that somebody was or should have been told, in order."""
        return self.server.courier.events

    @property
    def problems(self) -> list[str]:
        """What calls broke of the published rules, in words."""
        return self.server.problems

    async def settled(self) -> None:
        """Wait until every queued event is delivered or dropped."""
        await self.server.courier.settled()

    async def cards_made(self) -> None:
        """Wait until the tracker has made what it will; the clock has to move meanwhile."""
        await self.server.tracker.settled()

    def hand_out(self) -> Pair:
        """Tokens of the administrator, without any call."""
        return self.authority.hand_out()

    def authorise(self, redirect_url: str, state: str) -> str:
        """The administrator consents: the address at which the browser ends, with a code for 30 seconds."""
        return self.authority.redirect(redirect_url, state)

    async def install(self, handler_url: str, form: Literal["event", "page"] = "event") -> Answered:
        """Install the application, with the first pair of tokens."""
        return await self._pages.install(handler_url, form)

    def finishes_installation(self) -> None:
        """The application's page says that the installation is done."""
        self.authority.installed = True

    async def opens_settings(
        self, connector: str, line: int, application_token: str | None = None, *, employee: int = ADMIN
    ) -> Answered:
        """An employee opens a connector's page for a line, with another token if a test wants to forge it."""
        return await self._pages.settings(connector, line, application_token, employee=employee)

    async def submits(self, connector: str, shown: Answered, **changes: str | None) -> Answered:
        """An administrator sends the form of that page back, with these changes; ``None`` unticks a box."""
        return await self._pages.submits(self._pages.address_of(connector), shown, changes)

    async def opens_card(
        self, card: PortalCard, *, employee: int = OPERATOR, application_token: str | None = None
    ) -> Answered:
        """An employee opens our tab in a card, with another token if a test wants to forge it."""
        self._shown, answered = await self._pages.card(card, employee, application_token)
        return answered

    async def fills_form(self, page: Answered, **fields: str) -> Answered:
        """The employee fills in the form of the page that was opened last, and sends it."""
        return await self._pages.submits(self._shown, page, fields)

    async def sends_sms(
        self, code: str, phone: str, text: str, card: PortalCard | None = None, *, employee: int = OPERATOR
    ) -> tuple[str, Answered]:
        """An employee sends an SMS from a card by our provider; returns its id and our answer."""
        return await self._pages.sms(code, phone, text, card, employee=employee)

    async def robot_sends_sms(self, code: str, phone: str, text: str) -> tuple[str, Answered]:
        """A robot sends an SMS by our provider, in the name of an employee; returns its id and our answer."""
        return await self._pages.sms(code, phone, text, None, employee=OPERATOR, workflow=True)

    async def posts(self, url: str, form: Sequence[tuple[str, str]]) -> Answered:
        """Post any form to the desk, such as a forged event."""
        return await self.server.courier.post_unnoted(url, list(form))
