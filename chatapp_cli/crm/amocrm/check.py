"""What a doctor can find out about an account without changing it (providers' sheet §10; S-187, S-197)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chatapp_cli.crm.amocrm import clocks, rest, rights
from chatapp_cli.crm.amocrm.access import TOKEN, ends_at, is_long_lived
from chatapp_cli.crm.amocrm.arrange import WEBHOOKS
from chatapp_cli.crm.amocrm.linking import ACCOUNT, CHAT
from chatapp_cli.crm.amocrm.record import CALLS, SCOPE, ConnectedChats, has_chats
from chatapp_cli.crm.amocrm.rest import AmoApi
from chatapp_cli.crm.amocrm.rights import broken
from chatapp_cli.domain.crm import ending
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.kit import crm_checks, records
from chatapp_cli.kit.records import remembered
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Finding
from chatapp_cli.ports.world import World

RENEWABLE: Final = 90
"""Days for which a refresh token is good, counted from when it came (addendum C2)."""
_DAY: Final = 86_400_000
_MINUTE: Final = 60_000


async def findings(api: AmoApi, bound: Bound, world: World) -> Sequence[Finding]:
    """Token, rights, clock, webhooks and the chat channel."""
    try:
        await rest.about_account(api)
    except ChannelError as error:
        return [broken("tokens", error)]
    return [
        await _tokens(bound, world),
        _clock(api, world),
        await _rights(api),
        await _webhooks(api, bound),
        await _channel(bound),
    ]


async def _tokens(bound: Bound, world: World) -> Finding:
    return _long_lived(bound, world) if is_long_lived(bound) else await _renewed(bound, world)


def _long_lived(bound: Bound, world: World) -> Finding:
    """A long-lived token ends without a word: that is told from a month before."""
    until, now = ends_at(bound.secrets[TOKEN]), world.clock.now()
    days = ending.days_left(until, now)
    if ending.told_at(until, now) is None:
        what = T("amoCRM accepts the long-lived token, which is good for {days} days.", days=days)
        return Finding(name="tokens", ok=True, what=what)
    return Finding(
        name="tokens",
        ok=False,
        what=T("The long-lived token ends in {days} days.", days=days),
        next_step=T(
            "Make another in the integration, «Ключи и доступы», and link the CRM again with it: {link_again}",
            link_again=to_do(Next.LINK_AGAIN),
        ),
    )


async def _renewed(bound: Bound, world: World) -> Finding:
    token = await records.token(bound)
    now = world.clock.now()
    if token is None:
        return Finding(name="tokens", ok=True, what=T("amoCRM accepts our token."))
    return Finding(
        name="tokens",
        ok=True,
        what=T(
            "amoCRM accepts our token. It was renewed {minutes} minutes ago, and can be renewed for {days} days.",
            minutes=(now - token.at) // _MINUTE,
            days=max(0, token.at + RENEWABLE * _DAY - now) // _DAY,
        ),
    )


def _clock(api: AmoApi, world: World) -> Finding:
    """A wrong clock looks like a wrong secret to the chats: their signatures are good for 15 minutes."""
    apart = clocks.apart(api.date, world.clock.now())
    if apart is None:
        return Finding(name="clock", ok=True, what=T("amoCRM does not tell its time."))
    return crm_checks.clock(
        apart,
        agrees=T("Our clock and amoCRM's agree."),
        differs=T("Our clock and amoCRM's are {seconds} seconds apart.", seconds=round(abs(apart))),
    )


async def _rights(api: AmoApi) -> Finding:
    try:
        return await rights.rights(api)
    except ChannelError as error:
        return broken("scopes", error)


async def _webhooks(api: AmoApi, bound: Bound) -> Finding:
    """Whether the account calls us: a hook with too many bad answers is disabled, and nobody is told."""
    wanted = (await bound.memory.known(CALLS)).get(CALLS, "").split()
    if has_chats(bound) and not wanted:
        return Finding(name="events", ok=True, what=T("The chats call this desk; no other calls are needed."))
    if refused := await rights.refused_calls(bound.memory):
        return refused
    try:
        there = await api.pages(WEBHOOKS, "webhooks")
    except ChannelError as error:
        return broken("events", error)
    ours = [one for one in there if str(one.get("destination", "")).endswith(f"/hooks/{bound.hook_key}/{ACCOUNT}")]
    step = T("It is mended when the daemon opens the link: start {how}.", how=to_do(Next.SERVE))
    if not ours:
        return Finding(name="events", ok=False, what=T("amoCRM does not call this desk."), next_step=step)
    if any(one.get("disabled") is True for one in ours):
        what = T("amoCRM has switched off its calls to this desk after too many bad answers.")
        return Finding(name="events", ok=False, what=what, next_step=step)
    return Finding(name="events", ok=True, what=T("amoCRM calls this desk once for each event."))


async def _channel(bound: Bound) -> Finding:
    """Whether the support has registered a chat channel, and it is connected."""
    if not has_chats(bound):
        return Finding(
            name="channel",
            ok=True,
            what=T("Without an amoCRM chat: conversations are notes, and a note that begins with > answers."),
        )
    scope = await remembered(bound.memory, SCOPE, ConnectedChats)
    if scope is None:
        return Finding(
            name="channel",
            ok=False,
            what=T("The chat channel is not connected yet."),
            next_step=T("It is connected when the daemon opens the link: start {how}.", how=to_do(Next.SERVE)),
        )
    hook = f"/hooks/{bound.hook_key}/{CHAT}/:scope_id"
    return Finding(name="channel", ok=True, what=T("The chat channel is connected; its webhook is {path}.", path=hook))
