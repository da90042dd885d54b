"""Events of a portal, as our own JSON without tokens, and what they mean.

Sources: b24-rest-docs ``imconnector/events``, providers' sheet §2.4 with addendum B4, B5. Every leaf is a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from chatapp_cli.crm.bitrix24 import bbcode
from chatapp_cli.crm.bitrix24.names import kind_of
from chatapp_cli.crm.bitrix24.record import copy_mark
from chatapp_cli.crm.bitrix24.texts import pairing_of
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.events import (
    CardChanged,
    CardCommented,
    CardEvent,
    CopyCame,
    CrmArrival,
    CrmConversation,
    CrmEvent,
    CrmRewrote,
    CrmTexted,
    CrmWithdrew,
    CrmWrote,
    LinkRemoved,
    PlaceDetached,
    RemoteFile,
)
from chatapp_cli.domain.crm.owner import heeded
from chatapp_cli.domain.crm.stages import watched
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.brackets import members

MESSAGE_ADD: Final = "ONIMCONNECTORMESSAGEADD"
MESSAGE_UPDATE: Final = "ONIMCONNECTORMESSAGEUPDATE"
MESSAGE_DELETE: Final = "ONIMCONNECTORMESSAGEDELETE"
DIALOG_START: Final = "ONIMCONNECTORDIALOGSTART"
DIALOG_FINISH: Final = "ONIMCONNECTORDIALOGFINISH"
STATUS_DELETE: Final = "ONIMCONNECTORSTATUSDELETE"
LINE_DELETE: Final = "ONIMCONNECTORLINEDELETE"
UNINSTALL: Final = "ONAPPUNINSTALL"
TEST: Final = "ONAPPTEST"
INSTALL: Final = "ONAPPINSTALL"
SMS: Final = "SMS"
"""Our own name for the call of a provider of SMS, which is no event of the portal."""

BOUND: Final[Sequence[str]] = (
    "OnImConnectorMessageAdd",
    "OnImConnectorMessageUpdate",
    "OnImConnectorMessageDelete",
    "OnImConnectorDialogStart",
    "OnImConnectorDialogFinish",
    "OnImConnectorStatusDelete",
    "OnImConnectorLineDelete",
    "OnAppUninstall",
    "OnAppTest",
)
"""What we ask the portal to tell us."""
CARD_EVENTS: Final[Mapping[str, str]] = {
    "deal": "OnCrmDealUpdate",
    "lead": "OnCrmLeadUpdate",
    "contact": "OnCrmContactUpdate",
    "company": "OnCrmCompanyUpdate",
}
"""What it tells of each kind of card, only while a pairing heeds that kind: a busy portal tells it often."""
COMMENT: Final = "OnCrmTimelineCommentAdd"


def wanted(options: Iterable[Mapping[str, str]]) -> Sequence[str]:
    """What the portal has to tell with pairings of these options."""
    given = list(options)
    heard = {kind for one in given for kind in heeded(one)}
    kinds = heard | {kind for one in given for kind in watched(one)}
    told = [event for kind, event in CARD_EVENTS.items() if kind in kinds]
    return [*BOUND, *told, *((COMMENT,) if heard else ())]


_CARDS: Final = {event.upper(): kind for kind, event in CARD_EVENTS.items()}

_SEVERAL: Final = {
    MESSAGE_ADD: "MESSAGES",
    MESSAGE_UPDATE: "MESSAGES",
    MESSAGE_DELETE: "MESSAGES",
    DIALOG_START: "DATA",
    DIALOG_FINISH: "DATA",
}
_SIGNED: Final = "signed"
"""Our own mark in a kept event: whether the employee's name before a text goes to the client."""
SYSTEM: Final = "0"
"""The author of automatic texts."""
_SECRET: Final = re.compile(r"auth|.*token", re.IGNORECASE)
_TOKEN: Final = re.compile(r"([?&])auth=[^&#]*&?")
_LINKS: Final = ("downloadLink", "link", "url")
"""Where the address of a file stands, the best first."""
DISK: Final = "disk:"
"""Before the id of a file on the portal's disk, in place of an address."""

_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

Tree = Mapping[str, Any]


class KeptPart(NamedTuple):
    """A part of an event as it is stored, and the same as text."""

    tree: Tree
    raw: bytes


def kept(tree: Tree, is_signed: Callable[[str, str], bool]) -> Iterator[KeptPart]:
    """An event as its parts are stored, one for each message or conversation; tokens are left out.

    ``is_signed`` tells for a connector and a line whether clients are told the names of employees.
    """
    name = str(tree.get("event", "")).upper()
    data = tree.get("data")
    about = {"event": name, "ts": str(tree.get("ts", ""))}
    several = _SEVERAL.get(name, "")
    items = members(data.get(several)) if several and isinstance(data, Mapping) else ()
    if not items:
        yield _part({**about, "data": _bare(data)})
        return
    assert isinstance(data, Mapping)
    connector, line = str(data.get("CONNECTOR", "")), str(data.get("LINE", ""))
    signed = {_SIGNED: "Y"} if is_signed(connector, line) else {}
    for item in items:
        yield _part({**about, **signed, "data": {"CONNECTOR": connector, "LINE": line, several: [_bare(item)]}})


def kept_sms(tree: Tree) -> KeptPart:
    """The call of a provider of SMS as it is stored: without tokens, and without what nobody reads."""
    told = ("module_id", "code", "message_id", "message_to", "message_body", "bindings", "workflow_id")
    about = {"user_id": _text(_map(tree, "auth"), "user_id")}
    return _part({"event": SMS, "data": {name: tree[name] for name in told if name in tree} | about})


def _bare(item: Any, name: str = "") -> Any:
    """The same without tokens, wherever they stand: as a value, or in a link; the words of a message stay."""
    if isinstance(item, Mapping):
        return {name: _bare(value, name) for name, value in item.items() if not _SECRET.fullmatch(name)}
    if isinstance(item, list):
        return [_bare(value) for value in item]
    return without_token(item) if isinstance(item, str) and name != "text" else item


def without_token(link: str) -> str:
    """A link without the access token that the portal may put into it."""
    return _TOKEN.sub(r"\1", link).rstrip("?&") if "auth=" in link else link


def _part(tree: Tree) -> KeptPart:
    return KeptPart(tree, _written(tree))


def _written(tree: Any) -> bytes:
    return _JSON.encode(tree).encode("utf-8", "replace")


def copy_mark_of(tree: Tree) -> str:
    """The mark that an employee's message would have, were it a copy of one of ours; empty for everything else."""
    if tree.get("event") != MESSAGE_ADD:
        return ""
    item = _first(tree)
    said = _map(item, "message")
    if _text(said, "user_id") in {"", SYSTEM}:
        return ""
    return copy_mark(_text(_map(item, "chat"), "id"), _text(said, "user_id"), _text(said, "text"))


def message_of(tree: Tree) -> str:
    """The portal's number of the message that an event adds; empty for everything else."""
    return _text(_map(_first(tree), "im"), "message_id") if tree.get("event") == MESSAGE_ADD else ""


def copy(part: KeptPart, number: str) -> CrmArrival:
    """The arrival of a message that seems to be a copy of one of ours. Nothing of one in a chat that is not ours."""
    tree, raw = part
    kind, place = _whose(_text(tree["data"], "CONNECTOR"), _text(tree["data"], "LINE"))
    chat = border.external_id(_text(_map(_first(tree), "chat"), "id"))
    event = CopyCame(kind=kind, place=place, chat=chat)
    return CrmArrival(provider_id=border.external_id(f"copy:{number}"), event=event, raw=raw)


def _first(tree: Tree) -> Tree:
    data = tree.get("data")
    found = members(data.get("MESSAGES")) if isinstance(data, Mapping) else ()
    return found[0] if found and isinstance(found[0], Mapping) else {}


def added_part(*, connector: str, line: str, item: Tree, at: Millis) -> KeptPart:
    """A message that a catch-up found, as the event would have been stored."""
    data = {"CONNECTOR": connector, "LINE": line, "MESSAGES": [item]}
    return _part({"event": MESSAGE_ADD, "ts": str(at // 1000), "data": data})


def arrival(part: KeptPart, now: Millis) -> CrmArrival:
    """A stored part; what cannot be understood is kept with the reason."""
    tree, raw = part
    try:
        if told := _of_card(tree):
            return _card_arrival(told, now, raw)
        return CrmArrival(provider_id=border.external_id(_provider_id(tree, raw)), event=_event(tree, now), raw=raw)
    except ValueError as error:
        problem = border.text(str(error) or type(error).__name__)
        return CrmArrival(provider_id=f"odd:{_digest(raw)}", event=None, raw=raw, problem=problem)


def card_changed(card: str, number: str, at: Millis) -> CrmArrival:
    """A card that a catch-up found changed at a moment, as the event would have told it."""
    raw = _written({"event": CARD_EVENTS[card].upper(), "data": {"FIELDS": {"ID": number}}})
    return _card_arrival(CardChanged(card=card, id=border.external_id(number)), at, raw)


def _card_arrival(told: CardEvent, at: Millis, raw: bytes) -> CrmArrival:
    """Two changes of a second are told alike, so the time of arrival tells them apart; a doubled one does no harm."""
    which = f"{told.card}:{told.id}" if isinstance(told, CardChanged) else f"comment:{told.comment}"
    return CrmArrival(provider_id=border.external_id(f"card:{which}:{at}"), event=told, raw=raw)


def understand(raw: bytes, now: Millis) -> CrmEvent:
    """A stored part once more. Raises ValueError."""
    return _event(_tree(raw), now)


def _tree(raw: bytes) -> Tree:
    found = json.loads(raw)
    if not isinstance(found, dict):
        raise ValueError("an event that is no mapping")  # noqa: TRY004 - what is read from outside is a wrong value
    return found


def _provider_id(tree: Tree, raw: bytes) -> str:
    """An id that a doubled event has too."""
    name, data, at = str(tree["event"]), tree.get("data"), str(tree.get("ts", ""))
    item = _item(tree)
    if name == MESSAGE_ADD:
        return added(_text(_map(item, "im"), "message_id"))
    if name == MESSAGE_UPDATE:
        return f"edit:{_text(_map(item, 'im'), 'message_id')}:{_digest(raw)}"
    if name == MESSAGE_DELETE:
        return f"delete:{_text(_map(item, 'im'), 'message_id')}"
    if name == SMS:
        return f"sms:{_required(_map(tree, 'data'), 'message_id')}"
    if name in {DIALOG_START, DIALOG_FINISH}:
        session = _text(_map(item, "session"), "id")
        return f"{'start' if name == DIALOG_START else 'finish'}:{session}:{at}"
    return f"{name.lower()}:{_digest(_written([data, at]))}"


def added(message: str) -> str:
    """The id of an arrival that brings this message, by an event or a catch-up."""
    return f"add:{message}"


def _digest(raw: bytes) -> str:
    return sha256(raw).hexdigest()[:24]


def _event(tree: Tree, now: Millis) -> CrmEvent:
    name, data = str(tree.get("event", "")), tree.get("data")
    if name == MESSAGE_ADD:
        return _wrote(tree, now)
    if name in {MESSAGE_UPDATE, MESSAGE_DELETE}:
        return _changed(tree, name, now)
    if name in {DIALOG_START, DIALOG_FINISH}:
        return _conversation(tree, closed=name == DIALOG_FINISH)
    if name == STATUS_DELETE:
        kind, place = _whose(_text(data, "connector"), _text(data, "line"))
        return PlaceDetached(place=place, kind=kind, at=_at(_text(tree, "ts"), now))
    if name == LINE_DELETE and isinstance(data, str) and data:
        return PlaceDetached(place=border.external_id(data))
    return LinkRemoved() if name == UNINSTALL else _outside_chats(tree)


def _outside_chats(tree: Tree) -> CrmEvent:
    name = str(tree.get("event", ""))
    if found := _texted(_map(tree, "data")) if name == SMS else _of_card(tree):
        return found
    raise ValueError(f"an event of a kind that we do not know: {name}")


def _of_card(tree: Tree) -> CardEvent | None:
    """A card that changed, or a comment in one; of either only the id is told."""
    name = str(tree.get("event", ""))
    if name not in _CARDS and name != COMMENT.upper():
        return None
    number = border.external_id(_required(_map(_map(tree, "data"), "FIELDS"), "ID"))
    return CardCommented(comment=number) if name not in _CARDS else CardChanged(card=_CARDS[name], id=number)


def _wrote(tree: Tree, now: Millis) -> CrmWrote:
    item = _item(tree)
    said, im = _map(item, "message"), _map(item, "im")
    kind, place = _whose(_text(tree["data"], "CONNECTOR"), _text(tree["data"], "LINE"))
    remote = _text(im, "message_id")
    if not remote:
        raise ValueError("a message without an id")
    files = tuple(file for one in members(said.get("files")) if (file := _file(one)))
    if not _text(said, "text").strip() and not files:
        raise ValueError("a message without words and files: the next catch-up looks what it is")
    author = _text(said, "user_id")
    return wrote(
        _text(said, "text"),
        signed=tree.get(_SIGNED) == "Y",
        kind=kind,
        place=place,
        chat=border.external_id(_required(_map(item, "chat"), "id")),
        remote=border.external_id(remote),
        remote_chat=border.external_id(_text(im, "chat_id")),
        author="" if author == SYSTEM else border.external_id(author),
        files=files,
        at=_at(_text(tree, "ts"), now),
    )


def wrote(text: str, *, signed: bool, **about: Any) -> CrmWrote:
    """A message of an employee, its text taken apart."""
    said = bbcode.read(text)
    shown = f"{said.signature}:\n{said.text}" if signed and said.signature else said.text
    return CrmWrote(text=border.text(shown), quoted=border.name(said.quoted), **about)


def _changed(tree: Tree, name: str, now: Millis) -> CrmRewrote | CrmWithdrew:
    item = _item(tree)
    said = _map(item, "message")
    kind, place = _whose(_text(tree["data"], "CONNECTOR"), _text(tree["data"], "LINE"))
    outside = members(said.get("id")) or [said.get("id")]
    about = {
        "kind": kind,
        "place": place,
        "chat": border.external_id(_required(_map(item, "chat"), "id")),
        "remote": border.external_id(_text(_map(item, "im"), "message_id")),
        "sent_as": border.external_id(str(outside[0] or "")),
    }
    if not about["remote"] and not about["sent_as"]:
        raise ValueError("a change of no message")
    if name == MESSAGE_DELETE:
        return CrmWithdrew(**about)
    said_now = bbcode.read(_text(said, "text"))
    signed = tree.get(_SIGNED) == "Y" and said_now.signature
    text = f"{said_now.signature}:\n{said_now.text}" if signed else said_now.text
    return CrmRewrote(text=border.text(text), at=_at(_text(tree, "ts"), now), **about)


def _texted(data: Tree) -> CrmTexted:
    """An SMS; ``module_id`` tells robots and business processes from cards (``messageservice.sender.add``)."""
    employee = _text(data, "user_id")
    return CrmTexted(
        pairing=pairing_of(_text(data, "code")),
        remote=border.external_id(_required(data, "message_id")),
        phone=border.name(_text(data, "message_to")),
        text=border.text(_text(data, "message_body")),
        employee="" if employee == SYSTEM else border.external_id(employee),
        automatic=_text(data, "module_id") != "crm",
    )


def _conversation(tree: Tree, *, closed: bool) -> CrmConversation:
    item = _item(tree)
    kind, place = _whose(_text(tree["data"], "CONNECTOR"), _text(tree["data"], "LINE"))
    theirs = _map(item, "connector")
    chat = _text(_map(item, "chat"), "id") or _text(theirs, "chat_id")
    return CrmConversation(
        kind=kind,
        place=place,
        chat=border.external_id(chat),
        session=border.external_id(_required(_map(item, "session"), "id")),
        closed=closed,
    )


def _file(said: Any) -> RemoteFile | None:
    """A file of a message. Its fields are in no document; several public handlers agree on these (addendum B5)."""
    link = next((found for name in _LINKS if (found := _text(said, name))), "")
    if not link:
        return None
    name = _text(said, "name") or "file"
    size = _text(said, "size")
    return RemoteFile(
        name=border.file_name(name),
        address=border.external_id(link),
        mime=border.name(_text(said, "mime")),
        size=int(size) if size.isascii() and size.isdecimal() and len(size) < 15 else 0,  # noqa: PLR2004 - a petabyte
    )


def _item(tree: Tree) -> Tree:
    """The only message or conversation of a stored part."""
    data = tree.get("data")
    several = _SEVERAL.get(str(tree.get("event", "")), "")
    found = members(data.get(several)) if several and isinstance(data, Mapping) else ()
    if several and not (found and isinstance(found[0], Mapping)):
        raise ValueError("an event without its data")
    return found[0] if found else {}


def _whose(connector: str, line: str) -> tuple[str, str]:
    kind = kind_of(connector)
    if not kind or not line:
        raise ValueError(f"an event of a connector that is none of ours: {connector} {line}")
    return kind, border.external_id(line)


def _map(tree: Any, name: str) -> Tree:
    found = tree.get(name) if isinstance(tree, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _text(tree: Any, name: str) -> str:
    found = tree.get(name) if isinstance(tree, Mapping) else None
    return found if isinstance(found, str) else ""


def _required(tree: Tree, name: str) -> str:
    if not (found := _text(tree, name)):
        raise ValueError(f"an event without {name}")
    return found


def _at(seconds: str, now: Millis) -> Millis:
    plausible = seconds.isascii() and seconds.isdecimal() and len(seconds) < 12  # noqa: PLR2004 - until the year 5138
    return border.at(int(seconds) * 1000, now) if plausible else now
