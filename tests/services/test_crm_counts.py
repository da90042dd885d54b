"""What a link owes a person's look is counted as what it is: refused entries, and events that could not be used."""

from __future__ import annotations

from chatapp_cli.domain.crm.events import CrmArrival, CrmRewrote
from chatapp_cli.domain.text import T
from chatapp_cli.services import crm_intake, ledger, links
from tests.services.paired import HERE, linked
from tests.stores import Shop


def test_an_event_that_is_put_off_counts_as_nothing_and_a_dead_one_as_a_letter(shop: Shop) -> None:
    desk = linked(shop, shop.channel(kind="email"), "north.example")
    event = CrmRewrote(kind="email", place=HERE.id, chat="chat-1", remote="999", text="x")
    arrival = CrmArrival(provider_id="edit:999", event=event, raw=b"{}")
    shop.write(lambda tx: crm_intake.keep(tx, desk.link, [arrival]))
    (row,) = shop.read(lambda tx: crm_intake.waiting(tx, desk.link))
    shop.write(lambda tx: crm_intake.put_off(tx, row, event, T("not known yet"), seconds=2))
    link = shop.read(lambda tx: links.one(tx, desk.link))
    assert (link.refused, link.letters, link.dead) == (0, 0, 0)
    shop.write(lambda tx: crm_intake.die(tx, row, T("no such chat")))
    (link,) = shop.read(links.everything)
    assert (link.refused, link.letters, link.dead) == (0, 1, 1)


def test_a_refused_entry_is_counted_apart_from_letters(shop: Shop) -> None:
    desk = linked(shop, shop.channel(kind="email"), "north.example")
    shop.hear(desk.channel)
    (row,) = desk.entries()
    shop.write(lambda tx: ledger.begin(tx, [row]))
    shop.write(lambda tx: ledger.die(tx, row, "line_inactive", "off"))
    link = shop.read(lambda tx: links.one(tx, desk.link))
    assert (link.refused, link.letters, link.dead, link.waiting) == (1, 0, 1, 0)
