"""The tab «ChatApp» in cards: the client's dialogs, and a form that writes to their phone (S-165).

The portal opens it by a POST that bears the application token; the form bears a ticket, see ``form_tickets``.
Sources: b24-rest-docs ``api-reference/widgets``, ``crm/detail-tab``; providers' sheet §2.7, addendum A, B10.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import msgspec

from chatapp_cli.crm.bitrix24 import card_pages, form_tickets
from chatapp_cli.crm.bitrix24.form_tickets import FormTicket, TicketTerms
from chatapp_cli.crm.bitrix24.record import Installation, installation, is_from
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.cards import CardRef, CardSheet, ChannelOnCard
from chatapp_cli.domain.crm.events import CrmWroteFirst
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.brackets import parse
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookRequest
from chatapp_cli.ports.crm import CardOpened, CrmReply
from chatapp_cli.ports.world import World

PLACEMENTS: Final[Mapping[str, str]] = {
    f"CRM_{kind.upper()}_DETAIL_TAB": kind for kind in ("lead", "deal", "contact", "company")
}
"""Where the tab is shown, and of which kind the card is then."""
CARD, WRITE = "card", "write"
_LONGEST: Final = 4000
"""Characters of an access token."""
_RU: Final = "ru"
_UNSEEN: Final = T("Bitrix24 did not confirm that you may see this card. Open the tab again.")


class CardTicket(FormTicket, frozen=True, kw_only=True):
    """A form by which one employee may write from one card, by one of some channels."""

    card: str
    channels: Sequence[int]
    employee: str
    name: str = ""
    """What they are called in the portal."""


class _StoredForm(msgspec.Struct, frozen=True):
    """An event as it is kept."""

    card: CrmWroteFirst


def understand(raw: bytes) -> CrmWroteFirst | None:
    """A stored event again; ``None`` for one that is not of the tab."""
    try:
        return msgspec.json.decode(raw, type=_StoredForm).card
    except msgspec.DecodeError:
        return None


def concerns(request: HookRequest) -> bool:
    """Whether a call is about the tab."""
    return request.path.strip("/") in {CARD, WRITE}


async def accept(bound: Bound, request: HookRequest, world: World) -> CrmReply:
    """Check a call, and translate it."""
    if request.method != "POST":
        return CrmReply(status=405)
    known = await installation(bound)
    try:
        said = parse(request.body)
    except ValueError:  # of the brackets: too deep, too many
        return CrmReply(status=400)
    if known is None:
        return CrmReply(status=403)
    if request.path.strip("/") == WRITE:
        return _written(bound, known, said, world.clock.now())
    return _opened(bound, known, said, request.query.get("LANG", _RU), world)


def _opened(bound: Bound, known: Installation, said: Mapping[str, Any], language: str, world: World) -> CrmReply:
    """The page of a card for an employee whose browser the portal sent, by whose token it is read.

    The application's token came through the browser too: whoever opened a card once knows it.
    """
    if not is_from(known, _text(said, "member_id"), _text(said, "APPLICATION_TOKEN")):
        return CrmReply(status=403)
    kind, number = PLACEMENTS.get(_text(said, "PLACEMENT")), _number(_text(said, "PLACEMENT_OPTIONS"))
    if kind is None or not number:
        return CrmReply(status=404)
    card = CardRef(kind, number)
    show = partial(_page, bound, known.origin, card, form_tickets.terms(world, language))
    unseen = card_pages.said(known.origin, language, _UNSEEN, status=403)
    proof = _text(said, "AUTH_ID")[:_LONGEST]
    return CrmReply(card=CardOpened(card=card, show=show, unseen=unseen, proof=proof)) if proof else unseen


def _page(bound: Bound, origin: str, card: CardRef, terms: TicketTerms, sheet: CardSheet) -> CrmReply:
    channels = [channel.id for channel in sheet.channels]
    who = {"employee": sheet.employee, "name": sheet.employee_name}
    ticket = CardTicket(card=str(card), channels=channels, **who, **terms)
    return card_pages.card(origin, ticket.language, sheet, form_tickets.signed(bound, ticket))


def _written(bound: Bound, known: Installation, said: Mapping[str, Any], now: Millis) -> CrmReply:
    """What an employee wrote in the form."""
    ticket = form_tickets.read(bound, _text(said, form_tickets.FIELD), CardTicket)
    if ticket is None or not ticket.employee:
        return CrmReply(status=403)
    answer = partial(card_pages.said, known.origin, ticket.language)
    if ticket.is_late(now):
        return answer(form_tickets.LATE, status=410)
    channel, phone, text = (
        _text(said, "channel"),
        _text(said, "phone").strip(),
        border.text(_text(said, "text").strip()),
    )
    again = partial(_again, known.origin, ticket, said)
    if not (phone and text and channel in map(str, ticket.channels)):
        return again(T("A channel, a phone and a text are needed."))
    event = CrmWroteFirst(
        channel=ChannelId(int(channel)),
        phone=border.name(phone),
        text=border.text(text),
        mark=ticket.number,
        author=ticket.employee,
        author_name=ticket.name,
    )
    return _accepted(event, answer, again)


def _accepted(event: CrmWroteFirst, answer: Any, refuse: Callable[[Text], CrmReply]) -> CrmReply:
    page: CrmReply = answer(T("The message is accepted, and goes out in its turn."))
    sent: CrmReply = answer(form_tickets.SENT, status=409)
    raw = msgspec.json.encode(_StoredForm(card=event))
    reply = form_tickets.once(f"card:{event.mark}", event, page, sent, raw=raw)
    return replace(reply, refused=lambda why: refuse(T("The message was not accepted: {why}", why=why)))


def _again(origin: str, ticket: CardTicket, said: Mapping[str, Any], why: Text) -> CrmReply:
    """The same form with what was typed; its message was not kept, so its ticket holds."""
    channels = [
        ChannelOnCard(id=one, title=_text(said, card_pages.title_of(one)) or str(one))
        for one in map(ChannelId, ticket.channels)
    ]
    sheet = CardSheet(channels=channels)
    typed = card_pages.TypedIntoCard(_text(said, "phone"), _text(said, "channel"), _text(said, "text"))
    return card_pages.again(origin, ticket.language, why, sheet, _text(said, form_tickets.FIELD), typed)


def _number(options: str) -> str:
    """The card's id in ``PLACEMENT_OPTIONS``, which is JSON; empty if it is not told."""
    try:
        told = json.loads(options)
    except (ValueError, RecursionError):
        return ""
    found = str(told.get("ID") or "") if isinstance(told, dict) else ""
    return found if found.isascii() and found.isdecimal() and len(found) < 19 else ""  # noqa: PLR2004 - of 63 bits


def _text(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    return found if isinstance(found, str) else ""
