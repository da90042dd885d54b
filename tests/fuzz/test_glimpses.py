"""The placeholder of a message that cannot be read stands where the message belongs, for every seed of a channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from telethon.extensions import BinaryReader

from chatapp_cli.connectors.api import convert as api
from chatapp_cli.connectors.avito import convert as avito
from chatapp_cli.connectors.avito.connector import _mine
from chatapp_cli.connectors.email import convert as email
from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.max import convert as max_messenger
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
from chatapp_cli.kit.manifests import create
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from tests.fuzz.recorder import seeds
from tests.fuzz.rounds import KINDS, bindings
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
    "telegram": of_telegram,
    "telegram_bot": lambda bound, raw: telegram_bot.glimpse(raw, _ears(bound), NOON),
    "vk": lambda bound, raw: _reader(bound, VkBook()).glimpse(NOON, raw),
    "whatsapp": lambda _bound, raw: whatsapp.glimpse(Book(), NOON, raw),
    "whatsapp_web": lambda _bound, raw: whatsapp_web.glimpse(raw, NOON),
}
WITHOUT = {
    "sms": "what names the phone of a message is all that is read of it",
    "vk_notify": "nobody writes there",
}
"""Channels of which nothing that came can have a placeholder."""
FEWEST = {"telegram": 2}
"""Messages among the seeds, where they are fewer than four."""
SEEN = ("peer", "ext_id", "at", "from_us")


def test_every_channel_gives_what_it_cannot_show_a_place_or_has_a_reason() -> None:
    assert {*GLIMPSES, *WITHOUT} == set(KINDS)


@pytest.mark.parametrize("kind", GLIMPSES)
def test_a_glimpse_finds_the_place_of_a_message(kind: str, tmp_path: object) -> None:
    connector, bound, found = create(kind, system_world(tmp_path)), bindings(kind)[0], 0  # type: ignore[arg-type]
    for raw in seeds(kind):
        events = connector.understand(bound, raw, NOON).events
        message = next((event for event in events if isinstance(event, MessageArrived)), None)
        glimpse = None if message is None else GLIMPSES[kind](bound, raw)
        if message is None or glimpse is None:
            continue
        found += 1
        assert glimpse.placeholder
        assert [getattr(glimpse, name) for name in SEEN] == [getattr(message, name) for name in SEEN], raw
        assert glimpse.sender.id == message.sender.id
    assert found >= FEWEST.get(kind, 4)
