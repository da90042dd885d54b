"""The pages of the tab in cards: no script, and in no frame but the linked portal's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Final, NamedTuple

from chatapp_cli.crm.bitrix24.form_tickets import FIELD
from chatapp_cli.domain.crm.cards import CardSheet, DialogOnCard, MessageOnCard
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.moment import spelled
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show, speaking
from chatapp_cli.kit.crm_pages import labelled, page, paragraphs, select, spoken
from chatapp_cli.ports.crm import CrmReply

_TITLE = Text("ChatApp")


class TypedIntoCard(NamedTuple):
    """What somebody typed into the form."""

    phone: str = ""
    channel: str = ""
    text: str = ""


_NOTHING: Final = TypedIntoCard()


def title_of(channel: ChannelId) -> str:
    """The form's name for the title of a channel, so that the form can be shown again without a look into the store."""
    return f"title-{channel}"


def card(origin: str, language: str, sheet: CardSheet, ticket: str) -> CrmReply:
    """The dialogs of a card, and the form."""
    with speaking(spoken(language)):
        inside = "".join([*_dialogs(sheet, spoken(language)), *_form(sheet, ticket)])
    return page(origin, language, _TITLE, inside, forms=True)


def again(origin: str, language: str, why: Text, sheet: CardSheet, ticket: str, typed: TypedIntoCard) -> CrmReply:
    """The form with what was typed, and why it was not accepted."""
    with speaking(spoken(language)):
        inside = "".join([_line(why), *_form(sheet, ticket, typed)])
    return page(origin, language, _TITLE, inside, status=400, forms=True)


def said(origin: str, language: str, what: Text, *, status: int = 200) -> CrmReply:
    """One sentence."""
    return page(origin, language, _TITLE, paragraphs(language, [what]), status=status)


def _dialogs(sheet: CardSheet, language: str) -> Iterator[str]:
    yield f"<h2>{escape(show(T('Dialogs')))}</h2>"
    if not sheet.dialogs:
        yield _line(T("No dialog of the desk belongs to this card yet."))
    if sheet.dialogs:
        rows = "".join(_row(dialog, language) for dialog in sheet.dialogs)
        heads = (T("Client"), T("Channel"), T("Last message"), T("At the desk"))
        head = "".join(f"<th>{escape(show(one))}</th>" for one in heads)
        yield f"<table><tr>{head}</tr>{rows}</table>"
    for place, dialog in enumerate(one for one in sheet.dialogs if one.messages):
        said = "".join(_message(message, language, sheet.names) for message in dialog.messages)
        head = f"{escape(dialog.name)} · {escape(dialog.channel)}"
        yield f"<details{'' if place else ' open'}><summary>{head}</summary>{said}</details>"


def _row(dialog: DialogOnCard, language: str) -> str:
    command = f"chatapp dialog show {dialog.id}"
    cells = (escape(dialog.name), escape(dialog.channel), escape(spelled(dialog.last_at, language)))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in (*cells, f"<code>{command}</code>")) + "</tr>"


def _message(message: MessageOnCard, language: str, names: Mapping[str, str]) -> str:
    """A message below who wrote it and when, and how one of ours fares."""
    by = names.get(message.employee) or show(message.by)
    about = [by, spelled(message.at, language), *([show(message.state)] if message.state else [])]
    said = "\n".join(filter(None, (message.text, *(f"[{name}]" for name in message.files))))
    side = "them" if message.state is None else "us"
    return f'<p class="{side}"><small>{escape(" · ".join(about))}</small><br>{escape(said)}</p>'


def _form(sheet: CardSheet, ticket: str, typed: TypedIntoCard = _NOTHING) -> Iterator[str]:
    yield f"<h2>{escape(show(T('Write by phone')))}</h2>"
    if not sheet.channels:
        yield _line(T("No channel that can write first is paired with Bitrix24."))
        return
    yield f'<form method="post" action="write"><input type="hidden" name="{FIELD}" value="{escape(ticket)}">'
    for one in sheet.channels:
        yield f'<input type="hidden" name="{title_of(one.id)}" value="{escape(one.title)}">'
    known = "".join(f'<option value="{escape(one.phone)}">{escape(one.whose)}</option>' for one in sheet.phones)
    only = escape(typed.phone or (sheet.phones[0].phone if len(sheet.phones) == 1 else ""))
    phone = f'<input name="phone" type="tel" required maxlength="40" list="phones" value="{only}">'
    yield labelled(T("Phone"), f'{phone}<datalist id="phones">{known}</datalist>')
    choices = [(str(one.id), Text("{title}", {"title": one.title})) for one in sheet.channels]
    none = [] if len(sheet.channels) == 1 else [("", Text(""))]
    yield labelled(T("Channel"), select("channel", [*none, *choices], chosen=typed.channel, required=True))
    text = f'<textarea name="text" required rows="4" maxlength="4000">\n{escape(typed.text)}</textarea>'
    yield labelled(T("Text"), text)
    yield f"<button>{escape(show(T('Send')))}</button></form>"


def _line(what: Text) -> str:
    return f"<p>{escape(show(what))}</p>"
