"""A desk as the portal sees it: it takes calls at its address, gives out files, and keeps what arrived."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from aiohttp import web

from chatapp_cli.crm.bitrix24.connector import Bitrix24, Bitrix24Session
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, LedgerEntry
from chatapp_cli.domain.crm.events import CrmArrival, RobotAsked
from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.ids import EntryId, LinkId, PairingId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookRequest
from chatapp_cli.ports.crm import CrmReply
from chatapp_cli.ports.world import World
from chatapp_cli.runtime import card_pages
from chatapp_cli.sandbox.bitrix24 import Portal
from tests.contract.connector_contract import ScriptedAsker

WHATSAPP = "chatapp_whatsapp"
LINE = 107
SVETLANA = 27


class OfficeDesk:
    """Our side of one link."""

    def __init__(self, portal: Portal, world: World) -> None:
        self.portal, self.world = portal, world
        self.crm = Bitrix24(world)
        self.bound: Bound | None = None
        self.replies: list[CrmReply] = []
        self.requests: list[HookRequest] = []
        self.files: dict[str, bytes] = {}
        self._runner: web.AppRunner | None = None
        self._at_work: Bitrix24Session | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/hooks/{key}/{page}", self._hook)
        app.router.add_get("/media/{name}", self._media)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._runner
        await self._runner.cleanup()

    @property
    def answers(self) -> dict[str, str]:
        return {
            "portal": self.portal.address,
            "client_id": self.portal.client_id,
            "client_secret": self.portal.client_secret,
            "auth_server": self.portal.auth_address,
        }

    @property
    def arrivals(self) -> list[CrmArrival]:
        return [one for reply in self.replies for one in reply.arrivals]

    @property
    def events(self) -> list[Any]:
        """What arrived, each id once as the desk stores it."""
        found = {one.provider_id: one.event for one in self.arrivals}
        return list(found.values())

    @property
    def robots_asked(self) -> list[RobotAsked]:
        """What robots had us do, each step once."""
        return [one for one in self.events if isinstance(one, RobotAsked)]

    async def link(self, previous: Bound | None = None) -> Bound:
        key = previous.hook_key if previous else self.world.chance.key()
        self.bound = await self.crm.link(
            ScriptedAsker(self.answers), hook_key=key, public_url=self.url, previous=previous
        )
        return self.bound

    async def install(self, form: Any = "event") -> None:
        bound = self.bound or await self.link()
        answered = await self.portal.install(self.address("install"), form=form)
        assert answered.status == 200, answered
        assert bound is self.bound

    def address(self, page: str) -> str:
        assert self.bound
        return f"{self.url}/hooks/{self.bound.hook_key}/{page}"

    async def accept(self, page: str, body: bytes = b"", method: str = "POST", **query: str) -> CrmReply:
        """A call that somebody makes."""
        assert self.bound
        request = HookRequest(method=method, path=page, query=query, headers={}, body=body)
        reply = await self.crm.accept(self.bound, request)
        self.replies.append(reply)
        return reply

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Bitrix24Session]:
        assert self.bound
        async with self.crm.open(LinkId(1), self.bound, public_url=self.url) as session:
            assert isinstance(session, Bitrix24Session)
            self._at_work = session
            yield session
            self._at_work = None

    async def _hook(self, request: web.Request) -> web.Response:
        assert self.bound
        assert request.match_info["key"] == self.bound.hook_key
        call = HookRequest(
            method=request.method,
            path=request.match_info["page"],
            query=dict(request.query),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
        )
        self.requests.append(call)
        reply = await self.crm.accept(self.bound, call)
        if reply.place:
            reply = await card_pages.place_opened(self._at_work, reply.place)
        if reply.repeated and reply.arrivals[0].provider_id in {one.provider_id for one in self.arrivals}:
            reply = reply.repeated
        self.replies.append(reply)
        headers = {**reply.headers, "Content-Type": reply.content_type}
        return web.Response(status=reply.status, body=reply.body, headers=headers)

    async def _media(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["name"]])


def pairing(kind: str = "whatsapp_web", place: int = LINE, number: int = 1, **options: str) -> Pairing:
    """A channel of ours on a line, with the manifest's defaults."""
    about = manifest("bitrix24")
    theirs = about.channels[kind].options
    defaults = {field.name: field.default for field in about.pairing_fields if field.name in theirs}
    return Pairing(
        id=PairingId(number), kind=kind, account="+79990000000", place=str(place), options={**defaults, **options}
    )


def entry(key: str = "m-1", text: str = "Добрый день", *, act: Act = Act.ADD, **more: Any) -> LedgerEntry:
    """A client's message, unless told otherwise."""
    said: dict[str, Any] = {
        "id": EntryId(int(key.rpartition("-")[2] or 0)),
        "pairing": pairing(),
        "chat": CrmChat(id="d-1", name="Иван Иванов"),
        "person": CrmPerson(id="u-1", name="Иван Иванов", phone="+79161234567"),
        "key": key,
        "text": text,
        "at": 1_795_000_000_000,
    }
    return LedgerEntry(act=act, **{**said, **more})
