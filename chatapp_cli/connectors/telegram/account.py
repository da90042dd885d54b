"""One account's connection to Telegram: address, proxy and authorisation key."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import structlog
from telethon import TelegramClient
from telethon.client.telegrambaseclient import DEFAULT_DC_ID, DEFAULT_IPV4_IP, DEFAULT_PORT
from telethon.crypto import AuthKey, rsa
from telethon.network import ConnectionTcpFull, ConnectionTcpMTProxyRandomizedIntermediate
from telethon.sessions import MemorySession

from chatapp_cli import __version__
from chatapp_cli.connectors.telegram.errors import network
from chatapp_cli.domain.errors import NeedsRebind
from chatapp_cli.kit import proxies
from chatapp_cli.ports.bind import Bound

PATIENCE: Final = 15
"""Seconds for a connection to come up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The data centre of an account; each has its own keys."""

    dc: int = DEFAULT_DC_ID
    host: str = DEFAULT_IPV4_IP
    port: int = DEFAULT_PORT

    def __str__(self) -> str:
        return f"{self.dc} {self.host}:{self.port}"

    @classmethod
    def of(cls, said: str) -> Home:
        """Parse the result of ``str`` or ``host:port``; Telegram's own if empty."""
        number, _, address = said.rpartition(" ")
        host, _, port = address.rpartition(":")
        return cls(dc=int(number or DEFAULT_DC_ID), host=host, port=int(port)) if said else cls()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a connection needs."""

    api_id: int
    api_hash: str = field(repr=False)
    home: Home = Home()
    rsa_key: str = field(default="", repr=False)
    """Public key of a server of one's own, as PEM."""
    proxies: str = field(default="", repr=False)
    auth_key: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, bound: Bound) -> Account:
        """Read a binding. Raises NeedsRebind if part of it is missing."""
        try:
            return cls(
                api_id=int(bound.settings["api_id"]),
                api_hash=bound.secrets["api_hash"],
                home=Home.of(bound.settings["home"]),
                rsa_key=bound.settings["rsa_key"],
                proxies=bound.secrets.get(proxies.NAME, ""),
                auth_key=bytes.fromhex(bound.secrets["auth_key"]),
            )
        except (KeyError, ValueError) as error:
            raise NeedsRebind("unauthorized", f"incomplete binding: {type(error).__name__}") from None

    @property
    def address(self) -> str:
        """The address that proxies connect to."""
        return f"tcp://{self.home.host}:{self.home.port}"


class Keys(MemorySession):  # type: ignore[misc]
    """Only the data centre and its key; known peers and the read position are stored elsewhere."""

    def process_entities(self, tlo: object) -> None:
        """Store nothing."""


@asynccontextmanager
async def connected(
    account: Account, *, kind: type[TelegramClient] = TelegramClient, updates: bool = True, retries: int = 0
) -> AsyncIterator[TelegramClient]:
    """Connect without reconnecting: after a loss the channel restarts and reads what it missed.

    ``retries``: how often a request may move to another data centre. Raises ChannelError.
    """
    if account.rsa_key:
        rsa.add_key(account.rsa_key, old=False)
    client = kind(
        _keys(account),
        account.api_id,
        account.api_hash,
        **await _way(account),
        timeout=PATIENCE,
        request_retries=retries,
        connection_retries=0,
        retry_delay=0,
        auto_reconnect=False,
        sequential_updates=True,
        flood_sleep_threshold=0,
        raise_last_call_error=True,
        device_model="chatapp",
        app_version=__version__,
        lang_code="ru",
        base_logger=_logger(),
        receive_updates=updates,
    )
    try:
        with network():
            await client.connect()
        yield client
    finally:
        with suppress(OSError):
            await client.disconnect()


def _keys(account: Account) -> Keys:
    keys = Keys()
    keys.set_dc(account.home.dc, account.home.host, account.home.port)
    if account.auth_key:
        keys.auth_key = AuthKey(account.auth_key)
    return keys


async def _way(account: Account) -> Mapping[str, Any]:
    """Telethon's arguments for a proxy; MTProxy needs another connection class."""
    proxy = await proxies.choose(account.proxies, account.address)
    if proxy is None:
        return {"connection": ConnectionTcpFull}
    if proxy.kind == "mtproxy":
        way = (proxy.host, proxy.port, proxy.user)
        return {"connection": ConnectionTcpMTProxyRandomizedIntermediate, "proxy": way}
    login = {"username": proxy.user or None, "password": proxy.password or None}
    return {"proxy": {"proxy_type": proxy.kind, "addr": proxy.host, "port": proxy.port, "rdns": True, **login}}


@cache
def _logger() -> logging.Logger:
    """Telethon's warnings without their arguments, which may contain message texts."""
    logger = logging.getLogger("chatapp.telethon")
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    logger.addHandler(_Quiet())
    return logger


class _Quiet(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().debug("telethon", said=record.msg)
