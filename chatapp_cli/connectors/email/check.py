"""Check that a bound mailbox can receive and send, without sending a mail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from chatapp_cli.connectors.email import folders, imap, smtp
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.email.errors import ImapRefused
from chatapp_cli.connectors.email.folders import Folder
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.checking import broken
from chatapp_cli.ports.connector import Finding


async def check(account: Account) -> Sequence[Finding]:
    """Log in to both servers, one after the other, and look for the chosen folders."""
    return (
        await _find("receive", T("Mail of {address} can be read", address=account.address), can_receive, account),
        await _find("send", T("Mail of {address} can be sent", address=account.address), can_send, account),
        *(await _folders(account)),
    )


async def _folders(account: Account) -> Sequence[Finding]:
    """Whether the mailbox has the chosen folders and opens them, and that of sent mail.

    Nothing is said if the mailbox cannot be opened, which is told already.
    """
    try:
        async with imap.connect(account) as connection:
            found = await connection.folders()
            refused = await _refused(connection, folders.beside_inbox(found, account.folders))
    except ChannelError:
        return ()
    absent = folders.missing(found, account.folders)
    return (*_not_there(found, absent), *_not_read(refused), *_read(found, account, absent, refused))


async def _refused(connection: imap.Imap, beside: Sequence[Folder]) -> Mapping[str, str]:
    """Why the server does not open some of these folders, by their names as people see them."""
    reasons: dict[str, str] = {}
    for folder in beside:
        try:
            await connection.examine(folder.name)
        except ImapRefused as error:
            reasons[folder.shown] = error.detail
    return reasons


def _read(
    found: Sequence[Folder], account: Account, absent: Sequence[str], refused: Mapping[str, str]
) -> Sequence[Finding]:
    names = ", ".join(folder.shown for folder in folders.chosen(found, account.folders))
    if absent or refused or not account.folders:
        return ()
    return (Finding(name="folders", ok=True, what=T("These folders are read too: {names}", names=names)),)


def _not_read(refused: Mapping[str, str]) -> Sequence[Finding]:
    return [
        Finding(
            name="folders",
            ok=False,
            what=T("The folder {name} is not read, because the server does not open it: {why}", name=name, why=why),
            next_step=T("It is tried again by itself; look in the mailbox's web interface whether it is there"),
        )
        for name, why in refused.items()
    ]


def _not_there(found: Sequence[Folder], absent: Sequence[str]) -> Sequence[Finding]:
    there = ", ".join(folder.shown for folder in found)
    if not absent:
        return ()
    return (
        Finding(
            name="folders",
            ok=False,
            what=T("The mailbox has no folder {names}", names=", ".join(absent)),
            next_step=T("Correct the option folders; the mailbox has: {names}", names=there),
        ),
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
