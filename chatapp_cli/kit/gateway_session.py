"""The session of an account at a gateway, and its checks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import structlog

from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.errors import Busy, ChannelError, Misconfigured, Rejected, SendingBlocked, StoreError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit import gateway_calls as calls
from chatapp_cli.kit.checking import broken
from chatapp_cli.kit.gateway import Gateway
from chatapp_cli.kit.gateway_bind import CUSTOM, Trade, hidden, own_values, prove
from chatapp_cli.kit.gateway_client import GatewayClient, LoginRefused
from chatapp_cli.kit.gateway_template import Values
from chatapp_cli.kit.http import open_proxied
from chatapp_cli.kit.proxies import NAME as PROXIES
from chatapp_cli.kit.proxies import findings as proxy_findings
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Finding, HookReply, HookRequest, StoredArrival
from chatapp_cli.ports.world import World

log = structlog.get_logger()

_PULSE: Final = 30.0
_DIGITS: Final = 20
_AT_ONCE: Final = 20
"""How many states to poll between two signs of life."""
_PATIENCE: Final = 3 * 24 * 60 * 60 * 1000
"""Milliseconds after which a message's state is no longer polled."""
_SENT: Final = "sent "
"""Prefix of names in the memory, followed by the provider's id; the value is the time and the recipient."""
_LARGEST: Final = 1 << 20

Prepare = Callable[[Outbound], Values]
"""A message's values for the gaps. Raises Rejected if the channel cannot carry it."""


@dataclass(frozen=True, slots=True)
class _Watched:
    """A message whose state is polled."""

    at: Millis
    phone: str

    @classmethod
    def of(cls, text: str) -> _Watched:
        """Read an entry; one that cannot be parsed is treated as old and no longer polled."""
        at, _, phone = text.partition(" ")
        return cls(int(at) if at.isdecimal() and len(at) < _DIGITS else 0, phone)


class GatewaySession:
    """Sends by requests, receives by webhooks, and polls for states that the gateway does not report."""

    def __init__(self, world: World, bound: Bound, gateway: Gateway, client: GatewayClient, prepare: Prepare) -> None:
        self._world, self._bound = world, bound
        self._gateway, self._client, self._prepare = gateway, client, prepare
        self._asked: dict[str, tuple[Millis, str]] = {}

    async def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Signs of life with polled states and messages; the cursor is the latest message's id."""
        after = cursor or ""
        while True:
            arrivals, settled = await self._states() if self._gateway.status else ([], [])
            received, latest = await self._inbox(after) if self._gateway.inbox else ([], "")
            yield Batch(arrivals=[*arrivals, *received], cursor=latest or None)
            after = latest or after
            await self._forget(settled)
            await self._world.clock.sleep(_PULSE)

    async def _inbox(self, after: str) -> tuple[list[Arrival], str]:
        """Poll clients' messages; an odd answer does not stop sending, and the check reports it."""
        try:
            document = await self._client.inbox(after)
        except (Rejected, Misconfigured):
            return [], ""
        except ChannelError as error:
            self._bear(error)
            return [], ""
        return calls.fetched(self._gateway, document, self._world.clock.now())

    def _bear(self, trouble: ChannelError) -> None:
        """Ignore errors of polling, which must not stop webhooks."""
        if self._gateway.hook is None:
            raise trouble
        log.warning("gateway.not_asked", code=trouble.code, detail=trouble.detail)

    async def _states(self) -> tuple[list[Arrival], list[str]]:
        """Polled states of messages on their way, and messages that need no more polling."""
        now = self._world.clock.now()
        kept = (await self._bound.memory.known(_SENT)).items()
        watched = {name.removeprefix(_SENT): _Watched.of(entry) for name, entry in kept}
        arrivals: list[Arrival] = []
        settled = [ext_id for ext_id, one in watched.items() if now - one.at > _PATIENCE]
        for ext_id in [ext_id for ext_id, one in watched.items() if self._is_due(ext_id, one.at, now)][:_AT_ONCE]:
            try:
                word, words = await self._state(ext_id, watched[ext_id].phone)
            except ChannelError as error:
                if not arrivals:
                    self._bear(error)
                break
            if word != self._asked.get(ext_id, (0, ""))[1]:
                arrivals.append(calls.polled(self._gateway, ext_id, word, words, now))
            self._asked[ext_id] = (now, word)
            if self._gateway.states.get(word) in calls.FINAL or not word:
                settled.append(ext_id)
        return arrivals, settled

    def _is_due(self, ext_id: str, sent: Millis, now: Millis) -> bool:
        """Whether to poll a message: the older it is, the more rarely."""
        last = self._asked.get(ext_id, (sent, ""))[0]
        return now - last >= max(_PULSE * 1000, (last - sent) / 3)

    async def _state(self, ext_id: str, phone: str) -> tuple[str, str]:
        try:
            return await self._client.status(ext_id, phone)
        except (Rejected, Misconfigured):
            return "", ""

    async def _forget(self, settled: Sequence[str]) -> None:
        if settled:
            await self._bound.memory.save(dict.fromkeys((_SENT + ext_id for ext_id in settled), ""))
        for ext_id in settled:
            self._asked.pop(ext_id, None)

    def accept(self, request: HookRequest) -> HookReply:
        """Accept a report or a message; the secret address is the only authentication."""
        return _accepted(self._gateway, request, self._world.clock.now())

    async def send(self, message: Outbound) -> Receipt:
        """Send it once; without a clear answer a person decides."""
        values = {"template": "", "language": "", "values": {}, "key": message.key, **self._prepare(message)}
        ext_id = await self._client.send(values)
        if ext_id and self._gateway.status:
            with suppress(StoreError, Busy):  # it is sent all the same, only its state will not be asked for
                await self._bound.memory.save({_SENT + ext_id: f"{self._world.clock.now()} {values['phone']}"})
        return Receipt(ids=(ext_id or message.key,))


class ProvingGatewaySession(GatewaySession):
    """For a gateway with a query that checks the login."""

    async def send(self, message: Outbound) -> Receipt:
        """Send; a login that may only query blocks all sending."""
        try:
            return await super().send(message)
        except LoginRefused as refusal:
            await self.prove()
            raise SendingBlocked(refusal.code, refusal.detail) from refusal

    async def prove(self) -> None:
        """Make the query of the check. Raises like ``send``."""
        await self._client.test()


@asynccontextmanager
async def opened(trade: Trade, world: World, bound: Bound) -> AsyncIterator[tuple[Gateway, GatewayClient]]:
    """Open the gateway of a binding, through its proxies."""
    gateway, own = trade.gateway(bound.settings), own_values(trade, bound)
    async with open_proxied(bound.secrets.get(PROXIES, ""), str(own["url"])) as http:
        yield gateway, GatewayClient(http, gateway, own=own, hide=hidden(bound), clock=world.clock)


def accept(trade: Trade, bound: Bound, request: HookRequest, at: Millis) -> HookReply:
    """Accept a report or a message without a session."""
    return _accepted(trade.gateway(bound.settings), request, at)


def _accepted(gateway: Gateway, request: HookRequest, at: Millis) -> HookReply:
    if request.path or gateway.hook is None:
        return HookReply(status=404, body=b"nothing is here\n")
    if len(request.body) > _LARGEST:
        return HookReply(status=413, body=b"too large\n")
    found = calls.arrivals(gateway, request, at)
    return HookReply(batch=Batch(arrivals=found), body=gateway.hook.reply.encode())


def understand(trade: Trade, bound: Bound, stored: StoredArrival) -> Arrival:
    """Parse a gateway's stored call again."""
    return calls.arrival(trade.gateway(bound.settings), stored.raw, stored.at)


async def findings(trade: Trade, world: World, bound: Bound) -> Sequence[Finding]:
    """Whether the gateway accepts the login, how it reports states, and how reliable its description is."""
    gateway = trade.gateway(bound.settings)
    found = [await _receiving(trade, world, bound), await _sending(trade, world, bound), *_doubts(gateway, bound)]
    towards = str(own_values(trade, bound)["url"])
    return [*found, *await proxy_findings(bound.secrets.get(PROXIES, ""), towards)]


async def _receiving(trade: Trade, world: World, bound: Bound) -> Finding:
    gateway = trade.gateway(bound.settings)
    if gateway.inbox:
        try:
            async with opened(trade, world, bound) as (_gateway, client):
                await client.inbox("")
        except ChannelError as error:
            return broken(trade.kind, "receive", error)
    return Finding(name="receive", ok=True, what=_way_back(gateway, f"/hooks/{bound.hook_key}"))


def _way_back(gateway: Gateway, path: str) -> Text:
    if gateway.hook and gateway.inbox:
        return T("The gateway calls {path} of this desk, and is asked too.", path=path)
    if gateway.hook:
        return T("The gateway calls {path} of this desk.", path=path)
    if gateway.inbox:
        return T("The gateway is polled for clients' messages.")
    if gateway.status:
        return T("The gateway is polled for the state of each message.")
    return T("The gateway reports nothing.")


async def _sending(trade: Trade, world: World, bound: Bound) -> Finding:
    try:
        balance = await prove(trade, world, bound)
    except ChannelError as error:
        return broken(trade.kind, "send", error)
    if balance:
        return Finding(
            name="send", ok=True, what=T("The gateway accepts the login; it shows: {balance}", balance=balance)
        )
    if trade.gateway(bound.settings).test:
        return Finding(name="send", ok=True, what=T("The gateway accepts the login."))
    return Finding(name="send", ok=True, what=T("The gateway answers; only a message can prove the login."))


def _doubts(gateway: Gateway, bound: Bound) -> Sequence[Finding]:
    if bound.settings["preset"] == CUSTOM or not gateway.doubt:
        return ()
    untried = T("The preset {title} was never tried with the real gateway.", title=gateway.title)
    guessed = T(
        "{title} publishes no method that sends; the one in the preset is a guess. Ask their support.",
        title=gateway.title,
    )
    what = guessed if gateway.doubt == "guessed" else untried
    step = T("Send one message to yourself; where it fails, describe the gateway in a file of your own.")
    return (Finding(name="preset", ok=True, what=what, next_step=step),)
