"""Requests to a channel's live session other than messages: look up a number, create a group, list chats.

The caller writes a row and waits for its answer; the process that runs the session carries it out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from chatapp_cli.domain import limits
from chatapp_cli.domain.errors import ChannelError, NotFound, Refused
from chatapp_cli.domain.ids import ChannelId, SessionRequestId
from chatapp_cli.domain.journal.channels import SessionRequestEnded, SessionRequestMade
from chatapp_cli.domain.journal.dialogs import ParticipantJoined
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.session_request import SessionMethod, SessionRequestState
from chatapp_cli.domain.text import T
from chatapp_cli.ports.abilities import ABILITIES
from chatapp_cli.services import access, channels, contacts
from chatapp_cli.store.rows.channels import SessionRequestRow
from chatapp_cli.store.tx import Tx


def allowed(can: Capabilities, what: SessionMethod) -> None:
    """Raise Refused if this kind of channel does not support the request."""
    if not ABILITIES[what].declared(can):
        raise Refused(
            "not_here",
            T("This channel cannot be asked for that."),
            T("See what each channel can do: {how}", how=to_do(Next.KINDS)),
        )


def ask(
    tx: Tx, channel: ChannelId, what: SessionMethod, arguments: Mapping[str, object], *, seconds: float
) -> SessionRequestId:
    """Write a request; after its timeout in seconds it is no longer started."""
    access.require(tx, ABILITIES[what].right)
    channels.one(tx, channel)
    words = json.dumps(dict(arguments), ensure_ascii=False)
    limits.REQUEST.require(words, field="arguments")
    request = SessionRequestId(
        tx.insert(
            "requests.add",
            channel=channel,
            what=what,
            arguments=words,
            actor=tx.name,
            now=tx.now,
            until=tx.now + int(seconds * 1000),
        )
    )
    tx.emit(SessionRequestMade(channel=channel, request=request, what=what))
    return request


def claim(tx: Tx, channel: ChannelId, epoch: int) -> SessionRequestRow | None:
    """Claim the next request that has not timed out; none for a process that holds the store no longer.

    ``epoch`` is that of its lease; 0 in a store that nobody has ever run.
    """
    return tx.one(SessionRequestRow, "requests.claim", channel=channel, epoch=epoch, now=tx.now)


def one(tx: Tx, request: SessionRequestId) -> SessionRequestRow:
    """A request and its state."""
    found = tx.one(SessionRequestRow, "requests.one", id=request)
    if found is None:
        raise NotFound(T("There is no request {n}.", n=request))
    return found


def done(tx: Tx, request: SessionRequestRow, result: str) -> None:
    """Record the answer as JSON; former owners of an address that it assigns to somebody else lose it."""
    _end(tx, request, SessionRequestState.DONE, result=result)
    if request.what == SessionMethod.CREATE_GROUP:
        _let_in(tx, request, json.loads(result)["peer"]["address"])
    found = json.loads(result) if request.what == SessionMethod.FIND else None
    if found and found.get("id"):
        address = str(json.loads(request.arguments)["address"])
        contacts.confirmed(tx, request.channel_id, address if address.startswith("+") else f"@{address}", found["id"])


def _let_in(tx: Tx, request: SessionRequestRow, address: str) -> None:
    """Have whoever had a group made take part in it, if they see only their own dialogs."""
    dialog = tx.value("duties.join_own", channel=request.channel_id, address=address, name=request.actor)
    if dialog is not None:
        tx.emit(ParticipantJoined(dialog=dialog, name=request.actor), actor=request.actor)


def failed(tx: Tx, request: SessionRequestRow, error: ChannelError) -> None:
    """Record the failure."""
    _end(tx, request, SessionRequestState.FAILED, code=error.code, detail=error.detail, result=type(error).__name__)


def withdraw(tx: Tx, request: SessionRequestId) -> None:
    """Give up a request that was not started. Raises Refused once it may be under way, or has ended."""
    row = one(tx, request)
    if not tx.run("requests.withdraw", id=request):
        raise Refused("too_late", T("Request {n} is not waiting any more.", n=request))
    ended = SessionRequestEnded(channel=row.channel_id, request=request, state=SessionRequestState.FAILED)
    tx.emit(ended, actor=row.actor)


def interrupted(tx: Tx, channel: ChannelId) -> None:
    """Mark requests that an ended session had started: they may or may not have been carried out."""
    for number in tx.all(SessionRequestId, "requests.interrupted", channel=channel):
        _end(tx, one(tx, number), SessionRequestState.FAILED, code="interrupted", result="OutcomeUnknown")


def _end(
    tx: Tx,
    request: SessionRequestRow,
    state: SessionRequestState,
    *,
    code: str = "",
    detail: str = "",
    result: str = "",
) -> None:
    if tx.run("requests.end", id=request.id, state=state, code=code, detail=detail, result=result):
        tx.emit(SessionRequestEnded(channel=request.channel_id, request=request.id, state=state), actor=request.actor)
