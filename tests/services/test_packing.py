"""Raw arrivals are packed behind the intake, and whoever reads one gets what came."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.services import deadletters, ingest, packing, trace
from tests.services.packed import arrive, raw, read
from tests.stores import ON_SQLITE, Shop, said


def pack(shop: Shop, *, after: int = 0) -> int:
    """Pack one piece; returns how many rows were replaced."""
    piece = shop.read(partial(packing.next_plain, after=after))
    packed = packing.pack_all(piece, shop.write(partial(packing.learn_dictionaries, piece=piece)))
    return int(shop.write(partial(packing.replace, piece=packed)))


def stored(shop: Shop) -> dict[str, tuple[int, int]]:
    """The packing and the bytes of each arrival."""
    rows = shop.database.read(
        lambda tx: tx.compose(lambda *row: row, "SELECT provider_id, packed, length(raw) FROM arrived", {})
    )
    return {name: (packed, size) for name, packed, size in rows}


def test_a_packed_arrival_is_smaller_and_reads_as_it_came(shop: Shop) -> None:
    channel = shop.channel()
    arrive(shop, channel, range(150))
    before = stored(shop)
    assert pack(shop) == packing.PIECE
    after = stored(shop)
    assert [read(shop, n + 1) for n in range(150)] == [raw(n) for n in range(150)]
    packed = {name for name, (number, _size) in after.items() if number > 0}
    assert packed == {f"u{n}" for n in range(100)}
    assert sum(after[name][1] for name in packed) * 3 < sum(before[name][1] for name in packed)


def test_nothing_else_of_the_row_changes_and_a_duplicate_is_still_known(shop: Shop) -> None:
    channel = shop.channel()
    arrive(shop, channel, range(100))
    message = shop.read(lambda tx: tx.value("messages.ref_anywhere", channel=channel, ext_id="x7"))
    before = shop.read(partial(trace.life, message=message)).arrived
    pack(shop)
    after = shop.read(partial(trace.life, message=message)).arrived
    assert after._replace(raw=before.raw, packed=0) == before
    again = Batch(arrivals=(Arrival(provider_id="u7", raw=raw(7), events=(said(ext_id="x7", at=shop.clock.now()),)),))
    assert shop.write(lambda tx: ingest.ingest(tx, channel, again)).duplicates == 1


def test_a_dead_letter_stays_plain_until_it_is_understood(shop: Shop) -> None:
    channel = shop.channel()
    arrive(shop, channel, range(20))
    shop.write(lambda tx: ingest.set_aside(tx, channel, Arrival(provider_id="odd", raw=b"?"), problem="ValueError"))
    pack(shop)
    assert stored(shop)["odd"] == (0, 1)
    (letter,) = shop.read(deadletters.everything)
    shop.write(lambda tx: deadletters.revive(tx, letter, Arrival(provider_id="odd", raw=b"?")))
    pack(shop)
    assert (stored(shop)["odd"][0] > 0, read(shop, letter.id)) == (True, b"?")


def test_what_changed_meanwhile_is_left_alone(shop: Shop) -> None:
    channel = shop.channel()
    arrive(shop, channel, range(20))
    piece = shop.read(partial(packing.next_plain, after=0))
    packed = packing.pack_all(piece, shop.write(partial(packing.learn_dictionaries, piece=piece)))
    gone = [packing.PackedRaw(piece[3].id, packing.GONE, b"")]
    assert shop.write(partial(packing.replace, piece=gone)) == 1
    assert shop.write(partial(packing.replace, piece=packed)) == 19
    assert shop.write(partial(packing.replace, piece=packed)) == 0
    assert stored(shop)["u3"] == (packing.GONE, 0)


def test_nothing_is_packed_with_a_dictionary_that_is_gone(shop: Shop) -> None:
    arrive(shop, shop.channel(), range(20))
    piece = shop.read(partial(packing.next_plain, after=0))
    packed = packing.pack_all(piece, shop.write(partial(packing.learn_dictionaries, piece=piece)))
    shop.write(lambda tx: tx.run("packing.forget", id=packed[0].packed))
    assert shop.write(partial(packing.replace, piece=packed)) == 0
    assert read(shop, 1) == raw(0)


def test_each_kind_has_a_dictionary_of_its_own_and_a_rare_kind_does_without(shop: Shop) -> None:
    often, rarely = shop.channel(), shop.channel(kind="chat")
    arrive(shop, often, range(50))
    arrive(shop, rarely, range(50, 53))
    piece = shop.read(partial(packing.next_plain, after=0))
    learned = shop.write(partial(packing.learn_dictionaries, piece=piece))
    assert (learned["letters"].content != b"", learned["chat"].content) == (True, b"")
    assert shop.write(partial(packing.learn_dictionaries, piece=piece)) == learned
    pack(shop)
    assert [read(shop, n + 1) for n in range(53)] == [raw(n) for n in range(53)]


def test_after_three_months_a_kind_gets_another_dictionary_and_old_arrivals_keep_theirs(shop: Shop) -> None:
    channel = shop.channel()
    arrive(shop, channel, range(100))
    pack(shop)
    shop.clock.at += 91 * 86_400_000
    arrive(shop, channel, range(100, 200))
    pack(shop)
    assert len({number for number, _size in stored(shop).values()}) == 2
    assert [read(shop, n + 1) for n in range(200)] == [raw(n) for n in range(200)]


@ON_SQLITE
def test_the_pages_of_packed_arrivals_are_used_again(shop: Shop) -> None:
    channel = shop.channel()
    arrive(shop, channel, range(2_000))
    assert shop.database.unused() == 0
    after = 0
    while piece := shop.read(partial(packing.next_plain, after=after)):
        pack(shop, after=after)
        after = piece[-1].id
    size = sum(size for _number, size in stored(shop).values())
    assert shop.database.unused() > 2_000 * len(raw(0)) / 2 > size
