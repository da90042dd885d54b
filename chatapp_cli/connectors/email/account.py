"""A bound mailbox as a value: its servers, the certificates to trust, and reading options."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Self, cast

from chatapp_cli.connectors.email.convert import Reading
from chatapp_cli.ports.bind import Bound

Tls = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One of a mailbox's two servers."""

    host: str
    port: int
    tls: Tls


@dataclass(frozen=True, kw_only=True)
class Account:
    """A mailbox; ``authority`` holds PEM certificates trusted in addition to the machine's own."""

    address: str
    login: str
    password: str = field(repr=False)
    imap: Server
    smtp: Server
    authority: str = ""
    saves_sent: bool = False
    """Whether the service itself files sent mail."""
    sender_name: str = ""
    by_subject: bool = True
    newsletters_wait: bool = True

    @classmethod
    def of(cls, bound: Bound) -> Self:
        """Read a binding."""
        settings = bound.settings
        return cls(
            address=bound.account,
            login=settings["login"],
            password=bound.secrets["password"],
            imap=_server("imap", settings),
            smtp=_server("smtp", settings),
            authority=settings.get("authority", ""),
            saves_sent=settings.get("saves_sent") == "on",
            sender_name=settings.get("sender_name", ""),
            by_subject=settings.get("group_by_subject", "on") == "on",
            newsletters_wait=settings.get("newsletters_wait", "on") == "on",
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
            by_subject=self.by_subject,
            newsletters_wait=self.newsletters_wait,
        )

    @cached_property
    def trust(self) -> ssl.SSLContext:
        """The trusted authorities: the machine's and the one given by the person."""
        context = ssl.create_default_context()
        if self.authority:
            context.load_verify_locations(cadata=self.authority)
        return context


def _server(side: str, settings: Mapping[str, str]) -> Server:
    return Server(
        host=settings[f"{side}_host"],
        port=int(settings[f"{side}_port"]),
        tls=cast("Tls", settings[f"{side}_tls"]),
    )
