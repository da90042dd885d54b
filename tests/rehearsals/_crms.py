"""CRMs as a rehearsal meets them: people let the desk in and write there, and everything can fail."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeAlias

import aiohttp

from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.authority import DAY
from chatapp_cli.sandbox.amocrm.objects import AmoChat, AmoMessage
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.objects import PortalChat, PortalMessage
from chatapp_cli.sandbox.stage import StageFile
from tests.rehearsals._crm_figures import How
from tests.sandbox.amocrm.schema import problems as judged

SECONDS_AWAY = 1.0
PATIENCE = 6.0
"""Seconds that a refusal lasts at most until something is asked."""
LIVES = 2.0
"""Seconds that a new token lives meanwhile."""
NO_PAGE, SLOWER = "<html><body>502 Bad Gateway</body></html>", "Too many requests"

Chat: TypeAlias = PortalChat | AmoChat
Message: TypeAlias = PortalMessage | AmoMessage


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as employees see it, unless it is deleted."""

    text: str
    files: int


class RehearsedCrm(Protocol):
    """A CRM that is let in, written in, and made to fail."""

    kind: ClassVar[str]
    place: ClassVar[str]
    """Where channels are paired."""
    failures: ClassVar[Sequence[str]]
    refusals: ClassVar[Sequence[str]]
    """Those of them that last until something is refused."""

    @property
    def answers(self) -> Mapping[str, str]:
        """For linking it."""
        ...

    async def lets_in(self, hooks: str, shown: str) -> bool:
        """An administrator lets in the desk that is called below ``hooks``, and that showed the address ``shown``."""
        ...

    def paired(self) -> int:
        """How many channels it knows."""
        ...

    def chats(self) -> Sequence[Chat]:
        """All chats."""
        ...

    def shows(self, chat: Chat) -> Sequence[Shown]:
        """What stands in a chat."""
        ...

    async def writes(self, chat: Chat, text: str, files: Sequence[StageFile]) -> Message:
        """An employee writes."""
        ...

    async def edits(self, message: Message, text: str) -> None:
        """Its author changes it."""
        ...

    async def withdraws(self, message: Message) -> bool:
        """Its author deletes it; false if nobody can here."""
        ...

    def was_told(self, message: Message, *, of: How | None = None) -> bool:
        """Whether the desk took a call about a message, or about its change."""
        ...

    def complained(self, message: Message) -> bool:
        """Whether its author was told that it, or its change, may not have gone out."""
        ...

    def outcomes(self) -> Counter[str]:
        """What became of the calls of the desk's address."""
        ...

    def problems(self) -> Sequence[str]:
        """Which published rules were broken."""
        ...

    def refused(self) -> int:
        """How many requests were refused because of ``refusals``."""
        ...

    async def fail(self, what: str) -> None:
        """Fail in one of ``failures``."""
        ...

    def clears_up(self) -> None:
        """End the failure that does not end by itself."""
        ...

    def calm(self) -> None:
        """Fail no more."""
        ...

    async def settled(self) -> None:
        """Wait until nothing is being told."""
        ...


class RehearsedPortal:
    """Bitrix24."""

    kind: ClassVar[str] = "bitrix24"
    place: ClassVar[str] = "107"
    failures: ClassVar[Sequence[str]] = (
        "slow", "limiting", "token ended", "no answers", "doubling", "a page", "closed", "away", "cut off"
    )  # fmt: skip
    refusals: ClassVar[Sequence[str]] = ("token ended", "closed")
    _SEND, _TELL = "imconnector.send.messages", "imconnector.send.status.delivery"

    def __init__(self, portal: Portal) -> None:
        self.portal = self._portal = portal

    @property
    def answers(self) -> Mapping[str, str]:
        portal = self._portal
        secrets = {"client_id": portal.client_id, "client_secret": portal.client_secret}
        return {"portal": portal.address, "auth_server": portal.auth_address, **secrets}

    async def lets_in(self, hooks: str, shown: str) -> bool:
        del shown
        return (await self._portal.install(f"{hooks}/install")).status == 200

    def paired(self) -> int:
        return len(self._portal.active)

    def chats(self) -> Sequence[PortalChat]:
        return self._portal.chats

    def shows(self, chat: Chat) -> Sequence[Shown]:
        assert isinstance(chat, PortalChat)
        return [Shown(one.text, len(one.files)) for one in chat.messages if not one.deleted]

    async def writes(self, chat: Chat, text: str, files: Sequence[StageFile]) -> PortalMessage:
        assert isinstance(chat, PortalChat)
        return await self._portal.staff.writes(chat.connector, chat.line, chat.outside, text, files=files)

    async def edits(self, message: Message, text: str) -> None:
        assert isinstance(message, PortalMessage)
        await self._portal.staff.edits(message, text)

    async def withdraws(self, message: Message) -> bool:
        assert isinstance(message, PortalMessage)
        await self._portal.staff.deletes(message)
        return True

    def was_told(self, message: Message, *, of: How | None = None) -> bool:
        number, what = str(message.id), {None: "ADD", "edited": "UPDATE", "withdrawn": "DELETE"}[of]
        return any(
            event.outcome == "delivered" and any(value == number for _, value in event.form)
            for event in self._portal.events
            if event.name.endswith(f"MESSAGE{what}")
        )

    def complained(self, message: Message) -> bool:
        tag = f"|{message.id}"
        said = (call for call in self._portal.calls if call.method == "im.notify.system.add")
        return any(call.status == 200 and str(call.params.get("TAG")).endswith(tag) for call in said)

    def outcomes(self) -> Counter[str]:
        return Counter(event.outcome for event in self._portal.events)

    def problems(self) -> Sequence[str]:
        return self._portal.problems

    def refused(self) -> int:
        return sum(call.status == 401 or call.error == "PORTAL_DELETED" for call in self._portal.calls)

    async def fail(self, what: str) -> None:
        fault = self._portal.misbehaviour
        match what:
            case "token ended" | "closed":
                await self._refuse(what)
            case "slow":
                fault.slow = {self._SEND: 0.7, "batch": 0.3}
            case "limiting":
                full, slow = (503, "QUERY_LIMIT_EXCEEDED"), (429, "OPERATION_TIME_LIMIT")
                fault.answer_with = {self._SEND: [full] * 3, self._TELL: [slow]}
            case "no answers":
                fault.lose_after = {self._SEND: 2, self._TELL: 1, "batch": 1}
            case "doubling":
                fault.doubled_events = fault.doubled_robots = 10
            case "a page":
                fault.html = {self._SEND: 1, "batch": 1}
            case "away":
                await _away(self._portal)
            case "cut off":
                fault.lose_before = {self._SEND: 2}

    async def _refuse(self, what: str) -> None:
        before = self.refused()
        if what == "closed":
            self._portal.misbehaviour.closed = True
        else:
            self._portal.authority.expire()
        await _until(lambda: self.refused() > before)

    def clears_up(self) -> None:
        self._portal.misbehaviour.slow, self._portal.misbehaviour.closed = {}, False

    def calm(self) -> None:
        self.clears_up()
        fault = self._portal.misbehaviour
        fault.lose_after, fault.lose_before, fault.html, fault.answer_with = {}, {}, {}, {}
        fault.doubled_events = fault.doubled_robots = 0

    async def settled(self) -> None:
        await self._portal.settled()


class RehearsedAccount:
    """amoCRM."""

    kind: ClassVar[str] = "amocrm"
    place: ClassVar[str] = "3383152"
    failures: ClassVar[Sequence[str]] = (
        "slow", "not paid", "limiting", "token ended", "no answers", "blocking", "doubling", "a page", "away",
        "cut off", "silent",
    )  # fmt: skip
    refusals: ClassVar[Sequence[str]] = ("not paid", "token ended", "blocking")
    _TELL, _STATUS = "POST /v2/origin/custom/{}", "POST /v2/origin/custom/{}/*/delivery_status"

    def __init__(self, account: Account) -> None:
        self._account = account
        scope = account.channel.scope_id
        self._tell, self._status = self._TELL.format(scope), self._STATUS.format(scope)

    @property
    def answers(self) -> Mapping[str, str]:
        account = self._account
        return {
            "account": account.address,
            "chats": account.chats_address,
            "client_id": account.client_id,
            "client_secret": account.client_secret,
            "channel_id": account.channel_id,
            "channel_secret": account.channel_secret,
            "bot_id": account.channel.bot,
        }

    async def lets_in(self, hooks: str, shown: str) -> bool:
        self._account.redirect_uri, self._account.hook_url = f"{hooks}/code", f"{hooks}/chat/:scope_id"
        state = shown.partition("state=")[2].partition("&")[0]
        with suppress(aiohttp.ClientConnectionError):
            async with aiohttp.ClientSession() as http, http.get(self._account.authorise(state)) as response:
                return response.status == 200
        return False

    def paired(self) -> int:
        return len(self._account.sources)

    def chats(self) -> Sequence[AmoChat]:
        return self._account.chats

    def shows(self, chat: Chat) -> Sequence[Shown]:
        assert isinstance(chat, AmoChat)
        return [Shown(one.text, int(one.file is not None)) for one in chat.messages]

    async def writes(self, chat: Chat, text: str, files: Sequence[StageFile]) -> AmoMessage:
        assert isinstance(chat, AmoChat)
        return await self._account.manager_writes(chat, text, media=next(iter(files), None))

    async def edits(self, message: Message, text: str) -> None:
        assert isinstance(message, AmoMessage)
        await self._account.edits(message, text)

    async def withdraws(self, message: Message) -> bool:
        del message
        return False

    def was_told(self, message: Message, *, of: How | None = None) -> bool:
        number = str(message.id).encode()
        if of is not None:  # no document describes a hook of it
            return False
        return any(hook.outcome == "delivered" and number in hook.body for hook in self._account.chat_hooks)

    def complained(self, message: Message) -> bool:
        assert isinstance(message, AmoMessage)
        return message.status == -1 and bool(message.error)

    def outcomes(self) -> Counter[str]:
        return Counter(hook.outcome for hook in self._account.chat_hooks)

    def problems(self) -> Sequence[str]:
        return judged(self._account)

    def refused(self) -> int:
        return sum(call.status in {401, 402, 403} for call in self._account.calls)

    async def fail(self, what: str) -> None:
        fault = self._account.misbehaviour
        match what:
            case "token ended" | "not paid" | "blocking":
                await self._refuse(what)
            case "slow":
                fault.slow = {self._tell: 0.7, self._status: 0.3}
            case "limiting":
                fault.refuse = {self._tell: (429, SLOWER), self._status: (429, SLOWER)}
            case "no answers":
                fault.lose_after = {self._tell: 2, self._status: 1}
            case "doubling":
                fault.double_hooks = 10
            case "a page":
                fault.refuse = {self._tell: (502, NO_PAGE), "/api/v4/*": (502, NO_PAGE)}
            case "away":
                await _away(self._account)
            case "cut off":
                fault.lose_before = {self._tell: 2}
            case "silent":
                fault.drop_hooks = 2

    async def _refuse(self, what: str) -> None:
        fault, authority, before = self._account.misbehaviour, self._account.authority, self.refused()
        match what:
            case "token ended":
                authority.lives = LIVES
                authority.end_access()
            case "not paid":
                fault.payment = True
            case "blocking":
                fault.html_403 = True
        await _until(lambda: self.refused() > before)

    def clears_up(self) -> None:
        fault = self._account.misbehaviour
        fault.slow, fault.refuse, fault.payment, fault.html_403 = {}, {}, False, False
        self._account.authority.lives = DAY

    def calm(self) -> None:
        self.clears_up()
        fault = self._account.misbehaviour
        fault.lose_after, fault.lose_before = {}, {}
        fault.double_hooks = fault.drop_hooks = 0

    async def settled(self) -> None:
        await self._account.settled()


async def _until(look: Callable[[], bool]) -> None:
    """Wait for it, or in vain."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not look():
                await asyncio.sleep(0.05)


async def _away(server: Portal | Account) -> None:
    """An outage, which ends even if nobody waits for its end any more."""
    await server.vanish()
    try:
        await asyncio.sleep(SECONDS_AWAY)
    finally:
        await server.come_back()


@asynccontextmanager
async def both() -> AsyncIterator[tuple[RehearsedPortal, RehearsedAccount]]:
    """Both CRMs, listening."""
    async with Portal(rate=20.0) as portal, Account(rate=20.0) as account:
        yield RehearsedPortal(portal), RehearsedAccount(account)
