"""Asks the running daemon for the load of its links, over its metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.kit.http import network, open_session, read
from chatapp_cli.runtime.link_load import LinkLoad

CALLS: Final = "chatapp_crm_calls_last_hour"
ANSWERED: Final = "chatapp_crm_hooks_measured"
SLOWEST: Final = "chatapp_crm_hook_p99_seconds"
_PATIENCE: Final = 10.0
_LARGEST: Final = 1 << 22
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what may stand in the settings


async def loads(company: Company) -> Mapping[LinkId, LinkLoad] | None:
    """The load of each running link; ``None`` if no daemon answers at the address of the settings."""
    host, port = company.settings.http_host, company.settings.http_port
    if not (host and port):
        return None
    host = _ANYWHERE.get(host, host)
    shown = f"[{host}]" if ":" in host else host
    try:
        async with open_session(connect=_PATIENCE, total=_PATIENCE) as http:
            with network():
                async with http.get(f"http://{shown}:{port}/metrics", allow_redirects=False) as response:
                    got = await read(response, _LARGEST)
    except ChannelError:
        return None
    return await asyncio.to_thread(_loads, got.body.decode("utf-8", "replace")) if got.ok else None


def _loads(text: str) -> Mapping[LinkId, LinkLoad] | None:
    from prometheus_client.parser import text_string_to_metric_families

    found: dict[str, dict[LinkId, float]] = {CALLS: {}, ANSWERED: {}, SLOWEST: {}}
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples if family.name in found else ():
                found[family.name][LinkId(int(sample.labels["link"]))] = sample.value
    except (ValueError, KeyError):
        return None
    return {
        link: LinkLoad(int(n), int(found[ANSWERED].get(link, 0)), found[SLOWEST].get(link, 0.0))
        for link, n in found[CALLS].items()
    }
