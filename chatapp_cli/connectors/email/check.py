"""Check that a bound mailbox can receive and send, without sending a mail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from chatapp_cli.connectors.email import imap, smtp
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.checking import broken
from chatapp_cli.ports.connector import Finding


async def check(account: Account) -> Sequence[Finding]:
    """Log in to both servers, one after the other."""
    return (
        await _find("receive", T("Mail of {address} can be read", address=account.address), can_receive, account),
        await _find("send", T("Mail of {address} can be sent", address=account.address), can_send, account),
    )


async def can_receive(account: Account) -> None:
    """Log in and open the inbox."""
    async with imap.connect(account) as connection:
        await connection.select()


async def can_send(account: Account) -> None:
    """Log in and hang up."""
    async with smtp.connect(account):
        pass


async def _find(name: str, works: Text, prove: Callable[[Account], Awaitable[None]], account: Account) -> Finding:
    try:
        await prove(account)
    except ChannelError as error:
        return broken("email", name, error, detailed=False)
    return Finding(name=name, ok=True, what=works)
