"""``chatapp crm card`` and ``chatapp crm write``: the cards of a dialog, and a message to the client of a card."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Dialog, Json, Line, Verb, channel_names, completing, opened
from chatapp_cli.commands.crm_names import Link
from chatapp_cli.commands.crm_own import app
from chatapp_cli.commands.errors import say
from chatapp_cli.commands.input_checks import number
from chatapp_cli.commands.send_options import PATIENCE, Key, MessageOptions, Wait, send_off
from chatapp_cli.documents import crm as documents
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.services import crm_cards, links, words

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.crm.cards import ClientOfCard
    from chatapp_cli.domain.crm.link import Card
    from chatapp_cli.runtime.crm_cards import CardsInCrm
    from chatapp_cli.services.crm_cards import CardWay
    from chatapp_cli.store.rows.crm import LinkRow

_NONE_YET = 3
_NOT_THERE = 1

CardName = Annotated[
    str, typer.Argument(metavar="CARD", help=N_("Card of the CRM: deal:17, lead:17, contact:17 or company:17"))
]
Words = Annotated[str, typer.Argument(metavar="TEXT", help=N_("The text; - reads standard input"))]
Through = Annotated[
    str,
    typer.Option(
        "--channel",
        "-c",
        help=N_("Channel by kind, account or number; not needed if only one is possible"),
        autocompletion=completing(channel_names),
    ),
]
InThis = Annotated[
    int, typer.Option("--dialog", metavar="NUMBER", parser=number, help=N_("One of the card's dialogs, by number"))
]
ToPhone = Annotated[str, typer.Option("--phone", metavar="PHONE", help=N_("One of the card's phones"))]


@app.command(cls=Verb)
def card(ctx: typer.Context, dialog: Dialog, as_json: Json = False) -> None:
    """Show the cards that the CRM has bound to a dialog, or why there is none. The exit code is 3 if one may come."""
    from chatapp_cli.runtime import crm_cards as asking

    with opened(ctx) as company:
        found = asyncio.run(asking.of_dialog(company, DialogId(dialog), patient=True))
        if not found:
            company.read(links.find)
    if as_json:
        printing.document([documents.cards(one.dialog, one.cards) for one in found])
    else:
        _print_cards(found)
    raise typer.Exit(_exit_code(found))


def _exit_code(found: Sequence[CardsInCrm]) -> int:
    if any(one.cards for one in found):
        return 0
    if all(one.dialog.code in {crm_cards.NOT_PAIRED, crm_cards.NOTHING_WRITTEN, crm_cards.REFUSED} for one in found):
        return _NOT_THERE
    return max((one.error.exit_code for one in found if one.error), default=_NONE_YET)


def _print_cards(found: Sequence[CardsInCrm]) -> None:
    from chatapp_cli.kit.crms import manifest

    shown = [(one.dialog.link, card) for one in found for card in one.cards]
    columns = (_("CRM"), _("Card"), _("No."), _("Title"), _("Pipeline"), _("Stage"), _("Responsible"), _("Address"))
    printing.records(columns, [_row(link, card) for link, card in shown])
    for one in found:
        if not one.cards:
            what, step = crm_cards.why_none(manifest(one.dialog.link.kind), one.dialog)
            say(T("{title}: {what}", title=one.dialog.link.title, what=what), step)


def _row(link: LinkRow, one: Card) -> tuple[object, ...]:
    named = show(words.CARDS[one.kind]), f"{one.kind}:{one.id}"
    return link.title, *named, one.title, one.pipeline, one.stage, one.responsible, one.url


def _way(company: Company, channel: str, line: str, dialog: DialogId, phone: str) -> CardWay:
    """The way that a person named, with the channels of a kind or of a line that are possible."""
    from chatapp_cli.commands.binding import wanted
    from chatapp_cli.services.crm_cards import CardWay

    named = None
    if channel or line:
        named = frozenset(row.id for row in wanted(company, channel, line))
    return CardWay(channels=named, dialog=dialog or None, phone=phone)


async def _client(asked: Awaitable[ClientOfCard]) -> ClientOfCard:
    """The client of a card. Raises Refused with the way around for a CRM that cannot say who that is."""
    try:
        return await asked
    except Refused as refused:
        step = T("Write to them by the dialog or the address: {how}", how="chatapp reply DIALOG, chatapp send ADDRESS")
        known = refused.next_step
        raise Refused(
            refused.code, refused.what, step if known is None else T("{step} {then}", step=known, then=step)
        ) from None


@app.command(cls=Verb)
def write(
    ctx: typer.Context,
    card: CardName,
    text: Words,
    *,
    channel: Through = "",
    line: Line = "",
    link: Link = "",
    dialog: InThis = 0,
    phone: ToPhone = "",
    key: Key = None,
    wait: Wait = PATIENCE,
    as_json: Json = False,
) -> None:
    """Write to the client of a card: in the card's dialog, otherwise first, by the card's phone.

    Nothing is guessed: if the card has several dialogs, phones or possible channels, they are listed.
    """
    from chatapp_cli.domain.crm.cards import CardRef
    from chatapp_cli.runtime import crm_cards as asking

    named, options = CardRef.parse(card), MessageOptions(text=text, key=key, wait=wait)
    with opened(ctx) as company:
        row = company.read(lambda tx: links.find(tx, link))
        way = _way(company, channel, line, DialogId(dialog), phone)
        client = asyncio.run(_client(asking.client_of(company, row, named)))
        target = company.read(lambda tx: crm_cards.target(tx, company.capabilities, row.id, client, way))
        with options.request(company, target, ()) as request:
            code = send_off(company, request, wait=options.wait, as_json=as_json)
    raise typer.Exit(code)
