"""Turns a gateway's calls and polled states into arrivals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final

from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Arrival, DeliveryChanged, MessageArrived, Peer, Profile, ProviderEvent
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.message import State
from chatapp_cli.kit.gateway import DeliveryState, Gateway, Hook, Inbound, Report
from chatapp_cli.kit.gateway_raw import Call, decoded, fitting, written
from chatapp_cli.kit.gateway_template import dig, plain, sliced
from chatapp_cli.kit.phones import incoming
from chatapp_cli.kit.slices import bare, fields, members
from chatapp_cli.kit.trees import shown
from chatapp_cli.kit.understanding import dead, digest, guarded, unshown
from chatapp_cli.ports.connector import HookRequest

_STATES: Final[Mapping[DeliveryState, State]] = {
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "undelivered": State.FAILED,
    "expired": State.FAILED,
    "rejected": State.FAILED,
}
"""``pending`` is not reported."""
REPEATED: Final[Millis] = 600_000
"""Without an answer a gateway repeats a call within minutes; later, the same text is a new message."""
FINAL: Final = frozenset({"delivered", "read", "undelivered", "expired", "rejected"})
_POLLED: Final = "polled"
_FETCHED: Final = "fetched"


def arrivals(gateway: Gateway, request: HookRequest, now: Millis) -> list[Arrival]:
    """All arrivals of a call; an empty call only tests the address."""
    call = Call.of(request)
    return [arrival(gateway, raw, now) for raw in _raws(gateway.hook or Hook(), call)]


def _raws(hook: Hook, call: Call) -> list[bytes]:
    """The raw data to store for each item of a call; a call that cannot be split is stored as a whole."""
    try:
        if not call.json(hook.charset):
            return [call.raw] if call.document(hook.charset) else []
        return _kept_items(hook, call)
    except (ValueError, RecursionError):
        return _cut(hook, call) or [call.raw]


def _kept_items(hook: Hook, call: Call) -> list[bytes]:
    """Items of JSON as they came; other charsets than UTF-8 are kept, because they may be guessed.

    Raises ValueError or RecursionError for invalid JSON.
    """
    charset = fitting([bare(call.body)], [hook.charset, call.declared])
    text = call.json(hook.charset)
    json.loads(text)
    items = (item.decode("utf-8", "surrogatepass") for item in _sliced(hook, text.encode("utf-8", "surrogatepass")))
    return [_kept(item.encode(charset, "surrogateescape"), call, charset) for item in items]


def _kept(item: bytes, call: Call, charset: str) -> bytes:
    return item if charset == "utf-8" else replace(call, body=item, query=b"").raw


def _sliced(hook: Hook, raw: bytes) -> list[bytes]:
    """The same items as ``_items`` finds, each byte for byte."""
    lists = [found for place in _places(hook) if (found := sliced(raw, place)) not in {b"", b"null"}]
    if lists:
        return [item for found in lists for item in _members(found)]
    return _members(bare(raw)) if _says_something(raw) else []


def _says_something(raw: bytes) -> bool:
    return bool(fields(raw) if bare(raw).startswith(b"{") else members(raw))


def _members(found: bytes) -> list[bytes]:
    return members(found) if found.startswith(b"[") else [found]


def _cut(hook: Hook, call: Call) -> list[bytes]:
    """The items of JSON that cannot be decoded as a whole, so that only the broken one is lost."""
    found: list[bytes] = []
    for place in _places(hook) or [""]:
        with suppress(ValueError):
            found += members(sliced(bare(call.body), place))
    return found


def polled(gateway: Gateway, ext_id: str, state: str, words: str, now: Millis) -> Arrival:
    """A polled answer in a form that can be parsed again."""
    return arrival(gateway, written({_POLLED: ext_id, "status": state, "words": words}), now)


def fetched(gateway: Gateway, document: Any, now: Millis) -> tuple[list[Arrival], str]:
    """The messages of an inbox and the latest id: the largest number, or the last of other ids."""
    assert gateway.inbox is not None
    where = gateway.inbox.message
    found = dig(document, where.each)
    items = _listed(found) if found else []
    ids = [ext_id for item in items if (ext_id := _at(item, where.id))]
    latest = max(ids, key=_size) if all(ext_id.isdecimal() for ext_id in ids) and ids else "".join(ids[-1:])
    return [arrival(gateway, written({_FETCHED: item}), now) for item in items], latest


def _size(number: str) -> tuple[int, str]:
    """A sort key for numbers of any length."""
    digits = number.lstrip("0")
    return len(digits), digits


def arrival(gateway: Gateway, raw: bytes, now: Millis) -> Arrival:
    """Parse a report or message from a stored call; an error makes it a dead letter, with a placeholder if it can."""
    return guarded(raw, partial(_understood, gateway, now), glimpse=partial(glimpse, gateway, now))


def glimpse(gateway: Gateway, now: Millis, raw: bytes) -> MessageArrived | None:
    """The placeholder of a client's message whose JSON cannot be decoded, by its phone. Raises ValueError."""
    call = Call.kept(raw)
    item = bare(raw if call is None else call.body)
    if call is None and gateway.inbox and (inner := sliced(item, _FETCHED)):
        return _glimpsed(inner, raw, now, gateway.inbox.message)
    hook = gateway.hook or Hook()
    if hook.inbound is None:
        return None
    if hook.report and _spelled(item, hook.report.id):
        wordless = hook.report.id != hook.inbound.id and not sliced(item, hook.inbound.text)
        if wordless or _spelled(item, hook.report.status):
            return None
    return _glimpsed(item, raw, now, hook.inbound, repeats=str(now // REPEATED))


def _glimpsed(item: bytes, raw: bytes, now: Millis, where: Inbound, *, repeats: str = "") -> MessageArrived | None:
    phone = incoming(_spelled(item, where.phone))
    ext_id = _spelled(item, where.id) or _own_id(raw, repeats)
    return replace(_message(phone, ext_id, now), placeholder=True) if phone else None


def _spelled(item: bytes, path: str) -> str:
    value = sliced(item, path) if path else b""
    return shown(plain(json.loads(value))) if value else ""


def _understood(gateway: Gateway, now: Millis, raw: bytes) -> Arrival:
    hook, call = gateway.hook or Hook(), Call.kept(raw)
    if call is None:
        return _one(gateway, json.loads(decoded(raw, "utf-8")), raw, now)
    found = [_one(gateway, item, raw, now) for item in _items(hook, call.document(hook.charset))]
    return found[0] if len(found) == 1 else _together(found, raw)


def _together(found: Sequence[Arrival], raw: bytes) -> Arrival:
    """All items of a call that was stored as a whole and can be parsed now."""
    events = [event for one in found for event in one.events]
    problem = "" if events else "; ".join(dict.fromkeys(one.problem for one in found)) or "nothing is in it"
    return Arrival(provider_id=border.external_id(digest(raw)), raw=raw, events=events, problem=border.text(problem))


def _one(gateway: Gateway, item: Any, raw: bytes, now: Millis) -> Arrival:
    hook = gateway.hook or Hook()
    if isinstance(item, dict) and _POLLED in item:
        return _reported(gateway, item, raw, now, Report(id=_POLLED, status="status", words="words"))
    if isinstance(item, dict) and _FETCHED in item and gateway.inbox:
        return _incoming(item[_FETCHED], raw, now, gateway.inbox.message)
    if hook.report and _at(item, hook.report.id) and _at(item, hook.report.status):
        return _reported(gateway, item, raw, now, hook.report)
    if hook.report and hook.inbound and _is_half_a_report(item, hook.report, hook.inbound):
        return dead(raw, "a report without a state")
    if hook.inbound and _at(item, hook.inbound.phone):
        return _incoming(item, raw, now, hook.inbound, repeats=str(now // REPEATED))
    return dead(raw, "neither a report nor a message")


def _is_half_a_report(item: Any, report: Report, inbound: Inbound) -> bool:
    """Whether the id of a report stands where no message has its own, and no words do: a client wrote nothing."""
    return report.id != inbound.id and _at(item, report.id) != "" and dig(item, inbound.text) is None


def _reported(gateway: Gateway, item: Any, raw: bytes, now: Millis, where: Report) -> Arrival:
    ext_id, word = _at(item, where.id), _at(item, where.status)
    name = f"report {ext_id} {word}"
    news = gateway.states.get(word)
    if news is None:
        return dead(raw, f"the state {word} is not described", provider_id=name)
    events = tuple(_change(news, border.external_id(ext_id), _at(item, where.words), border.at(now, now)))
    return Arrival(provider_id=border.external_id(name), raw=raw, events=events)


def _change(news: DeliveryState, ext_id: border.ExternalId, words: str, at: border.At) -> Iterator[ProviderEvent]:
    state = _STATES.get(news)
    if state is State.FAILED:
        yield DeliveryChanged(ext_id=ext_id, state=state, at=at, code=border.name(news), detail=border.name(words))
    elif state is not None:
        yield DeliveryChanged(ext_id=ext_id, state=state, at=at)


def _incoming(item: Any, raw: bytes, now: Millis, where: Inbound, *, repeats: str = "") -> Arrival:
    """A client's message; without an id it is a duplicate only if it ``repeats`` within a short time."""
    phone = incoming(_at(item, where.phone))
    if not phone:
        return dead(raw, "a message without a phone")
    ext_id = _at(item, where.id) or _own_id(raw, repeats)
    message = _message(phone, ext_id, now, _at(item, where.text))
    arrived = Arrival(provider_id=border.external_id(f"message {phone} {ext_id}"), raw=raw, events=(message,))
    return arrived if _is_text(dig(item, where.text)) else unshown(arrived, [where.text])


def _is_text(value: Any) -> bool:
    """Whether words stand where the description expects them, even if there are none."""
    return isinstance(value, str | int | float)


def _message(phone: str, ext_id: str, now: Millis, text: str = "") -> MessageArrived:
    return MessageArrived(
        peer=Peer(key=border.external_id(phone), address=border.address(phone)),
        ext_id=border.external_id(ext_id),
        at=border.at(now, now),
        text=border.text(text),
        sender=Profile(id=border.external_id(phone), phone=border.address(phone if phone.startswith("+") else "")),
    )


def _own_id(raw: bytes, repeats: str) -> str:
    return "@".join(filter(None, [_digest(raw), repeats]))


def _items(hook: Hook, document: Any) -> Sequence[Any]:
    """The members of the described lists, otherwise the document itself or its members."""
    lists = [found for place in _places(hook) if (found := dig(document, place)) is not None]
    if lists:
        return [item for found in lists for item in _listed(found)]
    return _listed(document) if document else ()


def _places(hook: Hook) -> Sequence[str]:
    return list(dict.fromkeys(where.each for where in (hook.report, hook.inbound) if where and where.each))


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _at(item: Any, path: str) -> str:
    return shown(plain(dig(item, path))) if path else ""


def _digest(raw: bytes) -> str:
    """An id from the content."""
    return digest(raw).removeprefix("sha256:")[:32]
