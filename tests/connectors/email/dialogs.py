"""What mails become at the desk: dialogs and their messages."""

from __future__ import annotations

import pytest

from chatapp_cli.connectors.email.convert import arrival
from chatapp_cli.connectors.email.incoming import Mail, Reading
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import dialogs, ingest, outbox, sending, transcript
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.dialogs import DialogCard, DialogRow
from chatapp_cli.store.rows.messages import MessageRow
from tests.connectors.email.reading import KEY, OURS, OWN_ID
from tests.stores import EVERYTHING, NOON, Shop, hand_over

DESK = b"desk@shop.example.org"


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel(kind="email", account=DESK.decode())


def take(shop: Shop, channel: ChannelId, *raws: bytes, reading: Reading = OURS) -> ingest.Ingested:
    mails = [Mail(uid=n, at=NOON + n * 1000, size=0, raw=raw) for n, raw in enumerate(raws)]
    batch = Batch(arrivals=tuple(arrival(mail, reading, mail.at) for mail in mails))
    return shop.write(lambda tx: ingest.ingest(tx, channel, batch))


def the_list(shop: Shop) -> list[DialogRow]:
    return shop.read(lambda tx: dialog_list.page(tx, shop.driver.dialect, DialogFilter()))


def card(shop: Shop, row: DialogRow) -> DialogCard:
    return shop.read(lambda tx: dialogs.card(tx, row.id))


def messages(shop: Shop, row: DialogRow) -> list[MessageRow]:
    return [entry.message for entry in shop.read(lambda tx: transcript.latest(tx, row.id, n=100))]


def say(shop: Shop, channel: ChannelId, row: DialogRow) -> MessageId:
    """Answer, and let the mail go out under our id."""
    written = shop.order(key=KEY)
    sent: MessageId = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, row.id, Draft(text="Есть"), written))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim is not None
    shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(OWN_ID,))))
    return sent
