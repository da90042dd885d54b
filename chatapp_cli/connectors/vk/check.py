"""Why a community does not receive or answer: each cause is found separately, without sending a message."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.connectors.vk.api import VkApi
from chatapp_cli.connectors.vk.bind import lacking
from chatapp_cli.connectors.vk.callback import hook_url, server_at
from chatapp_cli.connectors.vk.oauth import RIGHTS
from chatapp_cli.connectors.vk.receive import long_poll_server
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Finding

_NEW_KEY = T("Create a key with all the rights at vk.com and bind again.")


async def findings(api: VkApi, bound: Bound) -> Sequence[Finding]:
    """Check without disturbing a running daemon or its read position. Raises ChannelError."""
    missing = await lacking(api, (*RIGHTS, "wall"))
    return [await _receiving(api, bound), _sending(missing), _commenting(missing)]


async def _receiving(api: VkApi, bound: Bound) -> Finding:
    community = int(bound.account)
    if bound.settings["intake"] == "polling":
        await long_poll_server(api, community)
        return Finding(name="receive", ok=True, what=T("VK keeps the community's events for us."))
    server = await server_at(api, community, hook_url(bound))
    if server is not None and server.status == "ok":
        return Finding(name="receive", ok=True, what=T("VK calls {url}.", url=bound.settings["public_url"]))
    return Finding(
        name="receive",
        ok=False,
        what=T("VK does not reach {url} yet.", url=bound.settings["public_url"]),
        next_step=T(
            "The address is registered when the daemon opens the channel: start {how}, "
            "then open the address from outside and look at the reverse proxy and its certificate.",
            how=to_do(Next.SERVE),
        ),
    )


def _sending(missing: Sequence[str]) -> Finding:
    needed = [right for right in missing if right in RIGHTS]
    if not needed:
        return Finding(name="send", ok=True, what=T("The key may send messages, photos and documents."))
    lacks = T("The key lacks the rights: {rights}.", rights=", ".join(needed))
    return Finding(name="send", ok=False, what=lacks, next_step=_NEW_KEY)


def _commenting(missing: Sequence[str]) -> Finding:
    if "wall" not in missing:
        return Finding(name="comments", ok=True, what=T("The key may answer comments in public."))
    lacks = T("The key may not answer comments in public: it lacks the right to the wall.")
    return Finding(name="comments", ok=True, what=lacks, next_step=_NEW_KEY)
