"""Dialogs as the list shows them, and sending in them."""

from __future__ import annotations

from typing import Any

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.services import outbox, sending
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.dialogs import DialogRow
from tests.stores import EVERYTHING, Shop, hand_over

NEVER = DialogFilter()


def the_list(shop: Shop, wanted: DialogFilter = NEVER) -> list[DialogRow]:
    return shop.read(lambda tx: dialog_list.page(tx, shop.driver.dialect, wanted))


def say(shop: Shop, dialog: DialogId, text: str = "Добрый день", **values: Any) -> MessageId:
    order = shop.order(**values)
    return shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text=text), order))


def claim(shop: Shop, channel: ChannelId) -> outbox.Claim:
    found = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert found is not None
    return found
