"""Logging in to the mail servers: by password, or by OAuth with XOAUTH2.

The format is described at https://developers.google.com/gmail/imap/xoauth2-protocol: a server that refuses a token
first sends the reason as a challenge, and refuses after an empty answer to it.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import aiosmtplib
from aioimaplib import IMAP4
from aioimaplib.aioimaplib import AUTH, Command, IMAP4ClientProtocol, Response, change_state, quoted

from chatapp_cli.connectors.email import errors
from chatapp_cli.connectors.email.access import Access, client_of
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.domain.errors import NeedsRebind, SendingBlocked
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World


@asynccontextmanager
async def opened(bound: Bound, world: World, *, asked: bool = False) -> AsyncIterator[Account]:
    """The mailbox of a binding, with its token if it has one; ``asked``: see ``Access``."""
    account = Account.of(bound)
    trust = await account.trust.load()
    if "token" not in bound.secrets:
        yield account
        return
    access = Access(client_of(bound.settings, bound.secrets, trust), bound, world, asked=asked)
    try:
        yield replace(account, access=access)
    finally:
        await access.aclose()


class ChallengedProtocol(IMAP4ClientProtocol):  # type: ignore[misc]  # aioimaplib is untyped
    """Answers the challenges of AUTHENTICATE, which aioimaplib leaves unanswered."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.reply = b""

    def _continuation(self, line: bytes) -> None:
        command = self.pending_sync_command
        if command is None or command.name != "AUTHENTICATE":
            super()._continuation(line)
            return
        reply, self.reply = self.reply, b""
        self.transport.write(reply + b"\r\n")

    @change_state  # type: ignore[untyped-decorator]  # aioimaplib is untyped
    async def xoauth2(self, user: str, token: str) -> Response:
        """Log in by a token, which is sent only when the server asks for it: not every server takes it at once."""
        self.reply = base64.b64encode(f"user={user}\1auth=Bearer {token}\1\1".encode())
        response = await self.execute(Command("AUTHENTICATE", self.new_tag(), "XOAUTH2", loop=self.loop))
        self.reply = b""
        if response.result == "OK":
            self.state = AUTH
        return response


async def enter(
    client: IMAP4, account: Account, waited: Callable[[Awaitable[Response]], Awaitable[Response]]
) -> Response:
    """The IMAP server's answer to a login; ``waited`` waits for one answer. Raises NeedsRebind, Misconfigured."""
    if account.access is None:
        return await waited(client.login(quoted(account.login), account.password))

    async def log_in(token: str) -> Response:
        return await waited(client.protocol.xoauth2(account.login, token))

    return await account.access.attempt(log_in, _is_refusal)


def _is_refusal(response: Response) -> bool:
    """Whether it is the token that the server refuses; a BAD or a busy server says nothing about it."""
    return response.result == "NO" and isinstance(errors.imap_login(str(response.lines), by_token=True), NeedsRebind)


async def submit(client: aiosmtplib.SMTP, account: Account) -> None:
    """Log in to the SMTP server. Raises SMTPResponseException, and SendingBlocked if there is no token any more."""
    if account.access is None:
        await client.login(account.login, account.password)
        return

    async def log_in(token: str) -> aiosmtplib.SMTPAuthenticationError | None:
        try:
            await client.auth_xoauth2(account.login, token)
        except aiosmtplib.SMTPAuthenticationError as error:
            return error
        return None

    try:
        refused = await account.access.attempt(
            log_in, lambda error: error is not None and error.code >= errors.PERMANENT
        )
    except NeedsRebind as error:
        raise SendingBlocked(error.code, error.detail) from error
    if refused:
        raise refused
