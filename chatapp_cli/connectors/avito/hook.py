"""The webhook address: registered if we have a public address, removed if not."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.connectors.avito import wire
from chatapp_cli.connectors.avito.api import AvitoApi
from chatapp_cli.domain.errors import Misconfigured, Rejected
from chatapp_cli.ports.bind import Bound


def hook_url(bound: Bound) -> str:
    """The webhook address; empty if we have no public address."""
    public = bound.settings["public_url"]
    return f"{public}/hooks/{bound.hook_key}" if public else ""


async def registered(api: AvitoApi) -> Sequence[str]:
    """All webhook addresses registered for this account."""
    answer = await api.post("/messenger/v1/subscriptions", wire.Subscriptions)
    return [one.url for one in answer.subscriptions]


async def settle(api: AvitoApi, bound: Bound) -> None:
    """Register the current address and remove the former one."""
    wanted = hook_url(bound)
    known = await registered(api)
    for url in known:
        if url.endswith(f"/hooks/{bound.hook_key}") and url != wanted:
            await api.post("/messenger/v1/webhook/unsubscribe", object, json={"url": url})
    if wanted and wanted not in known:
        try:
            await api.post("/messenger/v3/webhook", object, json={"url": wanted})
        except Rejected as refusal:
            raise Misconfigured("bad_webhook", refusal.detail, field="public_url") from refusal
