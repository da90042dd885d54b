"""Check that the number is in service and its webhooks reach us, without sending a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chatapp_cli.connectors.whatsapp import answers
from chatapp_cli.connectors.whatsapp.bind import KIND, NUMBER, webhook
from chatapp_cli.connectors.whatsapp.graph import Graph
from chatapp_cli.connectors.whatsapp.people import DAY, STRAY
from chatapp_cli.domain.errors import ChannelError, Misconfigured
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T
from chatapp_cli.kit.checking import broken
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Finding

_LATELY: Final = 7
"""Days."""
_DOWN: Final = frozenset({"BANNED", "DELETED", "DISCONNECTED", "MIGRATED", "UNLINKED"})
_POOR: Final = frozenset({"RED", "YELLOW"})
_LIMITED: Final = frozenset({"FLAGGED", "RESTRICTED", "RATE_LIMITED"})


async def look(graph: Graph, number: str) -> answers.Number:
    """Request the number. Raises Misconfigured if it is out of service."""
    found = await graph.get(number, answers.Number, fields=NUMBER)
    if found.status in _DOWN:
        raise Misconfigured("number_down", found.status)
    return found


async def findings(graph: Graph, bound: Bound, now: Millis) -> Sequence[Finding]:
    """All findings of the check."""
    return [await _receiving(graph, bound), *await _sending(graph, bound), *await _strays(bound, now)]


async def _strays(bound: Bound, now: Millis) -> Sequence[Finding]:
    """Messages for other numbers in the last days, which are visible only in the dead letters."""
    kept = await bound.memory.known(STRAY)
    since = now // DAY - _LATELY
    lately = [name.removeprefix(STRAY) for name, day in kept.items() if day.isdecimal() and int(day) >= since]
    if not lately:
        return ()
    what = T("Messages for other numbers came to this channel and wait as dead letters: {ids}", ids=", ".join(lately))
    step = T(
        "Bind each of these phone number IDs as a channel, and at Meta give it its own webhook address: "
        "its own app, or an alternate callback for the number."
    )
    return (Finding(name="other_numbers", ok=False, what=what, next_step=step),)


async def _receiving(graph: Graph, bound: Bound) -> Finding:
    try:
        apps = await graph.get(f"{bound.settings['waba_id']}/subscribed_apps", answers.Subscriptions)
    except ChannelError as error:
        return broken(KIND, "receive", error)
    address = webhook(bound.settings, bound.hook_key)
    if apps.data:
        what = T("The app gets the account's news; at Meta its webhook has to be {url}", url=address)
        return Finding(name="receive", ok=True, what=what)
    return Finding(
        name="receive",
        ok=False,
        what=T("No app gets the account's news."),
        next_step=T("Bind the channel again: that subscribes the app."),
    )


async def _sending(graph: Graph, bound: Bound) -> Sequence[Finding]:
    try:
        number = await look(graph, bound.account)
    except ChannelError as error:
        return [broken(KIND, "send", error)]
    accepted = T("Meta accepts the token for {phone}.", phone=number.display_phone_number)
    return [Finding(name="send", ok=True, what=accepted), _quality(number)]


def _quality(number: answers.Number) -> Finding:
    what = T("Quality of the number: {rating}, status: {status}.", rating=number.quality_rating, status=number.status)
    if number.quality_rating not in _POOR and number.status not in _LIMITED:
        return Finding(name="quality", ok=True, what=what)
    return Finding(
        name="quality",
        ok=False,
        what=what,
        next_step=T("Clients block or report this number: write only to those who want it, or Meta will limit it."),
    )
