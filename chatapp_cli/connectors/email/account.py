"""A bound mailbox as a value: its servers, the certificates to trust, and reading options."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Self, cast

from chatapp_cli.connectors.email.access import Access
from chatapp_cli.connectors.email.folders import names_of
from chatapp_cli.connectors.email.incoming import Reading
from chatapp_cli.domain.recipients import typed_addresses
from chatapp_cli.ports.bind import Bound

Tls = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One of a mailbox's two servers."""

    host: str
    port: int
    tls: Tls


@dataclass(frozen=True)
class Trust:
    """Whom to trust: the authorities of the machine, and PEM certificates given by the person."""

    authority: str = ""

    @cached_property
    def context(self) -> ssl.SSLContext:
        """Reads files the first time."""
        context = ssl.create_default_context()
        if self.authority:
            context.load_verify_locations(cadata=self.authority)
        return context

    async def load(self) -> ssl.SSLContext:
        """The context, read on a thread."""
        return await asyncio.to_thread(lambda: self.context)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A bound mailbox."""

    address: str
    login: str
    password: str = field(repr=False)
    """Empty if ``access`` is used."""
    imap: Server
    smtp: Server
    access: Access | None = field(default=None, repr=False, compare=False)
    trust: Trust = Trust()
    saves_sent: bool = False
    """Whether the service itself files sent mail."""
    sender_name: str = ""
    aliases: Sequence[str] = ()
    """Further addresses of the mailbox, from which a mail to them is answered."""
    quotes_original: bool = False
    """Whether the mail that is answered stands below the answer."""
    by_subject: bool = True
    newsletters_wait: bool = True
    folders: Sequence[str] = ()
    """Names of folders read like the inbox, as the mailbox shows them."""
    history_days: int = 0
    """Days before the binding whose mails are fetched."""

    @classmethod
    def of(cls, bound: Bound) -> Self:
        """Read a binding. Raises KeyError, ValueError if it is none of a mailbox."""
        settings = bound.settings
        return cls(
            address=bound.account,
            login=settings["login"],
            password=bound.secrets.get("password", ""),
            imap=_server("imap", settings),
            smtp=_server("smtp", settings),
            trust=Trust(settings.get("authority", "")),
            saves_sent=settings.get("saves_sent") == "on",
            sender_name=settings.get("sender_name", ""),
            aliases=typed_addresses(settings.get("aliases", "")),
            quotes_original=quotes_original(settings),
            by_subject=settings.get("group_by_subject", "on") == "on",
            newsletters_wait=settings.get("newsletters_wait", "on") == "on",
            folders=names_of(settings.get("folders", "")),
            history_days=int(settings.get("history_days") or 0),
        )

    @property
    def domain(self) -> str:
        """The part of the address behind the @."""
        return self.address.rpartition("@")[2]

    @property
    def reading(self) -> Reading:
        """The options that affect how a mail is read."""
        return Reading(
            own_address=self.address,
            aliases=self.aliases,
            by_subject=self.by_subject,
            newsletters_wait=self.newsletters_wait,
        )


def own_addresses(account: str, settings: Mapping[str, str]) -> Sequence[str]:
    """The addresses of a mailbox: its own, then its aliases."""
    return (account, *typed_addresses(settings.get("aliases", "")))


def quotes_original(settings: Mapping[str, str]) -> bool:
    """Whether the mail that is answered stands below every answer of a mailbox."""
    return settings.get("quote_original") == "on"


def _server(side: str, settings: Mapping[str, str]) -> Server:
    return Server(
        host=settings[f"{side}_host"],
        port=int(settings[f"{side}_port"]),
        tls=cast("Tls", settings[f"{side}_tls"]),
    )
