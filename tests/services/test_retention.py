"""Whatever is swept, duplicates are recognised, dead letters wait, followers miss nothing, and a trace is whole."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatapp_cli.domain.arrival import Arrival, Batch, DeliveryChanged
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.message import State
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.services import (
    deadletters,
    following,
    ingest,
    journal,
    options,
    orphans,
    outbox,
    packing,
    presence,
    retention,
    sending,
    session_requests,
    trace,
)
from chatapp_cli.services.options import Options
from chatapp_cli.settings import Settings
from tests.services.packed import stored_row
from tests.stores import EVERYTHING, Shop, hand_over, said

DAY = retention.DAY
DAYS = st.integers(0, 400)
OPTIONS = Options(Settings())


def keep(shop: Shop, **days: int) -> None:
    shop.write(lambda tx: options.configure_company(tx, {name: str(n) for name, n in days.items()}))


def sweep(shop: Shop, *, most: int = retention.AT_ONCE, lasting: Sequence[str] = ()) -> dict[str, int]:
    """Delete everything that is old; returns what was planned."""
    planned = shop.read(partial(retention.plan, options=OPTIONS, lasting=lasting))
    for one in planned:
        left = one
        while left.n:
            left = shop.write(partial(retention.sweep, planned=left, most=most))
    return {one.option: one.n for one in planned}


def hear(shop: Shop, channel: ChannelId, number: int) -> MessageId:
    """A client writes; the raw is not the text."""
    event = said(f"Ёлка {number}", ext_id=f"x{number}", at=shop.clock.now())
    arrival = Arrival(provider_id=f"u{number}", raw=b"raw bytes " * 9, events=(event,))
    shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(arrival,))))
    return MessageId(shop.read(lambda tx: tx.value("messages.ref_anywhere", channel=channel, ext_id=f"x{number}")))


def answer(shop: Shop, channel: ChannelId, heard: MessageId) -> MessageId:
    """An answer that is sent and later read."""
    dialog = shop.message(heard).dialog_id
    said_back = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Да"), shop.order()))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(f"their-{said_back}",))))
    shop.take(channel, DeliveryChanged(ext_id=f"their-{said_back}", state=State.READ, at=shop.clock.now()))
    return MessageId(said_back)


def life(shop: Shop, message: MessageId) -> Any:
    found = shop.read(partial(trace.life, message=message))
    return found.news, found.attempts, found.arrived and found.arrived._replace(raw=b"", packed=0)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(DAYS, st.booleans()), min_size=1, max_size=8),
    days=st.fixed_dictionaries(dict.fromkeys(("keep_raw", "keep_journal", "keep_attempts", "keep_requests"), DAYS)),
    most=st.integers(1, 5),
)
def test_whatever_is_swept_duplicates_are_known_and_the_trace_of_ninety_days_is_whole(
    shop: Shop, steps: list[tuple[int, bool]], days: dict[str, int], most: int
) -> None:
    channel, known, heard = shop.channel(), {}, {}
    keep(shop, **days)
    for number, (later, answered) in enumerate(steps):
        shop.clock.at += later * DAY
        message = hear(shop, channel, number)
        heard[number] = message
        known[message] = shop.clock.at
        if answered:
            known[answer(shop, channel, message)] = shop.clock.at
        before = {one: life(shop, one) for one in known}
        sweep(shop, most=most)
        for one, at in known.items():
            after = life(shop, one)
            assert after[2] == before[one][2]
            if shop.clock.at - at < 90 * DAY:
                assert after == before[one]
    for number in heard:
        event = said(ext_id=f"x{number}", at=shop.clock.now())
        again = Batch(arrivals=(Arrival(provider_id=f"u{number}", raw=b"again", events=(event,)),))
        found = shop.write(lambda tx, again=again: ingest.ingest(tx, channel, again))
        assert (found.duplicates, found.messages) == (1, 0)


def test_by_default_everything_goes_after_ninety_days_and_not_before(shop: Shop) -> None:
    channel = shop.channel()
    answer(shop, channel, hear(shop, channel, 1))
    shop.write(lambda tx: session_requests.ask(tx, channel, SessionMethod.FIND, {"address": "+7916"}, seconds=5))
    entries = len(shop.read(lambda tx: journal.after(tx, 0)))
    shop.clock.at += 90 * DAY
    assert sweep(shop) == {}
    shop.clock.at += 1
    assert sweep(shop) == {"keep_raw": 2, "keep_journal": entries - 1, "keep_attempts": 1, "keep_requests": 1}
    assert sweep(shop) == {}
    row = shop.read(partial(stored_row, number=1))
    assert (row.packed, bytes(row.raw), row.provider_id) == (packing.GONE, b"", "u1")


@pytest.mark.req("S-097")
def test_a_raw_arrival_that_is_the_message_itself_stays_with_it(shop: Shop) -> None:
    for kind in ("letters", "mail", "letters", "mailbox"):
        hear(shop, shop.channel(kind=kind), 1)
    shop.clock.at += 900 * DAY
    assert sweep(shop, most=1, lasting=["mail", "other"])["keep_raw"] == 3
    rows = [shop.read(partial(stored_row, number=n)) for n in range(1, 5)]
    assert [row.packed == packing.GONE for row in rows] == [True, False, True, True]
    assert bytes(rows[1].raw) == b"raw bytes " * 9


def test_the_file_of_a_raw_arrival_that_stays_is_needed(shop: Shop) -> None:
    channel, kept = shop.channel(kind="mail"), shop.media.put(b"mail" * 20_000)
    arrival = Arrival(provider_id="u1", raw=b"", raw_sha256=kept)
    shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(arrival,))))
    os.utime(shop.media.path(kept), (0, 0))
    old = partial(orphans.orphans, media=shop.media, part=kept[0], until=2, before=shop.clock.now() + DAY)
    assert kept in shop.read(old)
    assert kept not in shop.read(partial(old, lasting=",mail,"))


def test_nothing_goes_that_is_kept_for_ever(shop: Shop) -> None:
    channel = shop.channel()
    answer(shop, channel, hear(shop, channel, 1))
    keep(shop, keep_raw=0, keep_journal=0, keep_attempts=0, keep_requests=0)
    shop.clock.at += 5_000 * DAY
    assert sweep(shop) == {}


def test_a_dead_letter_stays_until_a_person_decides(shop: Shop) -> None:
    channel = shop.channel()
    odd = Arrival(provider_id="odd", raw=b"not understood")
    shop.write(lambda tx: ingest.set_aside(tx, channel, odd, problem="ValueError"))
    hear(shop, channel, 1)
    shop.clock.at += 400 * DAY
    assert sweep(shop)["keep_raw"] == 1
    (letter,) = shop.read(deadletters.everything)
    assert bytes(shop.read(partial(deadletters.arrival, letter=letter)).raw) == b"not understood"


def test_no_entry_goes_that_a_follower_has_not_passed(shop: Shop) -> None:
    channel = shop.channel()
    shop.write(lambda tx: following.follow(tx, "crm", lambda _tx, _entries: None))
    place, seen = shop.read(journal.last), list[int]()
    for number in range(4):
        hear(shop, channel, number)
    shop.clock.at += 400 * DAY
    hear(shop, channel, 9)
    unread = [entry.id for entry in shop.read(lambda tx: journal.after(tx, place))]
    sweep(shop, most=1)
    shop.write(lambda tx: following.follow(tx, "crm", lambda _tx, some: seen.extend(entry.id for entry in some)))
    left = [entry.id for entry in shop.read(lambda tx: journal.after(tx, 0))]
    assert seen == left == unread
    assert sweep(shop)["keep_journal"] == len(unread) - 1


def test_a_follower_that_moves_meanwhile_only_allows_more(shop: Shop) -> None:
    channel = shop.channel()
    hear(shop, channel, 1)
    shop.clock.at += 400 * DAY
    (planned,) = [one for one in shop.read(partial(retention.plan, options=OPTIONS)) if one.option == "keep_journal"]
    shop.write(lambda tx: tx.run("followers.move", name="slow", until=1, now=tx.now))
    shop.write(partial(retention.sweep, planned=planned))
    assert next(entry.id for entry in shop.read(lambda tx: journal.after(tx, 0))) == 2


def test_a_follower_that_stands_still_for_a_day_is_named_until_it_is_forgotten(shop: Shop) -> None:
    channel = shop.channel()
    shop.write(lambda tx: following.follow(tx, "crm", lambda _tx, _entries: None))
    place = shop.read(journal.last)
    shop.clock.at += 10 * DAY
    assert shop.read(retention.stuck) == []
    since = shop.clock.at
    hear(shop, channel, 1)
    shop.clock.at += DAY
    assert shop.read(retention.stuck) == []
    shop.clock.at += 1
    waiting = len(shop.read(lambda tx: journal.after(tx, place)))
    assert shop.read(retention.stuck) == [retention.StuckFollower("crm", waiting, since)]
    shop.write(lambda tx: retention.forget_follower(tx, "crm"))
    assert shop.read(retention.stuck) == []
    with pytest.raises(NotFound, match="Nothing by the name crm follows"):
        shop.write(lambda tx: retention.forget_follower(tx, "crm"))


def test_a_follower_that_reads_slowly_does_not_stand_still(shop: Shop) -> None:
    channel = shop.channel()
    shop.write(lambda tx: following.follow(tx, "crm", lambda _tx, _entries: None))
    for number in range(3):
        hear(shop, channel, number)
    shop.clock.at += 2 * DAY
    assert [one.name for one in shop.read(retention.stuck)] == ["crm"]
    shop.write(lambda tx: following.follow(tx, "crm", lambda _tx, _entries: None, most=1))
    assert shop.read(retention.stuck) == []


def test_a_dictionary_goes_with_the_last_arrival_that_needs_it(shop: Shop) -> None:
    channel = shop.channel()
    for number in range(10):
        hear(shop, channel, number)
    pack(shop)
    shop.clock.at += 91 * DAY
    assert shop.read(retention.unused_dictionaries) == []
    for number in range(10, 20):
        hear(shop, channel, number)
    pack(shop)
    assert shop.read(retention.unused_dictionaries) == []
    sweep(shop)
    unused = shop.read(retention.unused_dictionaries)
    shop.write(partial(retention.forget_dictionaries, unused=unused))
    assert (len(unused), shop.read(retention.unused_dictionaries)) == (1, [])
    row = shop.read(partial(stored_row, number=15))
    assert shop.read(partial(packing.unpack, raw=row.raw, number=row.packed)) == b"raw bytes " * 9


def pack(shop: Shop) -> None:
    piece = shop.read(partial(packing.next_plain, after=0))
    packed = packing.pack_all(piece, shop.write(partial(packing.learn_dictionaries, piece=piece)))
    shop.write(partial(packing.replace, piece=packed))


def test_what_matters_only_live_goes_after_a_day_but_never_the_newest_entry(shop: Shop) -> None:
    dialog = shop.message(hear(shop, shop.channel(), 1)).dialog_id
    kept = {entry.id for entry in shop.read(lambda tx: journal.after(tx, 0))}
    for window in ("w1", "w2", "w3"):
        shop.write(partial(presence.typing, window=window, dialog=dialog))
    newest = shop.read(journal.last)
    shop.clock.at += DAY + 1
    shop.write(lambda tx: journal.delete_live(tx, before=tx.now - DAY, most=500))
    assert {entry.id for entry in shop.read(lambda tx: journal.after(tx, 0))} == {*kept, newest}
