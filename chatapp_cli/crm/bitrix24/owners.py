"""Who is responsible for the cards of chats, in both directions (K-04).

A card's event tells its id alone, so the card is read. Of the cards of a chat the one decides that changed last: by a
field, which its ``updatedTime`` shows, or by a comment, which it does not show and which has an event of its own.
Comments of the application's owner do not count, because the application writes its own in their name.
Sources: b24-rest-docs ``crm.item.get``, ``crm.item.update``, ``crm.timeline.comment.get``,
``imopenlines.crm.chat.get``, ``imopenlines.dialog.get``; providers' sheet §3.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeAlias

from chatapp_cli.crm.bitrix24 import errors, events, names
from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.calls import BatchCommand
from chatapp_cli.crm.bitrix24.cards import TYPES, bound_cards, bound_to, chats_of_card, item_of
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CardChanged, CardCommented, CardEvent, CrmArrival
from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm.owner import ChatOwner, heeded, told
from chatapp_cli.domain.crm.stages import watched
from chatapp_cli.domain.errors import ChannelError, Rejected, Retryable
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.brackets import members
from chatapp_cli.kit.pace import Urgency

PAGES: Final = 4
"""Pages of fifty changed cards of a kind that are read after a gap; older changes do not count any more."""
TRACKED_WITHIN: Final[Millis] = 60_000
"""How long cards of a new chat are awaited, in milliseconds: the tracker makes them some seconds after the message."""

Changed: TypeAlias = "dict[CardKey, Millis]"
Outcome: TypeAlias = "CrmReceipt | ChannelError"
Tree = Mapping[str, Any]


class CardKey(NamedTuple):
    """A card by its kind and number."""

    kind: str
    number: int


async def owners(api: PortalApi, changes: Sequence[CardEvent], pairings: Sequence[Pairing]) -> Sequence[ChatOwner]:
    """Who is responsible for the chats of changed cards; a card without chats of ours costs one command."""
    heeding = {(connector_of(one), one.place): heeded(one.options) for one in pairings}
    kinds = {kind for chosen in heeding.values() for kind in chosen}
    changed = {key: at for key, at in (await changed_keys(api, changes)).items() if key.kind in kinds}
    chats = await chats_of_keys(api, changed)
    found = await dialogs_of_chats(api, chats)
    asked = {chat: _candidates(dialog, chats[chat], heeding) for chat, dialog in found.items()}
    items = await items_of_keys(api, {key for some in asked.values() for key in some})
    return [one for chat, keys in asked.items() if (one := _owner(chat, found[chat], keys, items, changed))]


async def dialogs_of_chats(api: PortalApi, chats: Iterable[str]) -> Mapping[str, Any]:
    """The open-line dialog of each chat, by its number."""
    asked = {one: BatchCommand("imopenlines.dialog.get", {"CHAT_ID": int(one)}) for one in chats}
    return await answered(api, asked)


def connector_of(pairing: Pairing) -> str:
    """What the portal calls the connector of a pairing."""
    there = names.channels().get(pairing.kind)
    return there.id if there else ""


async def changed_keys(api: PortalApi, changes: Sequence[CardEvent]) -> Changed:
    """The cards, and when they were commented; 0 if only their fields changed."""
    said = [one for one in changes if isinstance(one, CardChanged) and one.card in TYPES and one.id.isdecimal()]
    found: Changed = {CardKey(one.card, int(one.id)): 0 for one in said}
    comments = {one.comment for one in changes if isinstance(one, CardCommented) and one.comment.isdecimal()}
    asked = {one: BatchCommand("crm.timeline.comment.get", {"id": int(one)}) for one in comments}
    for comment in (await answered(api, asked)).values():
        kind, number = str(comment.get("ENTITY_TYPE", "")).lower(), str(comment.get("ENTITY_ID", ""))
        if kind in TYPES and number.isdecimal() and str(comment.get("AUTHOR_ID", "")) != api.held.owner:
            key = CardKey(kind, int(number))
            found[key] = max(found.get(key, 0), _moment(comment.get("CREATED")))
    return found


async def chats_of_keys(api: PortalApi, changed: Changed) -> Mapping[str, set[CardKey]]:
    """The portal's numbers of the chats of cards, through our connectors, with the cards that lead to each."""
    answers = await answered(api, {f"{key.kind} {key.number}": chats_of_card(*key) for key in changed})
    found: dict[str, set[CardKey]] = {}
    for key in changed:
        for one in members(answers.get(f"{key.kind} {key.number}")):
            number = str(one.get("CHAT_ID", "")) if isinstance(one, Mapping) else ""
            if number.isdecimal() and names.kind_of(str(one.get("CONNECTOR_ID", ""))):
                found.setdefault(number, set()).add(key)
    return found


def _candidates(dialog: Any, changed: set[CardKey], heeding: Mapping[tuple[str, str], Sequence[str]]) -> set[CardKey]:
    """The cards of a chat whose kinds its pairing heeds, if one of them changed."""
    connector, line, _chat = place_of_chat(dialog)
    chosen = heeding.get((connector, line), ())
    if not any(key.kind in chosen for key in changed):
        return set()
    bound = {CardKey(kind, number) for kind, number in bound_to(dialog).items()}
    return {key for key in bound | changed if key.kind in chosen}


def place_of_chat(dialog: Any) -> tuple[str, str, str]:
    """Connector, line and our id of the chat, from ``connector|line|chat|user``."""
    parts = str(dialog.get("entity_id") or "").split("|") if isinstance(dialog, Mapping) else []
    return (parts[0], parts[1], "|".join(parts[2:-1])) if len(parts) > 3 else ("", "", "")  # noqa: PLR2004 - the four


async def items_of_keys(api: PortalApi, keys: set[CardKey]) -> Mapping[CardKey, Tree]:
    """The cards that are still there and may be read."""
    asked = {f"{key.kind} {key.number}": key for key in keys}
    answers = await answered(api, {name: _reading(key) for name, key in asked.items()})
    return {asked[name]: item for name, answer in answers.items() if (item := item_of(answer))}


def _reading(key: CardKey) -> BatchCommand:
    return BatchCommand("crm.item.get", {"entityTypeId": TYPES[key.kind], "id": key.number})


def _owner(
    chat: str, dialog: Any, keys: set[CardKey], items: Mapping[CardKey, Tree], changed: Changed
) -> ChatOwner | None:
    there = [(max(_moment(items[key].get("updatedTime")), changed.get(key, 0)), key) for key in keys if key in items]
    if not there:
        return None
    at, key = max(there, key=lambda one: (one[0], one[1] in changed, -list(TYPES).index(one[1].kind)))
    connector, line, ours = place_of_chat(dialog)
    return ChatOwner(
        kind=names.kind_of(connector),
        place=border.external_id(line),
        chat=border.external_id(ours),
        remote_chat=chat,
        employee=border.external_id(str(items[key].get("assignedById") or "")),
        at=at,
        card=f"{key.kind}:{key.number}",
    )


async def answered(api: PortalApi, commands: Mapping[str, BatchCommand]) -> Mapping[str, Any]:
    """The answers, without those that were refused: a card may be gone, or not be shown to the application's owner.

    Raises what passes by itself.
    """
    answers = await api.batch(commands, urgency=Urgency.BACKGROUND)
    for said in answers.values():
        if isinstance(said, ChannelError) and not isinstance(said, Rejected):
            raise said
    return {name: said for name, said in answers.items() if not isinstance(said, ChannelError)}


def _moment(said: Any) -> Millis:
    """A time as the portal writes it, in milliseconds; 0 for none."""
    try:
        return int(datetime.fromisoformat(str(said)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0


async def changed_cards(api: PortalApi, since: Millis, pairings: Sequence[Pairing]) -> Sequence[CrmArrival]:
    """The newest cards that changed since a moment."""
    kinds = {kind for one in pairings for kind in (*heeded(one.options), *watched(one.options))}
    start = datetime.fromtimestamp(since / 1000, UTC).isoformat(timespec="seconds")
    asked = {
        f"{kind} {page}": BatchCommand("crm.item.list", _changed_since(kind, start, page * 50))
        for kind in sorted(kinds)
        for page in range(PAGES)
    }
    answers = await answered(api, asked)
    found = {name: members(said.get("items")) for name, said in answers.items() if isinstance(said, Mapping)}
    return list(_arrivals(found))


def _changed_since(kind: str, start: str, skipped: int) -> Tree:
    return {
        "entityTypeId": TYPES[kind],
        "select": ["id", "updatedTime"],
        "filter": {">=updatedTime": start},
        "order": {"updatedTime": "DESC"},
        "start": skipped,
    }


def _arrivals(found: Mapping[str, Sequence[Any]]) -> Iterator[CrmArrival]:
    for name, items in found.items():
        kind = name.partition(" ")[0]
        for item in items:
            if isinstance(item, Mapping) and (number := str(item.get("id") or "")).isdecimal():
                yield events.card_changed(kind, number, _moment(item.get("updatedTime")))


async def tell(api: PortalApi, entries: Sequence[LedgerEntry], now: Millis) -> Sequence[Outcome]:
    """Make employees responsible for the chosen cards of chats; a card that is theirs already is left alone."""
    chats = {str(place): entry.chat.remote for place, entry in enumerate(entries)}
    bound = await bound_cards(api, chats)
    wanted = {
        place: {CardKey(kind, number) for kind, number in bound.get(str(place), {}).items() if kind in _chosen(entry)}
        for place, entry in enumerate(entries)
    }
    items = await items_of_keys(api, {key for keys in wanted.values() for key in keys})
    staff = await answered(api, {one: _person(one) for one in {entry.employee for entry in entries} if one.isdecimal()})
    answers = await api.batch(dict(_changes(entries, wanted, items, staff)), urgency=Urgency.OPERATOR)
    return [_told(place, entry, wanted[place], staff, answers, now) for place, entry in enumerate(entries)]


def _chosen(entry: LedgerEntry) -> Sequence[str]:
    return told(entry.pairing.options)


def _person(number: str) -> BatchCommand:
    return BatchCommand("user.get", {"FILTER": {"ID": int(number)}})


def _works_there(employee: str, staff: Mapping[str, Any]) -> bool:
    found = members(staff.get(employee))
    return any(isinstance(one, Mapping) and one.get("ACTIVE") in {True, "Y", "1"} for one in found)


def _changes(
    entries: Sequence[LedgerEntry], wanted: Mapping[int, set[CardKey]], items: Mapping[CardKey, Tree], staff: Tree
) -> Iterator[tuple[str, BatchCommand]]:
    for place, entry in enumerate(entries):
        for key in wanted[place] if _works_there(entry.employee, staff) else ():
            if key in items and str(items[key].get("assignedById")) != entry.employee:
                fields = {"assignedById": int(entry.employee)}
                change = {"entityTypeId": TYPES[key.kind], "id": key.number, "fields": fields}
                yield f"{place} {key.kind}", BatchCommand("crm.item.update", change)


def _told(
    place: int, entry: LedgerEntry, keys: set[CardKey], staff: Tree, answers: Mapping[str, Any], now: Millis
) -> Outcome:
    if not _works_there(entry.employee, staff):
        return Rejected("employee_left", entry.employee)
    said = [answers.get(f"{place} {key.kind}") for key in keys]
    if failures := [one for one in said if isinstance(one, ChannelError)]:
        return _about_card(failures[0])
    if not keys and now - entry.at < TRACKED_WITHIN:
        return Retryable(errors.CARD_AWAITED)
    return CrmReceipt()


def _about_card(error: ChannelError) -> ChannelError:
    """That the application's owner may not change a card says nothing about the link."""
    return Rejected("card_denied", error.detail) if error.code == errors.SCOPE else error
