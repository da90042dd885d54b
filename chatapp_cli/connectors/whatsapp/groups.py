"""Groups, for numbers that Meta made eligible (Groups API). Meta carries out requests later and reports by webhook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chatapp_cli.connectors.whatsapp import answers, outgoing
from chatapp_cli.connectors.whatsapp.graph import Graph
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Peer
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected
from chatapp_cli.domain.portions import portions
from chatapp_cli.ports.connector import GroupChanged
from chatapp_cli.ports.world import Clock

_PRODUCT: Final = {"messaging_product": "whatsapp"}
_AT_ONCE: Final = 8
_LOOKS: Final = 15
_PAUSE: Final = 2.0


async def create(graph: Graph, number: str, title: str, clock: Clock) -> Peer:
    """Request a group and wait until it exists. Raises OutcomeUnknown if Meta takes longer."""
    before = {group.id for group in await _active(graph, number)}
    await graph.post(f"{number}/groups", answers.Anything, {**_PRODUCT, "subject": title}, once=True)
    for _ in range(_LOOKS):
        new = [one for one in await _active(graph, number) if one.id not in before and one.subject == title]
        if new:
            return _peer(new[0].id, title)
        await clock.sleep(_PAUSE)
    raise OutcomeUnknown("group_pending", title)


def _peer(group_id: str, title: str = "") -> Peer:
    return Peer(
        key=border.external_id(group_id), address=border.address(group_id), kind="group", title=border.name(title)
    )


async def _active(graph: Graph, number: str) -> Sequence[answers.ActiveGroup]:
    page = await graph.get(f"{number}/groups", answers.GroupPage, limit="1024")
    return page.data.groups


async def add(graph: Graph, group_id: str, members: Sequence[str], title: str = "") -> GroupChanged:
    """Add members; those whom Meta does not let us add are missing and need an invitation."""
    missing: dict[str, str] = {}
    for some in portions(members, _AT_ONCE):
        try:
            await graph.post(f"{group_id}/participants", answers.Anything, _participants(some))
        except Rejected as refusal:
            code = "needs_invitation" if refusal.code == "bad_request" else refusal.code
            missing |= dict.fromkeys(some, code)
    return GroupChanged(peer=_peer(group_id, title), missing=missing)


async def remove(graph: Graph, group_id: str, members: Sequence[str], title: str = "") -> GroupChanged:
    """Remove members; non-members are missing."""
    missing: dict[str, str] = {}
    for some in portions(members, _AT_ONCE):
        try:
            await graph.delete(f"{group_id}/participants", _participants(some))
        except Rejected as refusal:
            if refusal.code != "not_member":
                raise
            missing |= dict.fromkeys(some, refusal.code)
    return GroupChanged(peer=_peer(group_id, title), missing=missing)


async def rename(graph: Graph, group_id: str, title: str) -> None:
    """Change the subject."""
    await graph.post(group_id, answers.Anything, {**_PRODUCT, "subject": title})


async def end(graph: Graph, group_id: str) -> None:
    """Delete the group."""
    await graph.delete(group_id)


def _participants(members: Sequence[str]) -> Mapping[str, Any]:
    return {**_PRODUCT, "participants": [_participant(one) for one in members]}


def _participant(address: str) -> Mapping[str, str]:
    """By phone, or by business-scoped id."""
    return {"user_id": address} if outgoing.is_person(address) else {"user": address.removeprefix("+")}
