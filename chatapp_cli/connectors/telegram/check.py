"""Check that an account can receive and send, without sending a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from telethon.tl import functions as fn
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.account import Account, connected
from chatapp_cli.connectors.telegram.bind import KIND
from chatapp_cli.connectors.telegram.errors import network
from chatapp_cli.connectors.telegram.pushes import Client
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.text import T
from chatapp_cli.kit import proxies
from chatapp_cli.kit.checking import broken, unreachable
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Finding


async def findings(bound: Bound) -> Sequence[Finding]:
    """Check beside a running daemon, over the same route and without consuming its updates."""
    try:
        account = Account.of(bound)
    except ChannelError as error:
        return unreachable(KIND, error)
    led = await proxies.findings(account.proxies, account.address)
    try:
        async with connected(account, kind=Client, updates=False) as client:
            return [await _receiving(client), await _sending(client), *led]
    except ChannelError as error:
        return [*unreachable(KIND, error), *led]


async def _receiving(client: Any) -> Finding:
    try:
        with network():
            state = await client(fn.updates.GetStateRequest())
    except ChannelError as error:
        return broken(KIND, "receive", error)
    what = T("Telegram accepts the login. Unread messages: {count}.", count=state.unread_count)
    return Finding(name="receive", ok=True, what=what)


async def _sending(client: Any) -> Finding:
    try:
        with network():
            full = await client(fn.users.GetFullUserRequest(tl.InputUserSelf()))
    except ChannelError as error:
        return broken(KIND, "send", error)
    if any(user.is_self and user.restricted for user in full.users):
        return Finding(
            name="send",
            ok=False,
            what=T("Telegram restricted the account."),
            next_step=T("Ask @SpamBot in Telegram why and until when."),
        )
    return Finding(name="send", ok=True, what=T("Telegram does not say that the account is restricted."))
