"""What was written before a pairing goes to its CRM once, silently, and keeps nothing else back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from chatapp_cli.domain.crm.entry import CrmReceipt
from chatapp_cli.domain.crm.states import Act, Tells
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.services import channels, crm_history, crm_owed, ledger, links, pairings, words
from chatapp_cli.store.rows.crm import ImportRow
from tests.services.paired import CRM, Paired, linked, pair
from tests.stores import Shop

TAKING = replace(CRM, tells=(Tells.HISTORY,))
DAY = 86_400_000


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel(kind="email")


@pytest.fixture
def past(shop: Shop, channel: ChannelId) -> list[MessageId]:
    """What two clients wrote before the channel was paired."""
    return [shop.hear(channel, who=who, text=str(n)) for n in range(3) for who in ("anna", "boris")]


@pytest.fixture
def desk(shop: Shop, channel: ChannelId, past: list[MessageId]) -> Paired:
    assert past
    return linked(shop, channel, "north.example")


def begin(desk: Paired, days: int = 0) -> ImportRow:
    return desk.shop.write(lambda tx: crm_history.begin(tx, TAKING, pairings.one(tx, desk.pairing), days=days))


def stop(desk: Paired) -> ImportRow:
    return desk.shop.write(lambda tx: crm_history.stop(tx, pairings.one(tx, desk.pairing)))


def feed(desk: Paired) -> int:
    return desk.shop.write(lambda tx: crm_history.feed(tx, desk.link))


def now(desk: Paired) -> ImportRow:
    [row] = desk.shop.read(crm_history.everything)
    return row


def test_it_is_off_until_a_person_asks_and_each_message_goes_once_in_the_order_of_its_dialog(
    desk: Paired, past: list[MessageId]
) -> None:
    assert (feed(desk), desk.shop.read(ledger.everything)) == (0, [])
    row = begin(desk)
    assert (row.total, row.shown, str(words.of_import(row))) == (6, 0, "running")
    assert (feed(desk), now(desk).shown) == (6, 0)
    told = desk.tell_all()
    assert {act for act, _ in told} == {Act.IMPORT}
    assert [[n for _, n in told if n in past[i::2]] for i in range(2)] == [past[0::2], past[1::2]]
    assert feed(desk) == 0
    row = now(desk)
    assert (row.shown, row.total, str(words.of_import(row))) == (6, 6, "done")
    begin(desk)
    assert (feed(desk), feed(desk)) == (0, 0)


def test_what_a_page_lost_with_the_daemon_is_given_to_the_ledger_again_and_nothing_twice(
    desk: Paired, past: list[MessageId]
) -> None:
    begin(desk)

    def dies(tx: object) -> None:
        crm_history.feed(tx, desk.link)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.shop.write(dies)
    assert feed(desk) == 6
    rows = desk.entries()
    desk.shop.write(lambda tx: ledger.begin(tx, rows[:1]))
    desk.shop.write(partial(ledger.recover, link=desk.link))
    assert [row.doubtful for row in desk.entries()] == [1, 0]


def test_a_page_comes_when_the_last_one_is_nearly_told(shop: Shop) -> None:
    channel = shop.channel(kind="email")
    for n in range(crm_history.PAGE + 30):
        shop.hear(channel, who=f"c{n}", text=str(n))
    desk = linked(shop, channel, "north.example")
    begin(desk)
    assert (feed(desk), feed(desk)) == (crm_history.PAGE, 0)
    while len(desk.shop.read(ledger.everything)) > crm_history.FEW:
        assert all(desk.told(row) for row in desk.entries())
    assert feed(desk) == 30
    assert len(desk.tell_all()) == 30 + crm_history.FEW


def test_a_new_message_goes_first_also_in_the_dialog_whose_past_waits_and_only_behind_one_that_is_being_told(
    desk: Paired, past: list[MessageId]
) -> None:
    begin(desk)
    feed(desk)
    live = desk.shop.hear(desk.channel, who="anna", text="Сейчас")
    [row] = desk.entries()
    assert (row.act, row.message_id) == (Act.ADD, live)
    [other] = desk.entries()
    assert other.message_id == past[1]  # the past of Anna waits until nothing else is to be told of her
    desk.told(row)
    assert desk.entries() == []  # no second bundle beside the first
    desk.told(other)
    one, _ = desk.entries()
    assert one.message_id == past[0]
    later = desk.shop.hear(desk.channel, who="anna", text="Потом")
    assert desk.entries() == []
    desk.told(one)
    assert [row.message_id for row in desk.entries()] == [later]


def test_what_failed_or_was_deleted_or_is_shown_already_is_left_out(desk: Paired, past: list[MessageId]) -> None:
    desk.shop.write(lambda tx: tx.run("messages.delete", id=past[0], at=tx.now))
    desk.shop.write(lambda tx: crm_owed.came_from(tx, desk.link, past[1], "r-1", chat="chat-2"))
    assert begin(desk).total == 5
    assert feed(desk) == 4
    assert sorted(number for _, number in desk.tell_all() if number) == past[2:]


def test_it_can_be_stopped_and_goes_on_where_it_stood(desk: Paired, past: list[MessageId]) -> None:
    begin(desk)
    feed(desk)
    assert all(desk.told(row) for row in desk.entries())
    row = stop(desk)
    assert (row.shown, row.total, str(words.of_import(row))) == (2, 6, "stopped")
    assert (feed(desk), desk.shop.read(ledger.everything)) == (0, [])
    assert begin(desk).shown == 2
    assert feed(desk) == 4
    assert [number for _, number in desk.tell_all()] == past[2:]


def test_only_what_is_young_enough_is_shown_and_the_rest_if_it_is_wanted_later(desk: Paired) -> None:
    desk.shop.clock.at += 2 * DAY
    assert begin(desk, days=1).total == 0
    feed(desk)
    assert now(desk).is_done
    assert begin(desk, days=3).total == 6
    assert feed(desk) == 6


def test_the_end_of_a_pairing_stops_it(desk: Paired) -> None:
    begin(desk)
    feed(desk)
    desk.shop.write(lambda tx: pairings.detach(tx, pairings.one(tx, desk.pairing)))
    row = now(desk)
    assert (row.running, row.shown, row.last) == (0, 0, 0)
    with pytest.raises(NotFound):
        begin(desk)


def pair_again(desk: Paired) -> None:
    desk.shop.write(lambda tx: pair(tx, desk.link, channels.one(tx, desk.channel)))


@pytest.mark.parametrize("lost", [False, True])
def test_what_is_being_told_while_the_channel_is_detached_is_not_owed_again(
    desk: Paired, past: list[MessageId], lost: bool
) -> None:
    begin(desk)
    feed(desk)
    rows = desk.entries()
    desk.shop.write(lambda tx: ledger.begin(tx, rows))
    desk.shop.write(lambda tx: pairings.detach(tx, pairings.one(tx, desk.pairing)))
    if lost:
        desk.shop.write(partial(ledger.recover, link=desk.link))
        assert (desk.entries(), desk.shop.read(lambda tx: links.one(tx, desk.link)).waiting) == ([], 0)
    else:
        assert all(desk.shop.write(partial(ledger.settle, row=row, shown=CrmReceipt(chat="55"))) for row in rows)
    pair_again(desk)
    assert begin(desk).total == 6
    feed(desk)
    told = []
    while rows := desk.entries():
        told += [(row.message_id, row.doubtful) for row in rows]
        assert all(desk.told(row) for row in rows)
    assert told == [*[(number, 1) for number in past[:2] if lost], *[(number, 0) for number in past[2:]]]
    row = now(desk)
    assert (row.shown, row.total, row.is_done) == (6, 6, True)


@pytest.mark.parametrize("anew", [False, True])
def test_what_the_crm_refuses_is_counted_apart_and_is_not_done(desk: Paired, anew: bool) -> None:
    begin(desk)
    feed(desk)
    while rows := desk.entries():
        assert all(desk.shop.write(partial(ledger.die, row=row, code="odd", detail="no")) for row in rows)
    row = now(desk)
    assert (row.shown, row.refused, row.total, row.is_done, str(words.of_import(row))) == (0, 6, 6, False, "refused: 6")
    if anew:
        desk.shop.write(lambda tx: pairings.detach(tx, pairings.one(tx, desk.pairing)))
        pair_again(desk)
        begin(desk)
        assert feed(desk) == 6
    else:
        assert (begin(desk).refused, feed(desk)) == (6, 0)
        for dead in desk.shop.read(ledger.everything):
            desk.shop.write(partial(ledger.retry, entry=dead.id))
    assert len(desk.tell_all()) == 6
    row = now(desk)
    assert (row.shown, row.refused, row.total, row.is_done) == (6, 0, 6, True)


def test_what_is_under_way_when_it_is_stopped_is_counted_once(desk: Paired, past: list[MessageId]) -> None:
    begin(desk)
    feed(desk)
    one, other = desk.entries()
    desk.told(other)
    desk.shop.write(lambda tx: ledger.begin(tx, [one]))
    stop(desk)
    assert desk.shop.write(partial(ledger.settle, row=one, shown=CrmReceipt(chat="55")))
    assert begin(desk).total == 6
    feed(desk)
    desk.tell_all()
    assert (now(desk).shown, now(desk).total) == (6, 6)


def test_a_crm_that_takes_none_is_not_asked(desk: Paired) -> None:
    needing = replace(TAKING, tells_with="channel_id")
    for crm, step in ((CRM, "There is no way to show them in Tillbook."), (needing, "See in docs/crm/tillbook.md")):
        with pytest.raises(Refused, match="from before") as refused:
            desk.shop.write(lambda tx, crm=crm: crm_history.begin(tx, crm, pairings.one(tx, desk.pairing)))
        assert str(refused.value.next_step).startswith(step)
    with pytest.raises(NotFound):
        stop(desk)
    assert not desk.shop.read(lambda tx: crm_history.is_running(tx, desk.link))
