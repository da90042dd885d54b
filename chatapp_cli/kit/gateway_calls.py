"""What a gateway's calls and polled states say to the desk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from chatapp_cli.domain.event import Arrival, DeliveryChanged, Event, MessageArrived, Peer, Person
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.message import State
from chatapp_cli.kit.gateway import Gateway, Hook, Inbound, News, Report
from chatapp_cli.kit.gateway_template import dig, plain
from chatapp_cli.kit.phones import incoming
from chatapp_cli.ports.connector import HookRequest

_STATES: Final[Mapping[News, State]] = {
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "undelivered": State.FAILED,
    "expired": State.FAILED,
    "rejected": State.FAILED,
}
"""``pending`` is no news."""
FINAL: Final = frozenset({"delivered", "read", "undelivered", "expired", "rejected"})
_POLLED: Final = "polled"
_FETCHED: Final = "fetched"


def arrivals(gateway: Gateway, request: HookRequest, now: Millis) -> list[Arrival]:
    """Everything in one call; a call without anything in it only tries the address."""
    try:
        document = _document(request)
    except msgspec.DecodeError as error:
        return [Arrival(provider_id=f"unread {_digest(request.body)}", raw=request.body, problem=str(error))]
    return [arrival(gateway, msgspec.json.encode(item), now) for item in _items(gateway.hook or Hook(), document)]


def polled(gateway: Gateway, ext_id: str, state: str, words: str, now: Millis) -> Arrival:
    """The answer to our own question, in a form that can be read again."""
    raw = msgspec.json.encode({_POLLED: ext_id, "status": state, "words": words})
    return arrival(gateway, raw, now)


def fetched(gateway: Gateway, document: Any, now: Millis) -> tuple[list[Arrival], str]:
    """What an inbox holds, and the id of the latest message; numbers grow, of other ids the last one counts."""
    assert gateway.inbox is not None
    where = gateway.inbox.message
    found = dig(document, where.each)
    items = _listed(found) if found else []
    ids = [ext_id for item in items if (ext_id := _at(item, where.id))]
    latest = max(ids, key=int) if all(ext_id.isdecimal() for ext_id in ids) and ids else "".join(ids[-1:])
    return [arrival(gateway, msgspec.json.encode({_FETCHED: item}), now) for item in items], latest


def arrival(gateway: Gateway, raw: bytes, now: Millis) -> Arrival:
    """One report or message."""
    hook = gateway.hook or Hook()
    try:
        item = msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        return Arrival(provider_id=f"unread {_digest(raw)}", raw=raw, problem=str(error))
    if isinstance(item, dict) and _POLLED in item:
        return _reported(gateway, item, raw, now, Report(id=_POLLED, status="status", words="words"))
    if isinstance(item, dict) and _FETCHED in item and gateway.inbox:
        return _heard(item[_FETCHED], raw, now, gateway.inbox.message)
    if hook.report and _at(item, hook.report.id) and _at(item, hook.report.status):
        return _reported(gateway, item, raw, now, hook.report)
    if hook.inbound and _at(item, hook.inbound.phone):
        return _heard(item, raw, now, hook.inbound)
    return Arrival(provider_id=f"unread {_digest(raw)}", raw=raw, problem="neither a report nor a message")


def _reported(gateway: Gateway, item: Any, raw: bytes, now: Millis, where: Report) -> Arrival:
    ext_id, word = _at(item, where.id), _at(item, where.status)
    name = f"report {ext_id} {word}"
    news = gateway.states.get(word)
    if news is None:
        return Arrival(provider_id=name, raw=raw, problem=f"the state {word} is not described")
    return Arrival(provider_id=name, raw=raw, events=tuple(_change(news, ext_id, _at(item, where.words), now)))


def _change(news: News, ext_id: str, words: str, now: Millis) -> Iterator[Event]:
    state = _STATES.get(news)
    if state is State.FAILED:
        yield DeliveryChanged(ext_id=ext_id, state=state, at=now, code=news, detail=words)
    elif state is not None:
        yield DeliveryChanged(ext_id=ext_id, state=state, at=now)


def _heard(item: Any, raw: bytes, now: Millis, where: Inbound) -> Arrival:
    phone = incoming(_at(item, where.phone))
    if not phone:
        return Arrival(provider_id=f"unread {_digest(raw)}", raw=raw, problem="a message without a phone")
    ext_id = _at(item, where.id) or _digest(raw)
    message = MessageArrived(
        peer=Peer(key=phone, address=phone),
        ext_id=ext_id,
        at=now,
        text=_at(item, where.text),
        sender=Person(id=phone, phone=phone if phone.startswith("+") else ""),
    )
    return Arrival(provider_id=f"message {phone} {ext_id}", raw=raw, events=(message,))


def _document(request: HookRequest) -> Any:
    """A call as one document, however it is written: JSON, a form, or parameters of the address."""
    body = request.body.strip()
    if body.startswith((b"{", b"[")):
        return msgspec.json.decode(body)
    return {**request.query, **dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))}


def _items(hook: Hook, document: Any) -> Sequence[Any]:
    """The members of the lists that are described, otherwise the document itself or its members."""
    places = dict.fromkeys(where.each for where in (hook.report, hook.inbound) if where and where.each)
    lists = [found for place in places if (found := dig(document, place)) is not None]
    if lists:
        return [item for found in lists for item in _listed(found)]
    return _listed(document) if document else ()


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _at(item: Any, path: str) -> str:
    return plain(dig(item, path)) if path else ""


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:32]
