"""Binding a channel: the connector's dialogue, then the store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.domain.manifest import Manifest
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime import applying
from chatapp_cli.runtime.memory import bound_with_memory
from chatapp_cli.services import channels, words
from chatapp_cli.store.rows.channels import ChannelRow


async def bind(
    company: Company, ask: Asker, *, line: LineId, kind: str, previous: ChannelRow | None = None
) -> ChannelId:
    """Bind a new account on a line, or renew a binding. Raises what the asker raises, and Refused.

    A new login creates new secrets and may revoke the present ones, so the right to change them is required first.
    """
    for right in (Right.CHANNELS,) if previous is None else (Right.CHANNELS, Right.SECRETS):
        await asyncio.to_thread(company.require, right)
    connector = await asyncio.to_thread(company.connector, kind)
    await applying.warn(company, ask, line=line, kind=kind)
    old = None if previous is None else await asyncio.to_thread(_renewable, company, previous)
    number = None if previous is None else previous.id
    about = manifest(kind)
    with _explained(about):
        bound = await connector.bind(ask, previous=old)
    keep = partial(
        channels.save,
        vault=company.vault,
        binding=bound,
        line=line,
        kind=kind,
        previous=number,
        pool=about.capabilities.pool,
        fields=about.fields,
    )
    return await asyncio.to_thread(company.write, keep)


@contextmanager
def _explained(about: Manifest) -> Iterator[None]:
    """Replace a channel's error codes by the texts of its manifest."""
    try:
        yield
    except ChannelError as error:
        error.what, error.next_step = words.why_not_bound(about, error.code, error.detail)
        raise


def _renewable(company: Company, channel: ChannelRow) -> Bound:
    return company.read(lambda tx: channels.renewable(tx, company.vault, channel))


async def check(company: Company, channel: ChannelRow) -> list[Finding]:
    """Check that a channel can receive and send, without sending a message."""
    connector = await asyncio.to_thread(company.connector, channel.kind)
    bound = await asyncio.to_thread(bound_with_memory, company, channel)
    return list(await connector.check(bound))
