"""A VK Notify partner for tests: accepts batches of notices and reports their delivery.

Requests and answers follow resellers' documentation; reports and error texts are invented.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import aiohttp
from aiohttp import web

from chatapp_cli.sandbox.serving import Background, HttpSandbox
from chatapp_cli.sandbox.stage import Customer, Heard, StageFile

KEY: Final = "an-invented-key-of-the-partner"
SERVICE: Final = "yolki"
TEMPLATES: Final[Mapping[str, str]] = {
    "order_ready": "Заказ {{number}} готов, ждём вас до {{till}}.",
    "delivery": "Курьер выехал, ориентир {{time}}.",
    "thanks": "Спасибо за покупку!",
}
"""The approved templates."""
_A_DAY: Final = 5
_MOST: Final = 1000
_PATIENCE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Notice:
    """An accepted notice."""

    id: int
    phone: str
    text: str
    request: Mapping[str, Any]


class Refusal(Exception):
    """Why a notice is refused."""


class VkNotifySandbox(HttpSandbox):
    """One community; a notice is delivered and read at once, unless ``fate`` says otherwise."""

    kind: ClassVar[str] = "vk_notify"

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Notice] = []
        self.fate: Sequence[str] = ("sent", "delivered", "read")
        """The states reported for each notice."""
        self._key = KEY
        self._today: Counter[str] = Counter()
        self._post: deque[tuple[str, Mapping[str, Any]]] = deque()
        self._news = asyncio.Event()
        self._courier = Background(self._carry)

    @property
    def approved(self) -> Mapping[str, str]:
        """The approved templates."""
        return TEMPLATES

    @property
    def answers(self) -> Mapping[str, str]:
        """The community and its account at the partner."""
        return {
            "name": "VK Notify",
            "vk_user": "Ольга Ёлкина",
            "community": "vk.com/yolki",
            "notices_email": "olga@example.org",
            "preset": "reseller",
            "url": self.url,
            "secret": self._key,
            "sender": SERVICE,
        }

    async def say(self, who: Customer, text: str, *, subject: str = "", files: Sequence[StageFile] = ()) -> str:
        """Not supported: clients answer in the community, which is another channel."""
        del who, text, subject, files
        raise LookupError("clients answer in the community")

    async def end_login(self) -> None:
        """The partner replaces the key."""
        self._key += "-and-another"

    async def heard(self, who: Customer) -> Sequence[Heard]:
        """The notices that reached this client."""
        return [Heard(text=notice.text) for notice in self.taken if notice.phone == who.phone.removeprefix("+")]

    def _routes(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/vk/messages", self._take)
        return app

    def _begin(self) -> None:
        self._courier.start()

    async def _rest(self) -> None:
        await self._courier.stop()

    async def _take(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Key {self._key}":
            return web.json_response({"code": "UNAUTHORIZED", "description": "wrong key"}, status=401)
        asked = await request.json()
        if not 0 < len(asked["messages"]) <= _MOST:
            return web.json_response({"code": "BAD_BATCH", "description": "1 to 1000 messages"}, status=400)
        return web.json_response({"result": [self._one(message) for message in asked["messages"]]})

    def _one(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            text = self._proved(message)
        except Refusal as why:
            return {"code": str(why), "description": f"refused: {why}"}
        notice = Notice(len(self.taken) + 1, message["phone"], text, message)
        self.taken.append(notice)
        self._today[notice.phone] += 1
        self._report(notice)
        return {"code": "OK", "messageId": notice.id}

    def _proved(self, message: Mapping[str, Any]) -> str:
        """The text of a valid notice. Raises Refusal."""
        if message.get("service") != SERVICE:
            raise Refusal("BAD_SERVICE")
        if not str(message["phone"]).isdecimal():
            raise Refusal("BAD_PHONE")
        if message.get("tmpl") not in TEMPLATES:
            raise Refusal("BAD_TEMPLATE")
        if self._today[message["phone"]] >= _A_DAY:
            raise Refusal("DAILY_LIMIT")
        data = message.get("tmpl_data", {})
        wanted = set(re.findall(r"\{\{(\w+)\}\}", TEMPLATES[message["tmpl"]]))
        if wanted != set(data):
            raise Refusal("BAD_DATA")
        return re.sub(r"\{\{(\w+)\}\}", lambda gap: str(data[gap[1]]), TEMPLATES[message["tmpl"]])

    def _report(self, notice: Notice) -> None:
        url = notice.request.get("status_url")
        for status in self.fate if url else ():
            self._post.append((str(url), {"messageId": notice.id, "phone": notice.phone, "status": status}))
        self._news.set()

    async def _carry(self) -> None:
        async with aiohttp.ClientSession() as http:
            while True:
                await self._news.wait()
                while self._post:
                    await self._deliver(http, *self._post[0])
                    self._post.popleft()
                self._news.clear()

    async def _deliver(self, http: aiohttp.ClientSession, url: str, report: Mapping[str, Any]) -> None:
        while not await _attempt(http, url, report):  # noqa: ASYNC110 - the desk does not say when it is back
            await asyncio.sleep(_PATIENCE)


async def _attempt(http: aiohttp.ClientSession, url: str, report: Mapping[str, Any]) -> bool:
    try:
        async with http.post(url, json=report) as answer:
            return answer.ok
    except aiohttp.ClientError:
        return False


def create() -> VkNotifySandbox:
    """Create the sandbox."""
    return VkNotifySandbox()
