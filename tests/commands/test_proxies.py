"""A channel's proxies at the shell: tried before they are kept, kept sealed, shown without passwords."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from chatapp_cli.bootstrap import Company
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


def row(company: Company) -> ChannelRow:
    return company.read(lambda tx: channels.one(tx, ChannelId(1)))


def kept(company: Company) -> str:
    return company.bound(row(company)).secrets.get("proxies", "")


@pytest.mark.req("S-147", part="proxies")
def test_new_proxies_are_tried_sealed_and_restart_the_channel(chatapp: Shell, net: Net, company: Company) -> None:
    before = row(company).revision
    target = chatapp("line", "proxies", "vk", net.proxy.url)
    assert target.err.splitlines()[-1].endswith("now uses these proxies.")
    assert (kept(company), row(company).revision) == (net.proxy.url, before + 1)
    (found,) = chatapp("line", "proxies", "vk", "--json").json
    assert found["ok"] is True
    assert found["what"].endswith("leads to the provider.")
    assert net.proxy.led_to
    everything = target.out + target.err + chatapp("line", "show").out + chatapp("line", "proxies", "vk").out
    assert "geheim" not in everything
    assert b"geheim" not in company.read(lambda tx: tx.value("channels.secrets", id=1))


def test_a_proxy_that_leads_nowhere_changes_nothing_unless_it_is_insisted_on(
    chatapp: Shell, net: Net, company: Company
) -> None:
    target = chatapp.run("line", "proxies", "vk", "socks5://127.0.0.1:9", net.proxy.url)
    assert (target.code, [cells[0] for cells in target.rows]) == (1, ["problem", "ok"])
    assert "Nothing was changed." in target.err
    assert kept(company) == ""
    assert chatapp.run("line", "proxies", "vk", "socks5://127.0.0.1:9", net.proxy.url, "--force").code == 1
    assert kept(company) == f"socks5://127.0.0.1:9 {net.proxy.url}"
    chatapp("line", "proxies", "vk", "--off")
    assert kept(company) == ""
    assert chatapp("line", "proxies", "vk").err.endswith("uses no proxies.\n")


def test_what_is_no_proxy_is_refused_before_anything_is_tried(chatapp: Shell, net: Net, company: Company) -> None:
    target = chatapp.run("line", "proxies", "vk", "ftp://proxy.example.org:21")
    assert (target.code, target.err.splitlines()[0]) == (
        2,
        "A proxy is written like http://host:port or socks5://host:port.",
    )
    assert (net.proxy.led_to, kept(company)) == ([], "")
