"""The folder of sent mail: stores our mails, and is searched when an outcome is unknown."""

from __future__ import annotations

import structlog

from chatapp_cli.connectors.email import imap
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.email.compose import Letter
from chatapp_cli.domain.errors import ChannelError

_log = structlog.get_logger(__name__)


async def keep(account: Account, letter: Letter) -> None:
    """File a sent mail unless the service does so itself; a failure here does not fail the mail."""
    if account.saves_sent:
        return
    try:
        async with imap.connect(account) as connection:
            folder = await connection.sent_folder()
            if folder and not await _holds(connection, folder, letter.message_id):
                await connection.append(folder, letter.content)
    except ChannelError as error:
        _log.warning("sent mail not filed", code=error.code, detail=error.detail)


async def holds(account: Account, message_id: str) -> bool:
    """Whether the mail is in the folder of sent mail."""
    async with imap.connect(account) as connection:
        folder = await connection.sent_folder()
        return folder is not None and await _holds(connection, folder, message_id)


async def _holds(connection: imap.Imap, folder: str, message_id: str) -> bool:
    await connection.select(folder)
    return bool(await connection.search("HEADER", "Message-ID", f'"{message_id}"'))
