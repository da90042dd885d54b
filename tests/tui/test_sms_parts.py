"""Texts that are paid for in parts are counted while they are written."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, ingest, lines
from tests.tui.conftest import Opener

pytestmark = pytest.mark.req("S-110")

PHONE = "+79160000077"


def client_by_sms(company: Company, price: str) -> None:
    bound = Bound(account="SMS", title="SMS", settings={"preset": "smsc", "price": price}, hook_key="h")
    line = company.read(lines.everything)[0].id
    made = company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="sms"))
    peer, sender = Peer(key=PHONE, address=PHONE), Profile(id=PHONE, phone=PHONE)
    event = MessageArrived(peer=peer, ext_id="1", at=company.world.clock.now(), text="Готово?", sender=sender)
    arrival = Arrival(provider_id="1", raw=b"{}", events=(event,))
    company.write(lambda tx: ingest.ingest(tx, made, Batch(arrivals=(arrival,))))


@pytest.mark.parametrize(("price", "shown"), [("4.35", "2 parts (63 left) · 8.70"), ("", "2 parts (63 left)")])
async def test_parts_and_their_price_stand_above_the_text(
    window: Opener, company: Company, price: str, shown: str
) -> None:
    client_by_sms(company, price)
    async with window() as it:
        await it.open(PHONE)
        pen = it.app.screen.query_one("Pen")
        pen.load_text("ж" * 70)
        await it.sees("1 part (0 left)")
        pen.load_text("ж" * 71)
        await it.sees(shown)
        pen.load_text("ж" * 671)
        await it.sees("The text takes 11 short messages")
