"""A channel's proxies at the shell: tried before they are kept, kept sealed, shown without passwords."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from chatapp_cli.bootstrap import Desk
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.sandbox.vk import VkSandbox
from chatapp_cli.services import channels
from chatapp_cli.store.rows.channels import ChannelRow
from tests.commands.conftest import Program, Shell, elsewhere
from tests.contract.proxy import ConnectProxy


@dataclass(frozen=True)
class Net:
    """A community at VK, and a proxy that asks for a password."""

    vk: Program
    proxy: ConnectProxy


@pytest.fixture
def net(chatapp: Shell) -> Iterator[Net]:
    with elsewhere() as loop:
        found = Net(Program(VkSandbox(), loop), ConnectProxy("anna:geheim"))  # type: ignore[arg-type]
        for server in (found.vk.sandbox, found.proxy):
            found.vk.do(server.__aenter__())
        chatapp("line", "add", "Магазин")
        chatapp("line", "bind", "vk", *found.vk.answers)
        yield found
        for server in (found.vk.sandbox, found.proxy):
            found.vk.do(server.__aexit__(None, None, None))


def row(desk: Desk) -> ChannelRow:
    return desk.read(lambda tx: channels.one(tx, ChannelId(1)))


def kept(desk: Desk) -> str:
    return desk.bound(row(desk)).secrets.get("proxies", "")


@pytest.mark.req("S-147")
def test_new_proxies_are_tried_sealed_and_restart_the_channel(chatapp: Shell, net: Net, desk: Desk) -> None:
    before = row(desk).revision
    said = chatapp("line", "proxies", "vk", net.proxy.url)
    assert said.err.splitlines()[-1].endswith("now uses these proxies.")
    assert (kept(desk), row(desk).revision) == (net.proxy.url, before + 1)
    (found,) = chatapp("line", "proxies", "vk", "--json").json
    assert found["ok"] is True
    assert found["what"].endswith("leads to the provider.")
    assert net.proxy.led_to
    everything = said.out + said.err + chatapp("line", "show").out + chatapp("line", "proxies", "vk").out
    assert "geheim" not in everything
    assert b"geheim" not in desk.read(lambda tx: tx.value("channels.secrets", id=1))


def test_a_proxy_that_leads_nowhere_changes_nothing_unless_it_is_insisted_on(
    chatapp: Shell, net: Net, desk: Desk
) -> None:
    said = chatapp.run("line", "proxies", "vk", "socks5://127.0.0.1:9", net.proxy.url)
    assert (said.code, [cells[0] for cells in said.rows]) == (1, ["problem", "ok"])
    assert "Nothing was changed." in said.err
    assert kept(desk) == ""
    assert chatapp.run("line", "proxies", "vk", "socks5://127.0.0.1:9", net.proxy.url, "--force").code == 1
    assert kept(desk) == f"socks5://127.0.0.1:9 {net.proxy.url}"
    chatapp("line", "proxies", "vk", "--off")
    assert kept(desk) == ""
    assert chatapp("line", "proxies", "vk").err.endswith("uses no proxies.\n")


def test_what_is_no_proxy_is_refused_before_anything_is_tried(chatapp: Shell, net: Net, desk: Desk) -> None:
    said = chatapp.run("line", "proxies", "vk", "ftp://proxy.example.org:21")
    assert (said.code, said.err.splitlines()[0]) == (
        2,
        "A proxy is written like http://host:port or socks5://host:port.",
    )
    assert (net.proxy.led_to, kept(desk)) == ([], "")
