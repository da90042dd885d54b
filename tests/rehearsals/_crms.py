"""CRMs as a rehearsal meets them: people let the desk in and write there, and everything can fail."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeAlias

import aiohttp

from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import AmoChat, AmoMessage
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.objects import PortalChat, PortalMessage
from chatapp_cli.sandbox.stage import StageFile
from tests.sandbox.amocrm.schema import problems as judged

SECONDS_AWAY = 1.0
NO_PAGE, SLOWER = "<html><body>502 Bad Gateway</body></html>", "Too many requests"

Chat: TypeAlias = PortalChat | AmoChat
Message: TypeAlias = PortalMessage | AmoMessage


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as employees see it."""

    text: str
    files: int


class RehearsedCrm(Protocol):
    """A CRM that is let in, written in, and made to fail."""

    kind: ClassVar[str]
    place: ClassVar[str]
    """Where channels are paired."""
    failures: ClassVar[Sequence[str]]

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

    def was_told(self, message: Message) -> bool:
        """Whether the desk took a call about a message when it was written."""
        ...

    def complaints(self) -> Sequence[str]:
        """What employees were told about what did not go out, with its words."""
        ...

    def outcomes(self) -> Counter[str]:
        """What became of the calls of the desk's address."""
        ...

    def problems(self) -> Sequence[str]:
        """Which published rules were broken."""
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
        "slow", "limiting", "no answers", "doubling", "a page", "away", "cut off"
    )  # fmt: skip
    _SEND, _TELL = "imconnector.send.messages", "imconnector.send.status.delivery"

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

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
        return [Shown(one.text, len(one.files)) for one in chat.messages]

    async def writes(self, chat: Chat, text: str, files: Sequence[StageFile]) -> PortalMessage:
        assert isinstance(chat, PortalChat)
        return await self._portal.staff.writes(chat.connector, chat.line, chat.outside, text, files=files)

    async def edits(self, message: Message, text: str) -> None:
        assert isinstance(message, PortalMessage)
        await self._portal.staff.edits(message, text)

    def was_told(self, message: Message) -> bool:
        number = str(message.id)
        return any(
            event.outcome == "delivered" and any(value == number for _, value in event.form)
            for event in self._portal.events
            if event.name.endswith("MESSAGEADD")
        )

    def complaints(self) -> Sequence[str]:
        return [notice.text for notice in self._portal.notices]

    def outcomes(self) -> Counter[str]:
        return Counter(event.outcome for event in self._portal.events)

    def problems(self) -> Sequence[str]:
        return self._portal.problems

    async def fail(self, what: str) -> None:
        fault = self._portal.misbehaviour
        match what:
            case "slow":
                fault.slow = {self._SEND: 0.7, "batch": 0.3}
            case "limiting":
                full, slow = (503, "QUERY_LIMIT_EXCEEDED"), (429, "OPERATION_TIME_LIMIT")
                fault.answer_with = {self._SEND: [full] * 3, self._TELL: [slow]}
            case "no answers":
                fault.lose_after = {self._SEND: 2, self._TELL: 1, "batch": 1}
            case "doubling":
                fault.doubled_events = 10
            case "a page":
                fault.html = {self._SEND: 1, "batch": 1}
            case "away":
                await _away(self._portal)
            case "cut off":
                fault.lose_before = {self._SEND: 2}

    def clears_up(self) -> None:
        self._portal.misbehaviour.slow = {}

    def calm(self) -> None:
        fault = self._portal.misbehaviour
        fault.lose_after, fault.lose_before, fault.html, fault.answer_with, fault.slow = {}, {}, {}, {}, {}
        fault.doubled_events = 0

    async def settled(self) -> None:
        await self._portal.settled()


class RehearsedAccount:
    """amoCRM."""

    kind: ClassVar[str] = "amocrm"
    place: ClassVar[str] = "3383152"
    failures: ClassVar[Sequence[str]] = (
        "slow", "limiting", "no answers", "doubling", "a page", "away", "cut off", "silent"
    )  # fmt: skip
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
        async with aiohttp.ClientSession() as http, http.get(self._account.authorise(state)) as response:
            return response.status == 200

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

    def was_told(self, message: Message) -> bool:
        number = str(message.id).encode()
        return any(hook.outcome == "delivered" and number in hook.body for hook in self._account.chat_hooks)

    def complaints(self) -> Sequence[str]:
        return [one.text for chat in self._account.chats for one in chat.messages if one.status == -1 and one.error]

    def outcomes(self) -> Counter[str]:
        return Counter(hook.outcome for hook in self._account.chat_hooks)

    def problems(self) -> Sequence[str]:
        return judged(self._account)

    async def fail(self, what: str) -> None:
        fault = self._account.misbehaviour
        match what:
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

    def clears_up(self) -> None:
        self._account.misbehaviour.slow, self._account.misbehaviour.refuse = {}, {}

    def calm(self) -> None:
        self.clears_up()
        fault = self._account.misbehaviour
        fault.lose_after, fault.lose_before = {}, {}
        fault.double_hooks = fault.drop_hooks = 0

    async def settled(self) -> None:
        await self._account.settled()


async def _away(server: Portal | Account) -> None:
    """An outage, which ends even if nobody waits for its end any more."""
    await server.vanish()
    try:
        await asyncio.sleep(SECONDS_AWAY)
    finally:
        await server.come_back()


@asynccontextmanager
async def both() -> AsyncIterator[Sequence[RehearsedCrm]]:
    """Both CRMs, listening."""
    async with Portal(rate=20.0) as portal, Account(rate=20.0) as account:
        yield RehearsedPortal(portal), RehearsedAccount(account)
