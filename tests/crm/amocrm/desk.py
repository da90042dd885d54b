"""A desk as an account sees it: it takes hooks at its address, gives out files, and keeps what arrived."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from chatapp_cli.crm.amocrm.connector import AmoCrm, AmoSession
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, LedgerEntry
from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.ids import ChannelId, EntryId, LinkId, PairingId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookRequest
from chatapp_cli.ports.crm import CrmReply
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.amocrm import Account
from tests.contract.connector_contract import ScriptedAsker

SALES = 3383152
IVAN_PHONE = "+79161234567"
MARK = "e0cca2965509"
"""The mark of the first link in a world whose keys are counted."""
CONVERSATION = f"{MARK}.p1.chat-1"


class AmoDesk:
    """Our side of one link."""

    def __init__(self, account: Account, world: World) -> None:
        self.account, self.world = account, world
        self.crm = AmoCrm(world)
        self.bound: Bound | None = None
        self.asker = ScriptedAsker({})
        self.replies: list[CrmReply] = []
        self.requests: list[HookRequest] = []
        self.files: dict[str, bytes] = {}
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/hooks/{key}/{page:.+}", self._hook)
        app.router.add_get("/media/{name}", self._media)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._runner
        await self._runner.cleanup()

    def answers(self, *, channel: bool = True, **other: str) -> dict[str, str]:
        known = {"channel_id": self.account.channel_id, "channel_secret": self.account.channel_secret}
        return {
            "account": self.account.address,
            "chats": self.account.chats_address,
            "client_id": self.account.client_id,
            "client_secret": self.account.client_secret,
            "bot_id": self.account.channel.bot,
            **(known if channel else {}),
            **other,
        }

    @property
    def events(self) -> list[Any]:
        """What arrived, each id once as the desk stores it."""
        found = {one.provider_id: one.event for reply in self.replies for one in reply.arrivals}
        return list(found.values())

    async def link(self, previous: Bound | None = None, *, channel: bool = True, **other: str) -> Bound:
        self.asker = ScriptedAsker(self.answers(channel=channel, **other))
        key = previous.hook_key if previous else self.world.chance.key()
        self.bound = await self.crm.link(self.asker, hook_key=key, public_url=self.url, previous=previous)
        self.account.redirect_uri = self.address("code")
        if channel:
            self.account.hook_url = self.address("chat/:scope_id")
        return self.bound

    async def allow(self) -> CrmReply:
        """The administrator consents, and the browser comes back."""
        assert self.bound
        told = urlsplit(self.account.authorise(self.bound.secrets["state"]))
        return await self.accept("code", method="GET", query=dict(parse_qsl(told.query)))

    def address(self, page: str) -> str:
        assert self.bound
        return f"{self.url}/hooks/{self.bound.hook_key}/{page}"

    async def accept(
        self, page: str, body: bytes = b"", method: str = "POST", query: dict[str, str] | None = None, **headers: str
    ) -> CrmReply:
        """A call that somebody makes; names of headers with ``_`` for ``-``."""
        assert self.bound
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        request = HookRequest(method=method, path=page, query=query or {}, headers=said, body=body)
        reply = await self.crm.accept(self.bound, request)
        self.replies.append(reply)
        return reply

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AmoSession]:
        assert self.bound
        async with self.crm.open(LinkId(1), self.bound, public_url=self.url) as session:
            assert isinstance(session, AmoSession)
            yield session

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
        self.replies.append(reply)
        headers = {**reply.headers, "Content-Type": reply.content_type}
        return web.Response(status=reply.status, body=reply.body, headers=headers)

    async def _media(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["name"]])


def pairing(kind: str = "whatsapp_web", place: int = SALES, number: int = 1, **options: str) -> Pairing:
    """A channel of ours in a pipeline, with the manifest's defaults."""
    about = manifest("amocrm")
    theirs = about.channels[kind].options
    defaults = {field.name: field.default for field in about.pairing_fields if field.name in theirs}
    return Pairing(
        id=PairingId(number),
        kind=kind,
        account="+79990000000",
        place=str(place),
        options={**defaults, **options},
        channel=ChannelId(number + 10),
    )


def entry(key: str = "m-1", text: str = "Добрый день", *, act: Act = Act.ADD, **more: Any) -> LedgerEntry:
    """A client's message, unless told otherwise."""
    said: dict[str, Any] = {
        "id": EntryId(int(key.rpartition("-")[2] or 0)),
        "pairing": pairing(),
        "chat": CrmChat(id="chat-1", name="Иван Иванов"),
        "person": CrmPerson(id="person-1", name="Иван Иванов", phone=IVAN_PHONE),
        "key": key,
        "text": text,
        "at": 1_795_000_000_000,
    }
    return LedgerEntry(act=act, **{**said, **more})
