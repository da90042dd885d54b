"""What employees do in a chat beside writing: they type, and react to messages.

Sources: providers' sheet §5.5; ``amojo.hook.event.json`` of the contracts.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from chatapp_cli.crm.amocrm import events, names
from chatapp_cli.crm.amocrm.events import KeptReaction
from chatapp_cli.crm.amocrm.record import employee, paired_with
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.events import CrmTyping
from chatapp_cli.domain.ids import PairingId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.crm import CrmReply

Tree = Mapping[str, Any]


async def accepted(bound: Bound, tree: Tree, body: bytes) -> CrmReply | None:
    """What a hook tells of somebody's action in a chat of ours; ``None`` for what is none."""
    action = _map(tree, "action")
    if reaction := _map(action, "reaction"):
        return await _reacted(bound, reaction, sha256(body.rstrip(b"\n")).hexdigest()[:32])
    if typing := _map(action, "typing"):
        return await _types(bound, typing)
    return None


async def _reacted(bound: Bound, said: Tree, mark: str) -> CrmReply | None:
    """A reaction; a doubled hook says the same, to the second, and is taken once."""
    ours, message = names.our_ids(bound), _map(said, "message")
    where = await _where(bound, said)
    if where is None or not message.get("id"):
        return None
    kept = KeptReaction(
        **where,
        reacted_to=str(message["id"]),
        key=ours.read_message(str(message.get("msgid") or "")),
        emoji=str(said.get("emoji") or "") if said.get("type") == "react" else "",
        author=await employee(bound, str(_map(said, "user").get("id") or "")),
    )
    return CrmReply(arrivals=[events.reaction(kept, mark)], body=b"ok")


async def _types(bound: Bound, said: Tree) -> CrmReply | None:
    where = await _where(bound, said)
    if where is None:
        return None
    number = PairingId(where["pairing"]) if where["pairing"] else None
    names_of = {name: border.external_id(str(where[name])) for name in ("kind", "place", "chat", "remote_chat")}
    return CrmReply(typed=CrmTyping(**names_of, pairing=number), body=b"ok")


async def _where(bound: Bound, said: Tree) -> dict[str, Any] | None:
    """The chat in which something was done; ``None`` for one that has no id of ours."""
    conversation = _map(said, "conversation")
    known = names.our_ids(bound).read_conversation(str(conversation.get("client_id") or ""))
    if known is None:
        return None
    number, chat = known
    found = await paired_with(bound.memory, number)
    kind, place = (found.kind, found.place) if found else ("", "")
    about = {"kind": kind, "place": place, "pairing": 0 if found else number}
    return {**about, "chat": chat, "remote_chat": str(conversation.get("id") or "")}


def _map(tree: Tree, name: str) -> Tree:
    found = tree.get(name)
    return found if isinstance(found, Mapping) else {}
