"""A look for what employees wrote sends nothing that is older than it goes back, and nothing twice."""

from __future__ import annotations

from functools import partial

import pytest

from chatapp_cli.domain.crm.events import CrmArrival, CrmWrote
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.ids import DialogId, Millis
from chatapp_cli.domain.text import Text
from chatapp_cli.services import channels, crm_gaps, crm_intake, crm_looks, crm_stored, crm_upkeep, links, pairings
from chatapp_cli.services.crm_gaps import LONGEST, OVERLAP, SENT_WITHIN
from tests.services.paired import Paired, able, linked, pair
from tests.stores import Shop

DAY: Millis = 86_400_000
MINUTE: Millis = 60_000


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


@pytest.fixture
def dialog(desk: Paired) -> DialogId:
    found = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all()
    return found


def passes(desk: Paired, milliseconds: Millis) -> None:
    desk.shop.clock.at += milliseconds


def since(desk: Paired) -> Millis:
    found: Millis = desk.shop.read(lambda tx: crm_gaps.looks_back_to(tx, desk.link))
    return found


def look(desk: Paired, *events: CrmWrote) -> int:
    """A look that finds these and goes to its end; returns how many are new."""
    desk.shop.write(lambda tx: links.open_gap(tx, desk.link))
    goes_back = since(desk)
    found = [CrmArrival(provider_id=f"message:{one.remote}", event=one, raw=b"{}") for one in events]
    new: int = desk.shop.write(lambda tx: crm_looks.keep(tx, desk.link, found, goes_back))
    desk.shop.write(lambda tx: links.close_gap(tx, desk.link, chats=1, found=new))
    context = crm_intake.CrmContext(able=able)
    for row in desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link)):
        event = crm_stored.event_of(row)
        desk.shop.write(partial(crm_intake.apply, row=row, event=event, context=context))
    return new


def test_a_look_begins_where_the_last_one_did_that_went_to_its_end(desk: Paired, dialog: DialogId) -> None:
    look(desk)
    begun = desk.shop.clock.now()
    passes(desk, 60 * MINUTE)
    desk.shop.write(lambda tx: links.prove(tx, desk.link))
    assert since(desk) == begun - OVERLAP
    desk.shop.write(lambda tx: links.open_gap(tx, desk.link))
    passes(desk, 60 * MINUTE)
    assert since(desk) == begun - OVERLAP
    assert desk.shop.read(lambda tx: links.one(tx, desk.link)).gap == (begun, begun + 60 * MINUTE)
    passes(desk, 2 * LONGEST)
    assert since(desk) == desk.shop.clock.now() - LONGEST


def test_what_was_refused_so_long_ago_that_it_is_forgotten_does_not_go_out(desk: Paired, dialog: DialogId) -> None:
    passes(desk, DAY)
    refused = desk.wrote(dialog, "", remote="m-1", at=desk.shop.clock.now())
    assert look(desk, refused) == 1
    assert [row.act for row in desk.entries()] == [Act.FAILED]
    for _ in range(4):
        passes(desk, 25 * DAY)
        assert look(desk, refused) == 0
    assert desk.shop.write(lambda tx: crm_upkeep.delete_applied(tx, 10)) == 1
    assert look(desk, refused) == 0


def test_a_dead_letter_that_was_dropped_does_not_come_back(desk: Paired, dialog: DialogId) -> None:
    passes(desk, DAY)
    there = desk.wrote(dialog, "Привет", remote="m-1", place="no such place", at=desk.shop.clock.now())
    arrival = CrmArrival(provider_id="message:m-1", event=there, raw=b"{}")
    desk.shop.write(lambda tx: crm_intake.keep(tx, desk.link, [arrival]))
    [row] = desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))
    desk.shop.write(lambda tx: crm_intake.die(tx, row, Text("unknown place")))
    desk.shop.write(lambda tx: crm_intake.delete(tx, row.id))
    assert look(desk, there) == 0
    assert desk.shop.read(crm_intake.dead) == []


def test_what_was_written_while_the_channel_was_detached_does_not_go_out(desk: Paired, dialog: DialogId) -> None:
    passes(desk, DAY)
    desk.shop.write(lambda tx: pairings.detach(tx, pairings.one(tx, desk.pairing)))
    meanwhile = desk.wrote(dialog, "Никому", remote="m-1", at=desk.shop.clock.now() + MINUTE)
    passes(desk, 60 * MINUTE)
    desk.shop.write(lambda tx: pair(tx, desk.link, channels.one(tx, desk.channel)))
    afterwards = desk.wrote(dialog, "Клиенту", remote="m-2", at=desk.shop.clock.now() + MINUTE)
    assert look(desk, meanwhile, afterwards) == 1
    assert desk.shop.message(desk.send_next()).text == "Клиенту"


def test_other_options_of_a_pairing_do_not_make_it_begin_anew(desk: Paired) -> None:
    before = desk.shop.read(lambda tx: pairings.one(tx, desk.pairing)).since
    passes(desk, DAY)
    desk.shop.write(lambda tx: pair(tx, desk.link, channels.one(tx, desk.channel)))
    assert desk.shop.read(lambda tx: pairings.one(tx, desk.pairing)).since == before


def test_what_is_found_after_more_than_a_week_is_not_sent_and_its_author_is_told(
    desk: Paired, dialog: DialogId
) -> None:
    passes(desk, DAY)
    old = desk.wrote(dialog, "Скидка сегодня", remote="m-1", at=desk.shop.clock.now())
    passes(desk, (SENT_WITHIN + 1) * DAY)
    assert look(desk, old) == 1
    [row] = desk.entries()
    told = desk.entry(row)
    assert told is not None
    assert (row.act, row.remote, row.employee) == (Act.FAILED, "m-1", "27")
    assert "more than 7 days ago" in told.reason
