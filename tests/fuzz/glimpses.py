"""What each channel still reads of an arrival that it cannot read whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from telethon.extensions import BinaryReader

from chatapp_cli.connectors.api import convert as api
from chatapp_cli.connectors.avito import convert as avito
from chatapp_cli.connectors.avito.connector import _mine
from chatapp_cli.connectors.email import convert as email
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.max import convert as max_messenger
from chatapp_cli.connectors.sms.bind import TRADE
from chatapp_cli.connectors.telegram import convert as telegram
from chatapp_cli.connectors.telegram.names import View
from chatapp_cli.connectors.telegram.peers import number_of
from chatapp_cli.connectors.telegram_bot import convert as telegram_bot
from chatapp_cli.connectors.telegram_bot.connector import _ears
from chatapp_cli.connectors.vk.connector import _reader
from chatapp_cli.connectors.vk.names import Book as VkBook
from chatapp_cli.connectors.whatsapp import convert as whatsapp
from chatapp_cli.connectors.whatsapp.people import Book
from chatapp_cli.connectors.whatsapp_web import convert as whatsapp_web
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import MessageArrived
from chatapp_cli.kit import gateway_calls
from chatapp_cli.ports.bind import Bound
from tests.stores import NOON

Glimpse = Callable[[Bound, bytes], MessageArrived | None]


def of_mail(bound: Bound, raw: bytes) -> MessageArrived:
    return email.glimpse(raw, border.at(NOON, NOON), Account.of(bound).reading)


def of_telegram(bound: Bound, raw: bytes) -> MessageArrived | None:
    with BinaryReader(raw) as reader:
        kept = reader.tgread_object()
    entities = {number_of(entity): entity for entity in (*kept.users, *kept.chats)}
    view = View(me=int(bound.account), max_download=0, entities=entities, now=NOON)
    return next(filter(None, (telegram.glimpse(one, view) for one in telegram._updates(kept))), None)


GLIMPSES: Mapping[str, Glimpse] = {
    "api": lambda _bound, raw: api.glimpse(NOON, raw),
    "avito": lambda bound, raw: avito.glimpse(raw, _mine(bound), NOON),
    "email": of_mail,
    "max": lambda bound, raw: max_messenger.glimpse(max_messenger.Ears(bound.account, NOON), raw),
    "sms": lambda bound, raw: gateway_calls.glimpse(TRADE.gateway(bound.settings), NOON, raw),
    "telegram": of_telegram,
    "telegram_bot": lambda bound, raw: telegram_bot.glimpse(raw, _ears(bound), NOON),
    "vk": lambda bound, raw: _reader(bound, VkBook()).glimpse(NOON, raw),
    "whatsapp": lambda _bound, raw: whatsapp.glimpse(Book(), NOON, raw),
    "whatsapp_web": lambda _bound, raw: whatsapp_web.glimpse(raw, NOON),
}
