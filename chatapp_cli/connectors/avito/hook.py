"""The address at which Avito rings: registered where there is one, taken back where there is none any more."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.connectors.avito import wire
from chatapp_cli.connectors.avito.api import AvitoApi
from chatapp_cli.domain.errors import Misconfigured, Rejected
from chatapp_cli.ports.bind import Bound


def hook_url(bound: Bound) -> str:
    """Where Avito shall ring; empty where it cannot."""
    public = bound.settings["public_url"]
    return f"{public}/hooks/{bound.hook_key}" if public else ""


async def registered(api: AvitoApi) -> Sequence[str]:
    """All addresses at which Avito rings for this account."""
    answer = await api.post("/messenger/v1/subscriptions", wire.Subscriptions)
    return [one.url for one in answer.subscriptions]


async def settle(api: AvitoApi, bound: Bound) -> None:
    """Make Avito ring where it should, and no longer where this channel used to be."""
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
