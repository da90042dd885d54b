"""The page of a connector in the portal: which channel of ours stands on an open line, and its switches (S-157).

It has no script. Only an administrator of the portal gets its form, which comes back with a ticket, see
``form_tickets``; other employees read how the line stands. Nothing here asks the network: who opened it is asked by the
desk, see ``ports.crm.PlaceOpened``, and what is chosen is kept as an event, which the desk applies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import structlog

from chatapp_cli.crm.bitrix24 import form_tickets, names
from chatapp_cli.crm.bitrix24.form_tickets import FormTicket
from chatapp_cli.crm.bitrix24.names import KIND
from chatapp_cli.crm.bitrix24.record import CALLED_AT, Joined, joined, offered
from chatapp_cli.domain import option
from chatapp_cli.domain.crm.events import CrmEvent, PlaceConfigured, PlaceDetached
from chatapp_cli.domain.crm.link import Account, PlaceVisitor
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Field
from chatapp_cli.domain.ids import ChannelId, Millis
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show, speaking
from chatapp_cli.kit import crm_pages
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.crm import CrmReply, PlaceOpened
from chatapp_cli.ports.world import World

log = structlog.get_logger()

SAVE: Final = "save"
"""The page that takes the form."""
LEAVE: Final = "leave"
"""The value of the button that disconnects."""
LASTS: Final[Millis] = 900_000
"""How long the form may be sent, in milliseconds: so long whoever is an administrator no more can still use it."""
_LONGEST: Final = 4000
"""Characters of an access token."""
UNKNOWN: Final = T("Bitrix24 did not confirm who you are. Open the page again.")
READ_ONLY: Final = T("Only an administrator of the portal can change this. Ask one of them to open this page.")
_OPTION: Final = "option_"
_NO: Final = CrmReply(status=403)
_INPUTS: Final[Mapping[str, str]] = {"phone": "tel", "url": "url", "email": "email", "number": "number"}


class PlaceTicket(FormTicket, frozen=True, kw_only=True):
    """A form by which one administrator may choose the channel of one line."""

    connector: str
    line: str
    employee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPlace:
    """The open line whose page is looked at."""

    connector: str
    line: str
    language: str

    @property
    def kind(self) -> str:
        """The kind of channel that stands there."""
        return names.kind_of(self.connector)

    @property
    def pair(self) -> str:
        """The name under which a channel on a line is remembered."""
        return f"{self.connector}|{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStands:
    """What is remembered of a line."""

    there: Joined | None
    accounts: Sequence[Account]
    """Those that can be chosen."""
    address: str
    """Where the portal sends its events; empty if it was told no address yet."""


async def _stands(bound: Bound, where: FormPlace) -> LineStands:
    return LineStands(
        there=(await joined(bound.memory)).get(where.pair),
        accounts=await offered(bound.memory, where.kind),
        address=(await bound.memory.known(CALLED_AT)).get(CALLED_AT, ""),
    )


async def opened(bound: Bound, origin: str, where: FormPlace, world: World, *, proof: str) -> CrmReply:
    """The page for whoever the portal says has an access token: the ``proof``."""
    unseen = _answer(origin, where, UNKNOWN, status=403)
    if not 0 < len(proof) <= _LONGEST:
        return unseen
    stands = await _stands(bound, where)

    def page_for(visitor: PlaceVisitor) -> CrmReply:
        if not visitor.administers:
            return _read_only(origin, where, stands)
        terms = form_tickets.terms(world, where.language, lasts=LASTS)
        ticket = PlaceTicket(connector=where.connector, line=where.line, employee=visitor.employee, **terms)
        return _changeable(origin, where, stands, ticket=form_tickets.signed(bound, ticket))

    return CrmReply(place=PlaceOpened(show=page_for, unseen=unseen, proof=proof))


def _read_only(origin: str, where: FormPlace, stands: LineStands) -> CrmReply:
    """How the line stands; without the address, which lets its calls in."""
    with speaking(crm_pages.spoken(where.language)):
        body = _state(where, stands.there) + _said(READ_ONLY)
    return crm_pages.page(origin, where.language, _title(where), body)


def _changeable(
    origin: str, where: FormPlace, stands: LineStands, *, ticket: str, typed: Mapping[str, str] | None = None,
    problem: UsageError | None = None,
) -> CrmReply:  # fmt: skip
    """The page as it stands, or with what was just ``typed`` and what is wrong with it."""
    there = stands.there
    with speaking(crm_pages.spoken(where.language)):
        body = _state(where, there) + _trouble(problem) + _about(stands.address)
        if stands.accounts or there:
            body += _form(ticket, where, there, stands.accounts, typed or (there.options if there else {}))
        else:
            body += _nothing_to_choose(where.kind)
    return crm_pages.page(origin, where.language, _title(where), body, forms=True)


def _title(where: FormPlace) -> Text:
    return Text(names.channels()[where.kind].name)


def _state(where: FormPlace, there: Joined | None) -> str:
    if there is None:
        return _said(T("No channel of the desk is connected to open line {line}.", line=where.line))
    return _said(T("{account} is connected to open line {line}.", account=there.account, line=where.line))


def _trouble(problem: UsageError | None) -> str:
    if problem is None:
        return ""
    return "".join(_said(text, "strong") for text in (problem.what, problem.next_step) if text)


def _about(address: str) -> str:
    """«Вебхук» and «Линия действует до» of S-163: the lines of a desk of one's own do not end."""
    until = _said(T("The line works until: {until}", until=T("without end")))
    webhook = f"<p>{escape(show(T('Webhook')))}: <code>{escape(address)}</code></p>" if address else ""
    return webhook + until


def _nothing_to_choose(kind: str) -> str:
    how = to_do(Next.BIND, kind=kind)
    return _said(T("Bind a channel of this kind at the desk, then open this page again: {how}", how=how))


def _said(words: Text, tag: str = "span") -> str:
    return f"<p><{tag}>{escape(show(words))}</{tag}></p>"


def _form(
    ticket: str, where: FormPlace, there: Joined | None, accounts: Sequence[Account], values: Mapping[str, str]
) -> str:
    chosen = there.channel if there else 0
    choices = [(str(one.channel), Text("{value}", {"value": one.name})) for one in accounts]
    inside = f'<input type="hidden" name="{form_tickets.FIELD}" value="{escape(ticket)}">'
    inside += crm_pages.labelled(T("Account"), crm_pages.select("channel", choices, chosen=str(chosen)))
    for field in _fields(where.kind):
        inside += _question(field, values.get(field.name, field.default))
    inside += _button("save", T("Save and connect")) if accounts else ""
    inside += _button(LEAVE, T("Disconnect")) if there else ""
    return f'<form method="post" action="{SAVE}">{inside}</form>'


def _fields(kind: str) -> Sequence[Field]:
    wanted = names.channels()[kind].options
    return [field for field in manifest(KIND).pairing_fields if field.name in wanted]


def _question(field: Field, value: str) -> str:
    name = f"{_OPTION}{field.name}"
    if field.kind == "flag":
        on = " checked" if value == "on" else ""
        box = f'<input type="checkbox" name="{name}" value="on"{on}>'
        return f"<label>{box} {escape(show(field.label))}</label>"
    if field.choices:
        return crm_pages.labelled(
            field.label, crm_pages.select(name, [(one.value, one.label) for one in field.choices], chosen=value)
        )
    kind = _INPUTS.get(field.kind, "text")
    typed = f'<input type="{kind}" name="{name}" value="{escape(value)}" maxlength="{field.longest}">'
    return crm_pages.labelled(field.label, typed)


def _button(act: str, label: Text) -> str:
    return f'<p><button name="act" value="{act}">{escape(show(label))}</button></p>'


async def saved(bound: Bound, origin: str, tree: Mapping[str, Any], now: Millis) -> CrmReply:
    """Take the form: what is wrong stands on the page, what is right is kept once."""
    said = {name: value for name, value in tree.items() if isinstance(value, str)}
    borne = said.get(form_tickets.FIELD, "")
    ticket = form_tickets.read(bound, borne, PlaceTicket)
    if ticket is None or not ticket.employee:
        return _NO
    where = FormPlace(connector=ticket.connector, line=ticket.line, language=ticket.language)
    if ticket.is_late(now):
        return _answer(origin, where, form_tickets.LATE, status=410)
    try:
        event = await _event(bound, where, said)
    except UsageError as problem:
        stands, typed = await _stands(bound, where), _values(where.kind, said)
        return _changeable(origin, where, stands, ticket=borne, typed=typed, problem=problem)
    log.info("crm.place_form", asked=type(event).__name__, place=where.pair, employee=ticket.employee)
    sent = _answer(origin, where, form_tickets.SENT, status=409)
    name, page = f"form:{ticket.number}", _thanks(origin, where, event)
    return form_tickets.once(name, event, page, sent, raw=b'{"event":"FORM"}')


async def _event(bound: Bound, where: FormPlace, said: Mapping[str, str]) -> CrmEvent:
    """What the form asks for. Raises UsageError."""
    if said.get("act") == LEAVE:
        return PlaceDetached(place=where.line, kind=where.kind)
    known = {str(one.channel) for one in await offered(bound.memory, where.kind)}
    if (channel := said.get("channel", "")) not in known:
        raise UsageError(T("Choose one of the accounts."), field="channel")
    values = _values(where.kind, said)
    for field in _fields(where.kind):
        field.require_short(values[field.name])
        if values[field.name]:
            option.decoded(field, values[field.name])
    return PlaceConfigured(kind=where.kind, place=where.line, channel=ChannelId(int(channel)), options=values)


def _values(kind: str, said: Mapping[str, str]) -> dict[str, str]:
    """The options as they were typed; a box that is not ticked is not sent."""
    missing = {field.name: "off" if field.kind == "flag" else "" for field in _fields(kind)}
    return {name: said.get(_OPTION + name, unsaid) for name, unsaid in missing.items()}


def _thanks(origin: str, where: FormPlace, event: CrmEvent) -> CrmReply:
    connected = T("Saved. The desk connects the channel now; you can close this page.")
    left = T("Saved. The desk disconnects the channel now; you can close this page.")
    return _answer(origin, where, connected if isinstance(event, PlaceConfigured) else left)


def _answer(origin: str, where: FormPlace, words: Text, *, status: int = 200) -> CrmReply:
    return crm_pages.page(
        origin, where.language, _title(where), crm_pages.paragraphs(where.language, [words]), status=status
    )
