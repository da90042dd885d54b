"""The proxies of a bound account: show, test and change them without binding it again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.text import T
from chatapp_cli.kit import proxies
from chatapp_cli.kit.proxies import Proxy
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime.memory import bound_with_memory
from chatapp_cli.services import channels
from chatapp_cli.store.rows.channels import ChannelRow


def kept(company: Company, channel: ChannelRow) -> Sequence[Proxy]:
    """The stored proxies of an account, in the order in which they are tried."""
    return proxies.of(company.bound(channel).secrets.get(proxies.NAME, ""))


def understood(company: Company, channel: ChannelRow, text: str) -> None:
    """Parse proxies. Raises Refused if the channel does not support any, and UsageError for an invalid one."""
    kinds = company.capabilities(channel).proxies
    if not kinds:
        raise Refused("no_proxies", T("{channel} cannot be reached through proxies.", channel=channel.title))
    proxies.understood(text, kinds)


async def tried(company: Company, channel: ChannelRow, text: str | None = None) -> Sequence[Finding]:
    """Test whether each proxy reaches the provider: stored ones, or new ones before they are stored."""
    connector = await asyncio.to_thread(company.connector, channel.kind)
    bound = await asyncio.to_thread(bound_with_memory, company, channel)
    if text is not None:
        bound = replace(bound, secrets={**bound.secrets, proxies.NAME: text})
    return [one for one in await connector.check(bound) if one.name == "proxy"]


def save(company: Company, channel: ChannelRow, text: str) -> None:
    """Store the proxies of an account; an empty list means a direct connection."""
    change = partial(channels.set_secret, vault=company.vault, channel=channel, name=proxies.NAME, value=text)
    company.write(change)
