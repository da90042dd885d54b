"""The account's own host: OAuth and API v4."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.amocrm.authority import refusal
from chatapp_cli.sandbox.amocrm.basic_methods import AccountMethods
from chatapp_cli.sandbox.amocrm.bot_methods import BotMethods
from chatapp_cli.sandbox.amocrm.contact_methods import ContactMethods
from chatapp_cli.sandbox.amocrm.door import AmoDoor
from chatapp_cli.sandbox.amocrm.event_methods import EventMethods
from chatapp_cli.sandbox.amocrm.lead_methods import LeadMethods
from chatapp_cli.sandbox.amocrm.limits import Blocked, FrontServer
from chatapp_cli.sandbox.amocrm.note_methods import NoteMethods
from chatapp_cli.sandbox.amocrm.objects import AmoCall, AmoRefusal, Json
from chatapp_cli.sandbox.amocrm.request import AccountDesk, AmoMethod, AmoRequest, Reply
from chatapp_cli.sandbox.amocrm.source_methods import SourceMethods
from chatapp_cli.sandbox.amocrm.talk_methods import TalkMethods
from chatapp_cli.sandbox.amocrm.unsorted_methods import UnsortedMethods
from chatapp_cli.sandbox.amocrm.webhook_methods import WebhookMethods
from chatapp_cli.sandbox.amocrm.wire import FORBIDDEN, found, read_json, routes, without_secrets

TOKEN: Final = "/oauth2/access_token"
SUBDOMAIN: Final = "/oauth2/account/current/subdomain"
_HOST: Final = "127.0.0.1"


class AccountServer(AmoDoor):
    """Answers at the account's address; after a renaming only at the new one."""

    def __init__(self, desk: AccountDesk, clock: Clock, calls: list[AmoCall], rate: float) -> None:
        super().__init__(desk, clock, calls)
        self._rate = rate
        self.front = FrontServer(clock)
        self._second_port: int | None = None
        self._api_port: int | None = None
        table: Mapping[str, AmoMethod] = {
            **AccountMethods(desk).table, **ContactMethods(desk).table, **LeadMethods(desk).table,
            **NoteMethods(desk).table, **SourceMethods(desk).table, **WebhookMethods(desk).table,
            **UnsortedMethods(desk).table, **TalkMethods(desk).table, **BotMethods(desk).table,
            **EventMethods(desk).table,
        }  # fmt: skip
        self._known = routes(table)

    @property
    def address(self) -> str:
        """Where the account is reached now; ``url`` is where it was at first."""
        return f"http://{_HOST}:{self._second_port}" if self._second_port else self.url

    async def come_back(self) -> None:
        """Open the same ports."""
        await super().come_back()
        self._api_port = await self._open(self._api_port or 0)
        if self._second_port is not None:
            await self._open(self._second_port)
        self._desk.address = self.address
        self._desk.authority.api_domain = f"{_HOST}:{self._api_port}"

    async def move(self) -> None:
        """Open another port: the first one answers with 404 from now on."""
        self._second_port = await self._open(0)
        self._desk.address = self.address

    async def _open(self, port: int) -> int:
        assert self._runner is not None
        await web.TCPSite(self._runner, _HOST, port, reuse_address=True).start()
        return int(self._runner.addresses[-1][1])

    async def _judged(self, request: web.Request, call: AmoCall) -> Reply:
        if self._desk.faults.html_403:
            return Reply(403, FORBIDDEN)
        try:
            return await super()._judged(request, call)
        except Blocked:
            return Reply(403, FORBIDDEN)

    async def _performed(self, request: web.Request, call: AmoCall) -> Reply:
        """Carry a request out. Raises AmoRefusal or Blocked."""
        self.front.take(self._desk.faults.limit or self._rate)
        port = request.transport.get_extra_info("sockname")[1] if request.transport else 0
        if call.path == SUBDOMAIN and call.method == "GET":
            return self._where(request)
        if port != (self._second_port or self._port):
            raise AmoRefusal(404, "The account is not here")
        body = await read_json(request)
        call.body = without_secrets(body)
        if call.path == TOKEN and call.method == "POST":
            return self._token(body)
        if self._desk.faults.payment:
            raise AmoRefusal(402, "Account is not paid")
        user = self._let_in(request, call)
        does, parts = found(self._known, call.method, call.path)
        said = does(
            AmoRequest(
                method=call.method, path=call.path, query=call.query, body=body, user=user, address=self.address,
                parts=parts,
            )
        )  # fmt: skip
        reply: Reply = await said if inspect.isawaitable(said) else said
        return reply

    def _let_in(self, request: web.Request, call: AmoCall) -> int:
        """In whose name the request is made. Raises AmoRefusal."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            raise AmoRefusal(401, "No token")
        grant = self._desk.authority.let_in(token)
        call.token = grant.kind
        said = request.headers.get("X-Context-User-ID", str(grant.user))
        user = self._desk.office.users.get(int(said) if said.isdecimal() else 0)
        if user is None or not user.active:
            raise AmoRefusal(403, "The user is not known")
        return user.id

    def _token(self, body: object) -> Reply:
        if not isinstance(body, dict):
            raise refusal(400, "The body is not an object")
        pair = self._desk.authority.exchange(body)
        said: Json = {
            "token_type": "Bearer", "expires_in": int(self._desk.authority.lives), "access_token": pair.access,
            "refresh_token": pair.refresh,
        }  # fmt: skip
        return Reply(200, said)

    def _where(self, request: web.Request) -> Reply:
        """Tell where the account is now, to who has a refresh token of it (4.1)."""
        if not self._desk.authority.knows(request.headers.get("X-Refresh-Token", "")):
            raise AmoRefusal(401, "The refresh token is not valid")
        domain = self.address.partition("://")[2]
        return Reply(200, {"subdomain": self._desk.subdomain, "domain": domain})
