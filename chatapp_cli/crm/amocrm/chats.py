"""Calls of the chats API (amojo), each signed over the very bytes that are sent.

Sources: providers' sheet §5.2–5.4, addendum A on §5.4, C4, C5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp
import msgspec
import structlog

from chatapp_cli.crm.amocrm import errors, signing
from chatapp_cli.crm.amocrm.rest import LARGEST, Pauses
from chatapp_cli.domain.errors import Misconfigured, OutcomeUnknown, RateLimited, Rejected, Retryable
from chatapp_cli.kit.http import HttpResponse, network, read
from chatapp_cli.kit.pace import Bucket, Urgency
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World

log = structlog.get_logger()

RATE: Final = 5.0
"""Requests a second: the limit of this host is not published (providers' sheet §4.3)."""
BURST: Final = 5
PAGE: Final = 50
"""The most messages of a history that are told at once (addendum C5)."""
NOBODYS: Final = "00000000-0000-0000-0000-000000000000"
"""The id of no chat."""
_PREFIX: Final = "/v2/origin/custom"

Json = Mapping[str, Any]


class ChatsApi:
    """Calls of one channel in one account; every failure is a ChannelError without secrets."""

    def __init__(self, http: aiohttp.ClientSession, bound: Bound, world: World) -> None:
        self._http, self._world = http, world
        self.origin = bound.settings["chats"]
        self._channel, self._secret = bound.settings["channel_id"], bound.secrets["channel_secret"]
        self._bucket = Bucket(world.clock, leak=RATE, burst=BURST)
        self.scope = ""
        """What the account's chats are called since they were connected."""
        self.calls = 0
        self._off: set[str] = set()
        """What the channel was registered without, as far as its refusals told in this session."""

    async def aclose(self) -> None:
        """Let nobody wait any more."""
        await self._bucket.aclose()

    async def connect(self, account: str, title: str) -> str:
        """Connect the channel to an account, by its id in the chats; may be repeated. Returns the scope."""
        asked = {"account_id": account, "title": title, "hook_api_version": "v2", "is_time_window_disabled": True}
        answer = await self._call("POST", f"/{self._channel}/connect", asked, urgency=Urgency.BACKGROUND)
        self.scope = str(answer.get("scope_id") or f"{self._channel}_{account}")
        return self.scope

    async def disconnect(self, account: str) -> None:
        """Disconnect the channel."""
        await self._call("DELETE", f"/{self._channel}/disconnect", {"account_id": account})

    async def chat(self, asked: Json) -> str:
        """The id of a chat, which is made if there is none; may be repeated. A chat without messages is not shown."""
        answer = await self._call("POST", f"/{self.scope}/chats", asked)
        found = answer.get("id")
        if not isinstance(found, str) or not found:
            raise Retryable("strange_answer", "chats")
        return found

    async def tell(self, event: str, payload: Json, *, urgency: Urgency = Urgency.CLIENT) -> Json:
        """Show a message, or its new text; returns what the chats call it.

        Raises OutcomeUnknown for a message of which nobody knows whether it came.
        """
        asked, once = {"event_type": event, "payload": payload}, event == "new_message"
        answer = await self._call("POST", f"/{self.scope}", asked, urgency=urgency, once=once)
        found = answer.get(event)
        if once and not (isinstance(found, dict) and found.get("msgid")):
            raise OutcomeUnknown("strange_answer", event)
        return found if isinstance(found, dict) else {}

    async def status(self, message: str, status: Json) -> None:
        """Tell how a message of an employee fares; ``msgid`` of the body is the id in the address (addendum A)."""
        asked = {"msgid": message, **status}
        await self._option("delivery statuses", f"/{message}/delivery_status", asked, urgency=Urgency.OPERATOR)

    async def react(self, asked: Json) -> None:
        """Show a reaction, or take it back."""
        await self._option("reactions", "/react", asked)

    async def typing(self, conversation: str, person: str, milliseconds: int) -> None:
        """Show that a client types."""
        asked = {"conversation_id": conversation, "sender": {"id": person}, "duration_ms": milliseconds}
        await self._option("typing", "/typing", asked, urgency=Urgency.BACKGROUND)

    async def _option(self, name: str, path: str, asked: Json, *, urgency: Urgency = Urgency.CLIENT) -> None:
        """Make a call of what the support switches on for a channel, or not; nothing is done while that is off.

        How it is refused is not documented. A refusal that looks like that of a wrong signature is none if the chats
        accept another signature of ours.
        """
        if name in self._off:
            return
        try:
            await self._call("POST", f"/{self.scope}{path}", asked, urgency=urgency)
        except Misconfigured:
            await self.history(NOBODYS, 0)
            self._off.add(name)
            log.warning("amocrm.not_switched_on", option=name)

    async def history(self, chat: str, offset: int, *, urgency: Urgency = Urgency.BACKGROUND) -> Sequence[Json]:
        """A page of the messages of a chat; none for a chat that is not there or has none."""
        query = {"offset": str(offset), "limit": str(PAGE)}
        try:
            answer = await self._call("GET", f"/{self.scope}/chats/{chat}/history", query=query, urgency=urgency)
        except Rejected as error:
            if error.code == "chat_unknown":
                return ()
            raise
        found = answer.get("messages")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else ()

    async def _call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        query: Mapping[str, str] | None = None,
        urgency: Urgency = Urgency.CLIENT,
        once: bool = False,
    ) -> Json:
        data = b"" if body is None else msgspec.json.encode(body)
        pauses = Pauses(self._bucket, self._world.clock)
        while True:
            await self._bucket.enter(urgency)
            response = await self._attempt(method, f"{_PREFIX}{path}", data, query, once=once)
            if response.ok:
                return _mapped(errors.understood(response, once=once), once=once)
            now = self._world.clock.now()
            error = errors.chats_refusal(response, now=now, once=once, secrets=[self._secret])
            if not isinstance(error, RateLimited):
                raise error
            await pauses.take(error)

    async def _attempt(
        self, method: str, path: str, data: bytes, query: Mapping[str, str] | None, *, once: bool
    ) -> HttpResponse:
        """One request; its signature is of this moment, because it is good for 15 minutes only."""
        self.calls += 1
        headers = signing.headers(self._secret, method, path, data, self._world.clock.now())
        with network([self._secret], once=once):
            async with self._http.request(
                method, f"{self.origin}{path}", params=query, data=data, headers=headers, allow_redirects=False
            ) as response:
                return await read(response, LARGEST)


def _mapped(answer: Any, *, once: bool) -> Json:
    if not isinstance(answer, dict):
        raise (OutcomeUnknown if once else Retryable)("strange_answer", type(answer).__name__)
    return answer
