"""What a channel's live session is asked for beside messages: who is behind a number, a new group, a list of chats.

Whoever asks writes a row and waits for its answer; the process that owns the session carries it out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import ChannelError, NotFound, Refused
from chatapp_cli.domain.ids import ChannelId, ErrandId
from chatapp_cli.domain.journal.channels import RequestEnded, RequestMade
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, channels, contacts
from chatapp_cli.store.rows.channels import ErrandRow
from chatapp_cli.store.tx import Tx

OPEN = frozenset({"waiting", "running"})


RIGHTS: Mapping[str, Right] = MappingProxyType(
    {
        "find": Right.ANSWER,
        "contacts": Right.ANSWER,
        "chats": Right.ANSWER,
        "follow": Right.CHATS,
        "unfollow": Right.CHATS,
        "history": Right.CHATS,
        "create_group": Right.GROUPS,
        "add_members": Right.GROUPS,
        "remove_members": Right.GROUPS,
        "rename_group": Right.GROUPS,
        "end_group": Right.GROUPS,
        "templates": Right.TEMPLATES,
        "submit": Right.TEMPLATES,
    }
)
"""What somebody needs who asks for something."""


def allowed(can: Capabilities, what: str) -> None:
    """Raise Refused for what this kind of channel cannot be asked."""
    abilities = {
        "find": bool(can.finds_people),
        "contacts": can.lists_contacts,
        "chats": can.reads_chats,
        "follow": can.reads_chats,
        "unfollow": can.reads_chats,
        "history": can.reads_chats,
        "create_group": can.manages_groups,
        "add_members": can.manages_groups,
        "remove_members": can.manages_groups,
        "rename_group": can.manages_groups,
        "end_group": can.manages_groups,
        "templates": can.templates,
        "submit": can.templates,
    }
    if not abilities[what]:
        raise Refused(
            "not_here",
            T("This channel cannot be asked for that."),
            T("See what each channel can do: chatapp line channels"),
        )


def ask(
    tx: Tx, channel: ChannelId, what: str, arguments: Mapping[str, object], *, actor: str, seconds: float
) -> ErrandId:
    """Ask; after so many seconds nobody waits for the answer and it is not begun any more."""
    access.require(tx, RIGHTS[what])
    channels.one(tx, channel)
    errand = ErrandId(
        tx.insert(
            "errands.add",
            channel=channel,
            what=what,
            arguments=json.dumps(dict(arguments), ensure_ascii=False),
            actor=actor,
            now=tx.now,
            until=tx.now + int(seconds * 1000),
        )
    )
    tx.emit(RequestMade(channel=channel, errand=errand, what=what), actor=actor)
    return errand


def claim(tx: Tx, channel: ChannelId) -> ErrandRow | None:
    """Take the next one that somebody still waits for."""
    return tx.one(ErrandRow, "errands.claim", channel=channel, now=tx.now)


def one(tx: Tx, errand: ErrandId) -> ErrandRow:
    """An errand and how far it is."""
    found = tx.one(ErrandRow, "errands.one", id=errand)
    if found is None:
        raise NotFound(T("There is no errand {n}.", n=errand))
    return found


def done(tx: Tx, errand: ErrandRow, result: str) -> None:
    """Record the answer, as JSON; whoever was known by an address that is another's now is known by it no more."""
    _end(tx, errand, "done", result=result)
    found = json.loads(result) if errand.what == "find" else None
    if found and found.get("id"):
        said = str(json.loads(errand.arguments)["address"])
        contacts.confirmed(tx, errand.channel_id, said if said.startswith("+") else f"@{said}", found["id"])


def failed(tx: Tx, errand: ErrandRow, error: ChannelError) -> None:
    """Record why there is none."""
    _end(tx, errand, "failed", code=error.code, detail=error.detail, result=type(error).__name__)


def interrupted(tx: Tx, channel: ChannelId) -> None:
    """What was begun by a session that ended: it may or may not have been done."""
    for number in tx.all(ErrandId, "errands.interrupted", channel=channel):
        _end(tx, one(tx, number), "failed", code="interrupted", result="OutcomeUnknown")


def _end(tx: Tx, errand: ErrandRow, state: str, *, code: str = "", detail: str = "", result: str = "") -> None:
    if tx.run("errands.end", id=errand.id, state=state, code=code, detail=detail, result=result):
        tx.emit(RequestEnded(channel=errand.channel_id, errand=errand.id, state=state), actor=errand.actor)
