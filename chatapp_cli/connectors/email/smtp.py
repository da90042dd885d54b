"""Submit mails to the provider's server, with a definite outcome for each."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import aiosmtplib

from chatapp_cli.connectors.email import errors, login
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.email.compose import Letter, Offer
from chatapp_cli.domain.errors import Misconfigured, Rejected, Retryable
from chatapp_cli.ports.connector import SEND_TIMEOUT

DEADLINE = 30.0
"""The timeout of one step, in seconds."""
LOOK = 45.0
"""Seconds to look for a mail whose answer did not come."""
_HANG_UP = 5.0
"""The timeout for saying goodbye, in seconds."""
DATA_DEADLINE = 120.0
"""The timeout for the server to ask for the content, in seconds (RFC 5321 §4.5.3.2.4)."""
CONTENT_DEADLINE = SEND_TIMEOUT - LOOK - _HANG_UP
"""The timeout for accepting the content, which may be scanned for viruses; it leaves time to look afterwards."""
_GO_ON = 354
_ACCEPTED = range(200, 300)


@asynccontextmanager
async def connect(account: Account) -> AsyncIterator[aiosmtplib.SMTP]:
    """Log in; raises only the ``ChannelError`` family."""
    client = aiosmtplib.SMTP(
        hostname=account.smtp.host,
        port=account.smtp.port,
        use_tls=account.smtp.tls == "tls",
        start_tls=account.smtp.tls == "starttls",
        tls_context=None if account.smtp.tls == "none" else await account.trust.load(),
        local_hostname=account.domain,
        timeout=DEADLINE,
    )
    try:
        await _start(client, account)
        yield client
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.execute_command(b"QUIT", timeout=_HANG_UP)
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
        await login.submit(client, account)
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


async def start_anew(client: aiosmtplib.SMTP) -> None:
    """Prove that a connection lives, and leave behind whatever was begun on it."""
    try:
        await client.rset()
    except (aiosmtplib.SMTPException, OSError) as error:
        raise errors.unreachable(error) from error


async def send(
    client: aiosmtplib.SMTP, account: Account, letter: Letter, begin: Callable[[Sequence[str]], Awaitable[None]]
) -> None:
    """Send one mail; returns once the server has accepted it.

    ``begin`` is awaited once the server asks for the content: until then it has nothing to deliver (RFC 5321
    §4.1.1.4), and from then on a lost connection leaves the outcome unknown.
    """
    content = await asyncio.to_thread(_as_data, letter.content)
    await _ask(client, account, letter)
    await begin((letter.message_id,))
    code, answer = await _hand_over(client, content)
    if errors.is_refusal(code):
        raise errors.smtp_refusal(code, answer)
    if code not in _ACCEPTED:
        raise errors.unknown(letter.message_id, files_itself=account.saves_sent, detail=answer)


def _as_data(content: bytes) -> bytes:
    """A mail as DATA takes it (RFC 5321 §4.5.2)."""
    lines = re.sub(rb"\r\n?|\n", b"\r\n", content).removesuffix(b"\r\n") + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", lines) + b".\r\n"


async def _hand_over(client: aiosmtplib.SMTP, content: bytes) -> tuple[int, str]:
    """The reply to the content, with the code 0 if there is none; raises Retryable if nothing could be written."""
    protocol = client.protocol
    if protocol is None:
        raise Retryable("unreachable", "connection lost")
    try:
        protocol.write(content)
    except aiosmtplib.SMTPServerDisconnected as error:
        raise errors.unreachable(error) from error
    try:
        code, answer = await protocol.read_response(timeout=CONTENT_DEADLINE)
    except (aiosmtplib.SMTPException, OSError) as error:
        return 0, str(error)
    return code, answer


async def _ask(client: aiosmtplib.SMTP, account: Account, letter: Letter) -> None:
    """Say from whom and to whom a mail is, until the server asks for its content."""
    limit = int(client.esmtp_extensions.get("size") or 0)
    if limit and len(letter.content) > limit:
        raise errors.between_commands(Rejected("too_big", f"{len(letter.content)} > {limit}"))
    try:
        await _name_sender(client, account, letter.requires)
        await _name_recipients(client, letter)
        code, answer = await client.execute_command(b"DATA", timeout=DATA_DEADLINE)
    except aiosmtplib.SMTPSenderRefused as error:
        raise errors.smtp_sender(error.code, error.message) from error
    except aiosmtplib.SMTPResponseException as error:
        raise errors.smtp_refusal(error.code, error.message) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise errors.unreachable(error) from error
    if code != _GO_ON:
        raise errors.smtp_refusal(code, answer)


async def _name_sender(client: aiosmtplib.SMTP, account: Account, needs: Offer) -> None:
    options = (["BODY=8BITMIME"] if needs.eight_bit else []) + (["SMTPUTF8"] if needs.utf8 else [])
    await client.mail(account.address, options=options)


async def _name_recipients(client: aiosmtplib.SMTP, letter: Letter) -> None:
    """Name everybody who gets the mail: if the server refuses one of them, nobody gets it, and a person decides."""
    client_address, *copies = letter.recipients
    await client.rcpt(client_address, encoding="utf-8")
    for address in copies:
        try:
            await client.rcpt(address, encoding="utf-8")
        except aiosmtplib.SMTPRecipientRefused as error:
            raise errors.copy_refusal(address, error.code, error.message) from error


def offer(client: aiosmtplib.SMTP) -> Offer:
    """What the server said it takes beyond ASCII."""
    eight_bit = client.supports_extension("8bitmime")
    return Offer(eight_bit=eight_bit, utf8=eight_bit and client.supports_extension("smtputf8"))
