"""Submit mails to the provider's server, with a definite outcome for each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiosmtplib

from chatapp_cli.connectors.email import errors
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.email.compose import Letter
from chatapp_cli.domain.errors import Misconfigured, OutcomeUnknown, Rejected

DEADLINE = 30.0
"""The timeout of one step, in seconds."""
DATA_DEADLINE = 300.0
"""The timeout for accepting the content, which may be scanned for viruses (RFC 5321 §4.5.3.2.6: 600)."""


@asynccontextmanager
async def connect(account: Account) -> AsyncIterator[aiosmtplib.SMTP]:
    """Log in; raises only the ``ChannelError`` family."""
    client = aiosmtplib.SMTP(
        hostname=account.smtp.host,
        port=account.smtp.port,
        use_tls=account.smtp.tls == "tls",
        start_tls=account.smtp.tls == "starttls",
        tls_context=None if account.smtp.tls == "none" else account.trust,
        local_hostname=account.domain,
        timeout=DEADLINE,
    )
    try:
        await _start(client, account)
        yield client
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.execute_command(b"QUIT")
    finally:
        await _hang_up(client)


async def _hang_up(client: aiosmtplib.SMTP) -> None:
    """Close the socket at once: after QUIT nothing is in flight, and a server may be slow to end TLS."""
    transport = client.transport
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
        await asyncio.sleep(0)


async def _start(client: aiosmtplib.SMTP, account: Account) -> None:
    try:
        await client.connect()
        await client.ehlo()
        if not client.supported_auth_methods:
            raise Misconfigured("no_login")
        await client.login(account.login, account.password)
    except aiosmtplib.SMTPResponseException as error:
        raise errors.smtp_login(error.code, error.message) from error
    except OSError as error:
        raise errors.unreachable(error) from error
    except aiosmtplib.SMTPException as error:
        raise Misconfigured("tls_mismatch", error.message) from error


async def prove(account: Account) -> None:
    """Check that the server would accept mail of this mailbox now, without sending any; raises as ``send`` does."""
    async with connect(account) as client:
        try:
            await client.mail(account.address)
            await client.rset()
        except aiosmtplib.SMTPSenderRefused as error:
            raise errors.smtp_sender(error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise errors.unreachable(error) from error


async def send(account: Account, letter: Letter) -> None:
    """Send one mail; returns once the server has accepted it.

    Before DATA nothing is sent; after it, a lost connection leaves the outcome unknown.
    """
    async with connect(account) as client:
        await _address(client, account, letter)
        try:
            await client.data(letter.content, timeout=DATA_DEADLINE)
        except aiosmtplib.SMTPResponseException as error:
            raise errors.smtp_refusal(error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise OutcomeUnknown("outcome_unknown", str(error), ids=(letter.message_id,)) from error


async def _address(client: aiosmtplib.SMTP, account: Account, letter: Letter) -> None:
    limit = int(client.esmtp_extensions.get("size") or 0)
    if limit and len(letter.content) > limit:
        raise Rejected("too_big", f"{len(letter.content)} > {limit}")
    try:
        await client.mail(account.address)
        await client.rcpt(letter.recipient)
    except aiosmtplib.SMTPSenderRefused as error:
        raise errors.smtp_sender(error.code, error.message) from error
    except aiosmtplib.SMTPResponseException as error:
        raise errors.smtp_refusal(error.code, error.message) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise errors.unreachable(error) from error
