"""Check that a bot can receive and send, without sending a message or consuming updates."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.connectors.max.api import MaxApi
from chatapp_cli.connectors.max.bind import KIND
from chatapp_cli.connectors.max.receive import hook_url, subscriptions
from chatapp_cli.connectors.max.wire import User
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.kit.checking import broken
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Finding


async def findings(api: MaxApi, bound: Bound) -> Sequence[Finding]:
    """Request the bot's profile and its webhook addresses."""
    return [await _sending(api), await _receiving(api, bound)]


async def _sending(api: MaxApi) -> Finding:
    try:
        me = await api.get("/me", User)
    except ChannelError as error:
        return broken(KIND, "send", error)
    return Finding(name="send", ok=True, what=T("MAX accepts the token of {bot}.", bot=me.full_name))


async def _receiving(api: MaxApi, bound: Bound) -> Finding:
    try:
        called = await subscriptions(api)
    except ChannelError as error:
        return broken(KIND, "receive", error)
    if bound.settings["intake"] == "webhook":
        return _called(ok=hook_url(bound) in called)
    if not called:
        return Finding(name="receive", ok=True, what=T("The desk polls MAX for messages, which is meant for trials."))
    words = manifest(KIND).errors["subscribed_elsewhere"]
    return Finding(name="receive", ok=False, what=words.what, next_step=words.step_when_bound)


def _called(*, ok: bool) -> Finding:
    if ok:
        return Finding(name="receive", ok=True, what=T("MAX calls this desk when something happens."))
    return Finding(
        name="receive",
        ok=False,
        what=T("MAX does not call this desk."),
        next_step=T("It is set when the daemon opens the channel: start {how}.", how=to_do(Next.SERVE)),
    )
