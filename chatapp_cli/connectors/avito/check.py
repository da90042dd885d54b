"""Check that an account can receive and send, without sending a message."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.connectors.avito import wire
from chatapp_cli.connectors.avito.api import AvitoApi
from chatapp_cli.connectors.avito.bind import KIND, SELF
from chatapp_cli.connectors.avito.hook import hook_url, registered
from chatapp_cli.connectors.avito.receive import prove
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.kit.checking import broken
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Finding


async def findings(api: AvitoApi, bound: Bound) -> Sequence[Finding]:
    """Request the account, its chats and its webhook address."""
    found = [await _sending(api), await _receiving(api)]
    if url := hook_url(bound):
        found.append(await _ringing(api, url))
    return found


async def _sending(api: AvitoApi) -> Finding:
    try:
        account = await api.get(SELF, wire.Account)
    except ChannelError as error:
        return broken(KIND, "send", error)
    return Finding(name="send", ok=True, what=T("Avito accepts the keys of {name}.", name=account.name or account.id))


async def _receiving(api: AvitoApi) -> Finding:
    try:
        await prove(api)
    except ChannelError as error:
        return broken(KIND, "receive", error)
    return Finding(name="receive", ok=True, what=T("Avito shows the chats of the account."))


async def _ringing(api: AvitoApi, url: str) -> Finding:
    try:
        known = await registered(api)
    except ChannelError as error:
        return broken(KIND, "webhook", error)
    if url in known:
        return Finding(name="webhook", ok=True, what=T("Avito calls this desk when something happens."))
    return Finding(
        name="webhook",
        ok=False,
        what=T("Avito does not call this desk; messages arrive only by polling, and later."),
        next_step=T("It is registered when the daemon opens the channel: start {how}.", how=to_do(Next.SERVE)),
    )
