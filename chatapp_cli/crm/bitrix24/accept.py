"""What the portal sends to ``/hooks/<key>/…``: events, the installation, a code, the page of a connector.

Nothing here asks the network. An installation is only kept as offered: a session proves it before it is used.
Sources: b24-rest-docs ``installation-callback.md``, ``settings/oauth``, ``api-reference/events``; providers' sheet
§1.2, §1.6, §2.1, addendum A.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from chatapp_cli.crm.bitrix24 import events, names, pages, place_form, robot_calls, robots
from chatapp_cli.crm.bitrix24.events import KeptPart
from chatapp_cli.crm.bitrix24.place_form import FormPlace
from chatapp_cli.crm.bitrix24.record import (
    COPY,
    COPY_RETURNS,
    ECHO,
    HEARD,
    INSTALLED,
    NONCE,
    OFFER,
    STATE_USED,
    Installation,
    Offer,
    installation,
    is_from,
    joined,
)
from chatapp_cli.domain.crm.events import CrmArrival, LinkInstalled
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.brackets import parse
from chatapp_cli.kit.records import written
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookRequest
from chatapp_cli.ports.crm import CrmReply
from chatapp_cli.ports.world import World

_NO: Final = CrmReply(status=403)
_BAD: Final = CrmReply(status=400)
_DONE: Final = CrmReply(body=b"ok")
_LONGEST: Final = 2000
"""Characters of a token or a code."""
_HOUR: Final = 3600.0
_MOMENT: Final[Millis] = 1000
_IN_A_ROW: Final = 100
"""Parts of an event after which other work goes on."""
_RU: Final = "ru"

Tree = Mapping[str, Any]


class KnownPortals:
    """What stood in the store a moment ago about each link, by hook key: one look for a burst of events.

    A call that is not from the portal that was seen last is judged by the store.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[Millis, Installation]] = {}
        self._signed: dict[str, tuple[Millis, Collection[str]]] = {}

    async def sender(self, bound: Bound, now: Millis, auth: Tree) -> tuple[Installation | None, bool]:
        """The installation, and whether a call with these proofs is from it."""
        proofs = _text(auth, "member_id"), _text(auth, "application_token")
        at, known = self._seen.get(bound.hook_key, (0, None))
        if known is not None and 0 <= now - at < _MOMENT and is_from(known, *proofs):
            return known, True
        known = await installation(bound)
        if known is not None:
            self._seen[bound.hook_key] = now, known
        return known, known is not None and is_from(known, *proofs)

    async def signed(self, bound: Bound, now: Millis) -> Collection[str]:
        """Where clients are told the names of employees, as ``connector|line``."""
        at, known = self._signed.get(bound.hook_key, (0, None))
        if known is None or not 0 <= now - at < _MOMENT:
            known = {pair for pair, one in (await joined(bound.memory)).items() if one.names}
            self._signed[bound.hook_key] = now, known
        return known


async def accept(bound: Bound, request: HookRequest, world: World, portals: KnownPortals) -> CrmReply:
    """Check a call and translate it; a refusal stores nothing."""
    page = request.path.strip("/")
    try:
        if (request.method, page) == ("POST", "event"):
            return await _event(portals, bound, request, world.clock.now())
        if (request.method, page) == ("POST", robots.PAGE):
            return await _robot(portals, bound, request, world.clock.now())
        if handler := _PAGES.get((request.method, page)):
            return await handler(bound, request, world)
    except ValueError:  # of the brackets: too deep, too many
        return _BAD
    return CrmReply(status=405 if page in _CALLED else 404)


async def _robot(portals: KnownPortals, bound: Bound, request: HookRequest, now: Millis) -> CrmReply:
    """A process reaches a robot of ours. Many may at once, and nobody repeats a call."""
    tree = parse(request.body)
    _, ours = await portals.sender(bound, now, _map(tree, "auth"))
    return CrmReply(arrivals=[robot_calls.arrival(tree, now)], body=b"ok") if ours else _NO


async def _event(portals: KnownPortals, bound: Bound, request: HookRequest, now: Millis) -> CrmReply:
    tree = parse(request.body)
    name = str(tree.get("event", "")).upper()
    if name == events.INSTALL:
        return await _installed_by_event(bound, tree, now)
    known, ours = await portals.sender(bound, now, _map(tree, "auth"))
    if not ours:
        return await _introduced(bound, known, tree) if known and name == events.TEST else _NO
    if name == events.TEST:
        await _hear(bound, tree)
        return _DONE
    talks = name in {events.MESSAGE_ADD, events.MESSAGE_UPDATE}
    signed = await portals.signed(bound, now) if talks else ()
    parts = [*events.kept(tree, lambda connector, line: f"{connector}|{line}" in signed)]
    return CrmReply(arrivals=await _arrivals(bound, parts, now), body=b"ok")


async def _arrivals(bound: Bound, parts: Sequence[KeptPart], now: Millis) -> Sequence[CrmArrival]:
    """The parts of an event, of which a form has room for thousands: other calls are answered between them.

    Of a message that seems to be ours only that the chat has to be looked into. An employee may have written the same
    words in these minutes, and been told first: only the chat's history tells the two apart.
    """
    numbers = [events.message_of(part.tree) for part in parts]
    marks = [events.copy_mark_of(part.tree) if number else "" for part, number in zip(parts, numbers, strict=True)]
    shown = await _shown_by_us(bound, {*marks} - {""}, now)
    found: list[CrmArrival] = []
    for part, number, mark in zip(parts, numbers, marks, strict=True):
        found.append(events.copy(part, number) if mark in shown else events.arrival(part, now))
        if not len(found) % _IN_A_ROW:
            await asyncio.sleep(0)
    return found


async def _shown_by_us(bound: Bound, marks: Collection[str], now: Millis) -> Collection[str]:
    """The marks of words that we have just shown there as an employee's, by one look however many are asked for."""
    if not marks:
        return ()
    known = await bound.memory.known(COPY if len(marks) > 1 else next(iter(marks)))
    return {mark for mark in marks if mark in known and now - int(known[mark].partition(" ")[0]) <= COPY_RETURNS}


async def _introduced(bound: Bound, known: Installation, tree: Tree) -> CrmReply:
    """Learn the application token from the test event that we asked for: only the portal has its nonce.

    After the flow with a code the portal has not told it.
    """
    auth = _map(tree, "auth")
    password = _text(auth, "application_token")
    if known.application_token or _text(auth, "member_id") != known.member_id or not password:
        return _NO
    if not await _hear(bound, tree):
        return _NO
    await bound.memory.save({INSTALLED: written(msgspec.structs.replace(known, application_token=password))})
    return _DONE


async def _hear(bound: Bound, tree: Tree) -> bool:
    """Note that the awaited test event came; returns whether it was awaited."""
    nonce = _text(_map(_map(tree, "data"), "QUERY"), NONCE)
    awaited = (await bound.memory.known(ECHO)).get(ECHO, "")
    if not nonce or not hmac.compare_digest(awaited.encode(), nonce.encode("utf-8", "replace")):
        return False
    return await bound.memory.swap(ECHO, awaited, HEARD + nonce)


async def _install(bound: Bound, request: HookRequest, world: World) -> CrmReply:
    tree, now = parse(request.body), world.clock.now()
    if "AUTH_ID" not in tree:
        return await _installed_by_event(bound, tree, now)
    scheme = "http" if request.query.get("PROTOCOL") == "0" else "https"
    offer = Offer(
        at=now,
        member_id=_text(tree, "member_id"),
        endpoint=f"{scheme}://{request.query.get('DOMAIN', '')}/rest/",
        access=_text(tree, "AUTH_ID"),
        refresh=_text(tree, "REFRESH_ID"),
        expires_in=_seconds(_text(tree, "AUTH_EXPIRES")),
        application_token=_text(tree, "APPLICATION_TOKEN"),
    )
    return await _offered(bound, offer, now, language=request.query.get("LANG", _RU))


async def _installed_by_event(bound: Bound, tree: Tree, now: Millis) -> CrmReply:
    auth = _map(tree, "auth")
    offer = Offer(
        at=now,
        member_id=_text(auth, "member_id"),
        endpoint=_text(auth, "client_endpoint") or f"https://{_text(auth, 'domain')}/rest/",
        access=_text(auth, "access_token"),
        refresh=_text(auth, "refresh_token"),
        expires_in=_seconds(_text(auth, "expires_in")),
        application_token=_text(auth, "application_token"),
        owner=_text(auth, "user_id"),
    )
    language = _text(_map(tree, "data"), "LANGUAGE_ID") or _RU
    return await _offered(bound, offer, now, language=language)


async def _code(bound: Bound, request: HookRequest, world: World) -> CrmReply:
    """The browser comes back from the portal; its code lives for half a minute and works once."""
    told, now = request.query, world.clock.now()
    state = bound.secrets.get("state", "")
    used = (await bound.memory.known(STATE_USED)).get(STATE_USED, "")
    if not state or used == state or not hmac.compare_digest(state.encode(), told.get("state", "").encode()):
        return _NO
    scheme = urlsplit(bound.settings["portal"]).scheme
    offer = Offer(
        at=now,
        member_id=told.get("member_id", ""),
        endpoint=f"{scheme}://{told.get('domain', '')}/rest/",
        code=told.get("code", ""),
    )
    if not _is_whole(offer) or not await _may_install(bound, offer, now):
        return _NO
    if not await bound.memory.swap(STATE_USED, used, state):
        return _NO
    return await _offered(bound, offer, now, language=told.get("LANG", _RU))


async def _offered(bound: Bound, offer: Offer, now: Millis, *, language: str) -> CrmReply:
    """Keep an installation until a session has proved it."""
    if not _is_whole(offer) or not await _may_install(bound, offer, now):
        return _NO
    await bound.memory.save({OFFER: written(offer)})
    mark = sha256((offer.code or offer.access).encode("utf-8", "replace")).hexdigest()[:24]
    page = pages.installed(bound.settings["portal"], language)
    arrival = CrmArrival(provider_id=f"install:{mark}", event=LinkInstalled(), raw=b'{"event":"ONAPPINSTALL"}')
    return CrmReply(arrivals=[arrival], body=page.body, content_type=page.content_type, headers=page.headers)


def _is_whole(offer: Offer) -> bool:
    proofs = (offer.code,) if offer.code else (offer.access, offer.refresh)
    return bool(offer.member_id) and all(0 < len(one) <= _LONGEST for one in (*proofs, offer.member_id))


async def _may_install(bound: Bound, offer: Offer, now: Millis) -> bool:
    """Whether the installation is awaited now, and of the portal that was named, or of the same one elsewhere."""
    if now >= int(bound.secrets.get("window", "0")):
        return False
    parts = urlsplit(offer.endpoint)
    if parts.scheme != urlsplit(bound.settings["portal"]).scheme or parts.path != "/rest/":
        return False
    known = await installation(bound)
    return parts.netloc.lower() == bound.account or (known is not None and known.member_id == offer.member_id)


async def _connector(bound: Bound, request: HookRequest, world: World) -> CrmReply:
    """The settings page of a connector, opened in the portal's frame. ``APP_SID`` is not the application token."""
    tree = parse(request.body)
    known = await installation(bound)
    if known is None or not is_from(known, _text(tree, "member_id"), _text(tree, "APPLICATION_TOKEN")):
        return _NO
    connector, line = pages.place_of(_text(tree, "PLACEMENT_OPTIONS"))
    if not names.kind_of(connector) or not line.isdecimal():
        return CrmReply(status=404)
    where = FormPlace(connector=connector, line=line, language=request.query.get("LANG", _RU))
    return await place_form.opened(bound, known.origin, where, world, proof=_text(tree, "AUTH_ID"))


async def _save(bound: Bound, request: HookRequest, world: World) -> CrmReply:
    """The form of that page comes back: its ticket proves that it was shown to an administrator of the portal."""
    known = await installation(bound)
    return _NO if known is None else await place_form.saved(bound, known.origin, parse(request.body), world.clock.now())


async def _sms(bound: Bound, request: HookRequest, world: World) -> CrmReply:
    """The portal sends an SMS by one of our providers; it does not repeat the call."""
    tree = parse(request.body)
    known, auth = await installation(bound), _map(tree, "auth")
    if known is None or not is_from(known, _text(auth, "member_id"), _text(auth, "application_token")):
        return _NO
    return CrmReply(arrivals=[events.arrival(events.kept_sms(tree), world.clock.now())], body=b"ok")


_PAGES: Final[Mapping[tuple[str, str], Callable[[Bound, HookRequest, World], Awaitable[CrmReply]]]] = {
    ("POST", "install"): _install,
    ("GET", "code"): _code,
    ("POST", "connector"): _connector,
    ("POST", place_form.SAVE): _save,
    ("POST", "sms"): _sms,
}
_CALLED: Final = {"event", robots.PAGE, *(name for _, name in _PAGES)}


def _map(tree: Any, name: str) -> Tree:
    found = tree.get(name) if isinstance(tree, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _text(tree: Tree, name: str) -> str:
    found = tree.get(name)
    return found if isinstance(found, str) else ""


def _seconds(said: str) -> float:
    return float(said) if said.isascii() and said.isdecimal() and len(said) < 10 else _HOUR  # noqa: PLR2004 - 30 years
