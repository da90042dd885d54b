"""How Telegram is reached."""

from __future__ import annotations

import asyncio

import pytest
from telethon.network import ConnectionTcpFull, ConnectionTcpMTProxyRandomizedIntermediate

from chatapp_cli.connectors.telegram.account import Account, Home, _way

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("said", "dc", "host", "port"),
    [
        ("", 2, "149.154.167.51", 443),
        ("127.0.0.1:8443", 2, "127.0.0.1", 8443),
        ("4 192.0.2.7:443", 4, "192.0.2.7", 443),
    ],
)
def test_a_home_is_telegrams_own_unless_another_is_said(said: str, dc: int, host: str, port: int) -> None:
    home = Home.of(said)
    assert (home.dc, home.host, home.port) == (dc, host, port)
    assert Home.of(str(home)) == home


@pytest.mark.req("S-147", part="proxies")
async def test_an_mtproxy_is_another_kind_of_connection() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        way = await _way(Account(api_id=1, api_hash="x", proxies=f"mtproxy://{SECRET}@127.0.0.1:{port}"))
    assert way == {"connection": ConnectionTcpMTProxyRandomizedIntermediate, "proxy": ("127.0.0.1", port, SECRET)}


async def test_without_proxies_the_way_is_straight() -> None:
    assert await _way(Account(api_id=1, api_hash="x")) == {"connection": ConnectionTcpFull}


def test_an_account_shows_none_of_its_secrets() -> None:
    shown = repr(Account(api_id=1, api_hash=SECRET, proxies="socks5://user:word@host:1", auth_key=b"key"))
    assert not any(secret in shown for secret in (SECRET, "word", "key=b", "b'key'"))
