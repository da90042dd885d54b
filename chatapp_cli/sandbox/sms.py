"""SMS gateways: one message exchange behind the APIs of three providers.

SMSC calls the desk with reports and clients' messages, SMS.ru is polled for states, Sipout reports nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, TypeAlias
from urllib.parse import quote_from_bytes, urlencode

import aiohttp
from aiohttp import web

from chatapp_cli.sandbox.serving import Background, HttpSandbox
from chatapp_cli.sandbox.stage import Customer, Heard, StageFile

Preset: TypeAlias = Literal["smsc", "sms_ru", "sipout"]

LOGIN: Final = "yolki"
SECRET: Final = "an-invented-key-of-fir-trees"
NUMBER: Final = "79160009900"
"""The number that clients write to."""
_PATIENCE: Final = 0.05
_PHONE: Final = range(11, 16)
_NAMES: Final = {"", "Yolki"}


@dataclass(slots=True)
class Short:
    """A message on its way to a phone."""

    id: str
    phone: str
    text: str
    sender: str
    delivered: bool = False


class Refusal(Exception):
    """Why a gateway refuses a message: a word that each API has its own number for."""


class SmsSandbox(HttpSandbox):
    """One account; a message is delivered as soon as it is accepted, unless phones are unreachable.

    Clients' messages are delivered in the configured charset, as real gateways do in Windows-1251.
    """

    kind: ClassVar[str] = "sms"

    def __init__(self, preset: Preset = "smsc") -> None:
        super().__init__()
        self.sent: list[Short] = []
        self.written: list[Mapping[str, Any]] = []
        """Clients' messages, as SMSC lists them."""
        self.requests: list[tuple[str, str, Mapping[str, str]]] = []
        """Method, path and parameters of all requests."""
        self.money = 100.0
        self.reachable = True
        self.may_send = True
        """Whether the login may send messages, and not only query."""
        self.busy = False
        """Whether it takes no message for now, as after too many equal ones (SMSC's error 9)."""
        self.answering = asyncio.Event()
        """Set; while it is not, messages get no answer."""
        self.answering.set()
        self._preset = preset
        self._company = ""
        self._called = asyncio.Event()
        self._post: deque[tuple[str, str]] = deque()
        self._news = asyncio.Event()
        self._courier = Background(self._carry)
        self._count = 0
        self._secret = SECRET
        self.charset = "utf-8"
        """The charset of its calls to the desk."""
        self.declares = True
        """Whether its calls declare their charset."""

    @property
    def answers(self) -> Mapping[str, str]:
        """The account, and the gateway's address."""
        return {
            "name": "SMS",
            "preset": self._preset,
            "url": self.url,
            "login": LOGIN,
            "secret": self._secret,
            "sender": "Yolki",
        }

    def calls(self, url: str) -> None:
        """Report to this address from now on."""
        self._company = url
        self._called.set()

    async def say(self, who: Customer, text: str, *, subject: str = "", files: Sequence[StageFile] = ()) -> str:
        """Let a client write to our number; without subject and files, which SMS does not have."""
        del subject, files
        return self._say(who, text)

    def _say(self, who: Customer, text: str, odd: bytes = b"") -> str:
        message_id = self._next_id()
        phone = _digits(who.phone)
        self.written.append({"id": int(message_id), "phone": phone, "message": text, "to_phone": NUMBER})
        told = {"id": message_id, "phone": phone, "mes": text, "to": NUMBER, "smsc": "79160000000", "sent": "1"}
        self._tell(told, odd)
        return message_id

    async def say_oddly(self, who: Customer, text: str, value: bytes) -> None:
        """The same with an extra parameter of any bytes."""
        self._say(who, text, value)

    async def end_login(self) -> None:
        """Change the account's password; clients' messages are still delivered."""
        self._secret += "-and-another"

    async def heard(self, who: Customer) -> Sequence[Heard]:
        """All messages that reached this client's phone."""
        return [Heard(text=short.text) for short in self.sent if short.phone == _digits(who.phone)]

    def _routes(self) -> web.Application:
        app = web.Application()
        for path, handler in (
            ("/sys/send.php", self._smsc_send),
            ("/sys/balance.php", self._smsc_balance),
            ("/sys/status.php", self._smsc_status),
            ("/sys/get.php", self._smsc_get),
            ("/sms/send", self._sms_ru_send),
            ("/sms/status", self._sms_ru_status),
            ("/my/balance", self._sms_ru_balance),
            ("/userapi/", self._sipout),
        ):
            app.router.add_route("*", path, handler)
        return app

    def _begin(self) -> None:
        self._courier.start()

    async def _rest(self) -> None:
        await self._courier.stop()

    def settle(self, short: Short, *statuses: str) -> None:
        """Report states by SMSC's numbers: of each part, in any order, also changing."""
        about = {"id": short.id, "phone": short.phone, "time": "22.11.2026 10:15:00", "err": "0"}
        for status in statuses:
            short.delivered = status == "1"
            self._tell({**about, "status": status})

    def _next_id(self) -> str:
        self._count += 1
        return str(self._count)

    def _take(self, phone: str, text: str, sender: str) -> Short:
        """Accept a message. Raises Refusal."""
        if self.busy:
            raise Refusal("busy")
        if self.money <= 0:
            raise Refusal("money")
        if not phone.isdecimal() or len(phone) not in _PHONE:
            raise Refusal("phone")
        if sender not in _NAMES:
            raise Refusal("sender")
        short = Short(self._next_id(), phone, text, sender)
        self.sent.append(short)
        return short

    async def _asked(self, request: web.Request) -> Mapping[str, str]:
        form = {name: str(value) for name, value in (await request.post()).items()}
        found = {**request.query, **form}
        self.requests.append((request.method, request.path, found))
        return found

    async def _smsc_send(self, request: web.Request) -> web.Response:
        asked = await self._asked(request)
        await self.answering.wait()
        try:
            _insist(self.may_send and asked.get("login") == LOGIN and asked.get("psw") == self._secret)
            short = self._take(asked["phones"], asked["mes"], asked.get("sender", ""))
        except Refusal as why:
            return web.json_response(_smsc_error(why))
        if self.reachable:
            self.settle(short, "1")
        return web.json_response({"id": int(short.id), "cnt": 1})

    async def _smsc_balance(self, request: web.Request) -> web.Response:
        asked = await self._asked(request)
        if asked.get("login") == LOGIN and asked.get("psw") == self._secret:
            return web.json_response({"balance": f"{self.money:.2f}"})
        return web.json_response(_smsc_error(Refusal("login")))

    async def _smsc_status(self, request: web.Request) -> web.Response:
        asked = await self._asked(request)
        wanted = (asked["id"], asked["phone"])
        found = next((short for short in self.sent if (short.id, short.phone) == wanted), None)
        return web.json_response({"status": -3 if found is None else int(found.delivered), "last_timestamp": 1})

    async def _smsc_get(self, request: web.Request) -> web.Response:
        asked = await self._asked(request)
        if asked.get("login") != LOGIN or asked.get("psw") != self._secret:
            return web.json_response(_smsc_error(Refusal("login")))
        return web.json_response([one for one in self.written if one["id"] > int(asked.get("after_id", 0))])

    async def _sms_ru_send(self, request: web.Request) -> web.Response:
        asked = await self._asked(request)
        if asked.get("api_id") != self._secret:
            return web.json_response(_sms_ru(200))
        try:
            short = self._take(asked["to"], asked["msg"], asked.get("from", ""))
        except Refusal as why:
            one = _sms_ru({"money": 201, "phone": 202, "sender": 204, "busy": 206}[str(why)])
        else:
            short.delivered = self.reachable
            one = {**_sms_ru(100), "sms_id": short.id}
        return web.json_response({**_sms_ru(100), "sms": {asked["to"]: one}, "balance": self.money})

    async def _sms_ru_status(self, request: web.Request) -> web.Response:
        asked = await self._asked(request)
        found = next((short for short in self.sent if short.id == asked["sms_id"]), None)
        code = -1 if found is None else 103 if found.delivered else 102
        return web.json_response({**_sms_ru(100), "sms": {asked["sms_id"]: _sms_ru(code)}})

    async def _sms_ru_balance(self, request: web.Request) -> web.Response:
        asked = await self._asked(request)
        right = asked.get("api_id") == self._secret
        return web.json_response({**_sms_ru(100), "balance": self.money} if right else _sms_ru(200))

    async def _sipout(self, request: web.Request) -> web.Response:
        """The envelope of every method: ``result``, and ``data`` or ``err`` with ``err_text``."""
        asked = await self._asked(request)
        method = (asked.get("method"), asked.get("action"))
        try:
            _insist(asked.get("key") == self._secret)
            if method == ("sms", "send"):
                return _sipout_ok({"id": self._take(asked["phone"], asked["text"], asked.get("sender", "")).id})
            if method == ("balance", "get"):
                return _sipout_ok({"balance": self.money})
        except Refusal as why:
            return web.json_response({"result": "bad", "err": str(why), "err_text": f"wrong {why}"})
        return web.json_response({"result": "bad", "err": "method", "err_text": "no such method"})

    def _tell(self, call: Mapping[str, str], odd: bytes = b"") -> None:
        form = urlencode(call, encoding=self.charset) + (f"&odd={quote_from_bytes(odd)}" if odd else "")
        kind = "application/x-www-form-urlencoded"
        self._post.append((form, f"{kind}; charset={self.charset}" if self.declares else kind))
        self._news.set()

    async def _carry(self) -> None:
        async with aiohttp.ClientSession() as http:
            while True:
                await self._news.wait()
                while self._post:
                    await self._deliver(http, *self._post[0])
                    self._post.popleft()
                self._news.clear()

    async def _deliver(self, http: aiohttp.ClientSession, form: str, kind: str) -> None:
        while not await self._attempt(http, form, kind):  # noqa: ASYNC110 - the desk does not say when it is back
            await asyncio.sleep(_PATIENCE)

    async def _attempt(self, http: aiohttp.ClientSession, form: str, kind: str) -> bool:
        await self._called.wait()
        try:
            async with http.post(self._company, data=form.encode(), headers={"Content-Type": kind}) as answer:
                return answer.ok
        except aiohttp.ClientError:
            return False


def _digits(phone: str) -> str:
    """A number in the gateways' form: country code without a plus."""
    return "".join(filter(str.isdecimal, phone))


def _insist(right: bool) -> None:
    if not right:
        raise Refusal("login")


def _smsc_error(why: Refusal) -> Mapping[str, Any]:
    number = {"login": 2, "money": 3, "sender": 6, "phone": 7, "busy": 9}[str(why)]
    return {"error": f"wrong {why}", "error_code": number}


def _sms_ru(code: int) -> dict[str, Any]:
    good = code in {100, 102, 103}
    return {"status": "OK" if good else "ERROR", "status_code": code, "status_text": f"state {code}"}


def _sipout_ok(data: Mapping[str, Any]) -> web.Response:
    return web.json_response({"result": "ok", "data": data})


def create() -> SmsSandbox:
    """Create the sandbox."""
    return SmsSandbox()
