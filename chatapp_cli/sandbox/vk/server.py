"""VK's HTTP servers – API, long poll, uploads, sign-in – and the people who write to the community."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from chatapp_cli.sandbox.serving import HttpSandbox
from chatapp_cli.sandbox.stage import Customer, Heard, StageFile
from chatapp_cli.sandbox.vk.delivery import Delivery
from chatapp_cli.sandbox.vk.methods import Methods, Params
from chatapp_cli.sandbox.vk.town import ADMIN, CHATS, GROUP, Json, Refusal, Town

TOKEN: Final = "vk1.a.invented-for-the-sandbox-only"
USER_TOKEN: Final = "vk2.a.invented-administrator"
APP: Final[Mapping[str, str]] = {"app_id": "51000042", "app_secret": "invented-protected-key"}
_LARGEST: Final = 1 << 27


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer, for assertions."""

    method: str
    params: Params
    answer: Json


@dataclass(slots=True)
class Fault:
    """A fault for the next calls of a method: a refusal, or with code 0 no answer after the call was carried out.

    With a ``status`` the answer is an HTML page, as from a failing gateway.
    """

    method: str
    code: int
    words: str = ""
    times: int = 1
    status: int = 0


class VkSandbox(HttpSandbox):
    """VK with one community."""

    kind: ClassVar[str] = "vk"

    def __init__(self) -> None:
        super().__init__(cancels=True)
        self.town = Town()
        self.delivery = Delivery()
        self.exchanges: list[Exchange] = []
        self.faults: list[Fault] = []
        self.uploads: list[str] = []
        """Names of uploaded files, in order."""
        self.token = TOKEN
        """The community's key."""
        self.intake = "polling"
        self.public_url = ""
        """The public address that a person enters; empty for polling."""
        self._table = Methods(self.town, self.delivery, lambda: self.url).table
        self._codes: dict[str, Params] = {}

    @property
    def answers(self) -> Mapping[str, str]:
        """Polling with a pasted key; the application is for signing in instead."""
        ways = {"access": "key", "intake": self.intake, "public_url": self.public_url, "private_refused": "say"}
        addresses = {"api_url": self.url, "oauth_url": self.url, "redirect_uri": f"{self.url}/blank.html"}
        return {"token": self.token, **APP, **ways, **addresses}

    def calls(self, url: str) -> None:
        """Nothing to do: the desk registers its own address."""

    async def say(self, who: Customer, text: str, *, subject: str = "", files: Sequence[StageFile] = ()) -> str:  # noqa: ARG002 - no subjects in VK
        """A customer writes to the community."""
        attachments = [self.attachment(file) for file in files]
        message = await self.arrive(who, text=text, attachments=attachments)
        return str(message["conversation_message_id"])

    async def say_oddly(self, who: Customer, text: str, value: bytes) -> None:
        """The same with an extra, malformed field."""
        await self.arrive(who, text=text, **self.delivery.oddities.field(value))

    async def end_login(self) -> None:
        """An administrator replaces the key; events are still stored and delivered."""
        self.token += "-and-another"

    def attachment(self, file: StageFile) -> Json:
        """A file as a customer's application would attach it."""
        url = self.town.keep(file, self.url)
        if file.mime in {"image/jpeg", "image/png"}:
            return {"type": "photo", "photo": self.town.photo(url)}
        if file.mime == "audio/ogg":
            return {"type": "audio_message", "audio_message": self.town.voice(url, 5)}
        return {"type": "doc", "doc": self.town.document(file, url)}

    async def arrive(self, who: Customer, *, chat: int = 0, **content: Any) -> Json:
        """A customer writes anything to the community or in a group chat, which permits answers."""
        number = self.town.meet(who)
        if not chat:
            self.town.allowed.add(number)
            await self.read(who)
        message = self.town.message(chat or number, number, content)
        about = {"button_actions": ["text"], "keyboard": True, "inline_keyboard": True, "carousel": True, "lang_id": 0}
        await self.delivery.push("message_new", {"message": message, "client_info": about})
        return message

    async def press(self, who: Customer, text: str) -> None:
        """A customer presses a button: their application sends what it says."""
        sent = [one for m in self.town.talks[who.number].values() for one in _actions(m) if one["label"] == text]
        await self.arrive(who, text=text, payload=sent[-1]["payload"])

    @property
    def unanswered(self) -> int:
        """None: a pressed text button wants no answer."""
        return 0

    async def types(self, who: Customer) -> None:
        """A customer types in the conversation with the community."""
        about = {"state": "1", "from_id": who.number, "to_id": -GROUP}
        await self.delivery.push("message_typing_state", about)

    async def read(self, who: Customer) -> None:
        """A customer reads the community's messages."""
        last = self.town.unread(who.number)
        if last is not None:
            about = {"from_id": who.number, "peer_id": who.number, "read_message_id": last["id"]}
            number = last["conversation_message_id"]
            await self.delivery.push("message_read", {**about, "conversation_message_id": number})

    def gather(self, title: str, *, ruled: bool = True) -> int:
        """Create a group chat with the community in it; it sees the title only as an administrator."""
        number = CHATS + 1 + len(self.town.talks)
        self.town.talks[number] = {}
        if ruled:
            self.town.chats[number] = title
        return number

    async def admin_says(self, who: Customer, text: str) -> Json:
        """An administrator answers in VK's own app."""
        about = {"text": text, "admin_author_id": ADMIN.number, "random_id": 0}
        message = self.town.message(self.town.meet(who), -GROUP, about)
        await self.delivery.push("message_reply", message)
        return message

    async def comment(self, who: Customer, text: str, *, post: int = 45, **about: Any) -> Json:
        """A customer comments on a post of the community."""
        comment = self.town.comment(self.town.meet(who), text, post_id=post, **about)
        await self.delivery.push("wall_reply_new", comment)
        return comment

    async def permit(self, who: Customer, *, allow: bool) -> None:
        """A customer allows or forbids messages from the community."""
        number = self.town.meet(who)
        if allow:
            self.town.allowed.add(number)
            await self.delivery.push("message_allow", {"user_id": number, "key": "shop"})
        else:
            self.town.allowed.discard(number)
            await self.delivery.push("message_deny", {"user_id": number})

    async def heard(self, who: Customer) -> Sequence[Heard]:
        """The community's private messages to this customer."""
        ours = (message for message in self.town.talks.get(who.number, {}).values() if message["out"])
        return [self._heard(message) for message in ours]

    def _heard(self, message: Json) -> Heard:
        names = {id(one.shown): one.file for one in self.town.attachable.values()}
        return Heard(
            text=message["text"],
            files=[names[id(shown)] for shown in message["attachments"] if id(shown) in names],
            reply_to=str(message.get("reply_message", {}).get("conversation_message_id", "")),
            buttons=[one["label"] for one in _actions(message)],
        )

    def _routes(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_post("/method/{method}", self._answer)
        app.router.add_get("/lp", self._poll)
        app.router.add_post("/upload/{kind}/{peer}", self._take)
        app.router.add_get("/files/{name}", self._download)
        app.router.add_post("/access_token", self._exchange)
        return app

    def _begin(self) -> None:
        self.delivery.work()

    async def _rest(self) -> None:
        await self.delivery.rest()

    async def _answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        params = {name: said for name, said in (await request.post()).items() if isinstance(said, str)}
        fault = self._next_fault(method)
        try:
            self._let_in(method, params, fault)
            result = self._table[method](params)
            answer: Json = {"response": await result if inspect.isawaitable(result) else result}
        except Refusal as refusal:
            answer = {"error": {"error_code": refusal.code, "error_msg": refusal.words, "request_params": []}}
        self.exchanges.append(Exchange(method, params, json.loads(json.dumps(answer))))
        if fault and fault.status:
            return web.Response(status=fault.status, text="<h1>Bad gateway</h1>", content_type="text/html")
        if fault and not fault.code and request.transport:
            request.transport.close()
        return web.Response(body=self.delivery.wire(answer), content_type="application/json")

    def _let_in(self, method: str, params: Params, fault: Fault | None) -> None:
        if params.get("access_token") not in {self.token, USER_TOKEN}:
            raise Refusal(5, "User authorization failed: invalid access_token (4).")
        if fault and fault.code:
            raise Refusal(fault.code, fault.words)
        if params["access_token"] == USER_TOKEN and method not in {"users.get", "groups.get", "groups.getById"}:
            raise Refusal(27, "Group authorization failed: method is unavailable with user auth.")

    def _next_fault(self, method: str) -> Fault | None:
        fault = next((f for f in self.faults if f.times and f.method == method), None)
        if fault:
            fault.times -= 1
        return fault

    async def _poll(self, request: web.Request) -> web.Response:
        asked = request.query
        found = await self.delivery.poll(asked["key"], asked["ts"], float(asked["wait"]))
        return web.Response(body=self.delivery.wire(found), content_type="application/json")

    async def _take(self, request: web.Request) -> web.Response:
        """Accept an upload; upload servers answer JSON with a text/html content type."""
        kind = request.match_info["kind"]
        part = (await request.post())["photo" if kind == "photo" else "file"]
        assert isinstance(part, web.FileField)
        file = StageFile(name=part.filename, mime=part.content_type, content=part.file.read())
        self.uploads.append(file.name)
        answer = _judged(kind, file) or self._put(kind, file)
        return web.Response(text=json.dumps(answer), content_type="text/html")

    def _put(self, kind: str, file: StageFile) -> Json:
        name = self.town.keep(file, self.url).rpartition("/")[2]
        if kind == "photo":
            return {"server": 626627, "photo": json.dumps([{"photo": name, "sizes": []}]), "hash": "abc"}
        return {"file": f"{kind}|{name}"}

    async def _download(self, request: web.Request) -> web.Response:
        file = self.town.files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        return web.Response(body=file.content)

    def allow(self, url: str) -> Mapping[str, str]:
        """The administrator opens a sign-in page and grants access; returns the redirect address."""
        asked = dict(parse_qsl(urlsplit(url).query))
        code = f"code-{len(self._codes) + 1}"
        self._codes[code] = asked
        return {"code": code, "state": asked["state"]}

    async def _exchange(self, request: web.Request) -> web.Response:
        said = await request.post()
        asked = self._codes.pop(str(said.get("code")), None)
        mine = {"client_id": APP["app_id"], "client_secret": APP["app_secret"]}
        if asked is None or any(said.get(name) != value for name, value in mine.items()):
            return web.json_response(
                {"error": "invalid_client", "error_description": "client_secret is incorrect"}, status=401
            )
        if "group_ids" not in asked:
            return web.json_response({"access_token": USER_TOKEN, "user_id": ADMIN.number, "expires_in": 86400})
        keys = [{"group_id": int(asked["group_ids"]), "access_token": self.token}]
        return web.json_response({"groups": keys, "expires_in": 0})


def _judged(kind: str, file: StageFile) -> Json:
    """The answer for a file that VK refuses; empty if it is accepted."""
    if kind == "photo" and not file.content.startswith((b"\x89PNG", b"\xff\xd8")):
        return {"server": 626627, "photo": "[]", "hash": "abc"}
    if kind == "doc" and file.name.endswith((".exe", ".mp3")):
        return {"error": "bad_ext", "error_descr": "File extension is not allowed"}
    return {}


def _actions(message: Json) -> list[Json]:
    """What the buttons below a message do."""
    return [key["action"] for row in message.get("keyboard", {}).get("buttons", ()) for key in row]
