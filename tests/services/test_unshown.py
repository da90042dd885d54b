"""Something came that cannot be shown: it has a place in the dialog, and becomes the message once that is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.journal.messages import MessageReceived
from chatapp_cli.kit.understanding import guarded
from chatapp_cli.services import deadletters, dialogs, ingest, journal, transcript
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.rows.journal import DeadLetterRow
from tests.stores import NOON, Shop, said

REAL = said("Где мой заказ?", ext_id="5", at=NOON)
SHOWN = replace(REAL, text="", placeholder=True)
UNSHOWN = "[Something came that cannot be shown]"


def fails(raw: bytes) -> Arrival:
    raise ValueError(raw)


def arrives(shop: Shop, channel: ChannelId, shown: MessageArrived | None) -> DeadLetterRow:
    """Something arrives that no connector understands, except for what it saw at a glimpse."""
    arrival = guarded(b"{odd}", fails, provider_id="p", glimpse=lambda _raw: shown)
    shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(arrival,))))
    (letter,) = shop.read(deadletters.everything)
    return letter


def card(shop: Shop, letter: DeadLetterRow) -> DialogCard:
    assert letter.dialog_id is not None
    return shop.read(lambda tx: dialogs.card(tx, letter.dialog_id))


def rings(shop: Shop) -> list[int]:
    entries = shop.read(lambda tx: journal.after(tx, 0, n=1000))
    return [entry.event.message for entry in entries if isinstance(entry.event, MessageReceived)]


def test_it_stands_in_its_dialog_and_is_filled_unread_and_waiting_and_rings_when_it_is_understood(shop: Shop) -> None:
    channel = shop.channel()
    letter = arrives(shop, channel, SHOWN)
    assert (letter.who, letter.problem, letter.channel) == ("Anna", "ValueError: b'{odd}'", "Почта магазина")
    there = card(shop, letter)
    assert (there.unread, there.waiting_since) == (1, NOON)
    assert shop.texts(there.id) == [UNSHOWN]
    (entry,) = shop.read(lambda tx: transcript.latest(tx, there.id))
    shop.write(lambda tx: dialogs.read(tx, there.id))
    before = len(rings(shop))
    done = shop.write(lambda tx: deadletters.revive(tx, letter, Arrival(provider_id="p", raw=b"", events=(REAL,))))
    assert done.messages == 1
    (filled,) = shop.read(lambda tx: transcript.latest(tx, there.id))
    assert (filled.message.id, filled.message.text) == (entry.message.id, "Где мой заказ?")
    there = card(shop, letter)
    assert (there.unread, there.waiting_since) == (1, NOON)
    assert rings(shop)[before:] == [entry.message.id]
    assert shop.read(deadletters.everything) == []


def test_it_is_filled_as_well_by_the_message_that_the_provider_sends_later(shop: Shop) -> None:
    channel = shop.channel()
    there = card(shop, arrives(shop, channel, SHOWN))
    shop.write(lambda tx: dialogs.read(tx, there.id))
    shop.take(channel, REAL)
    assert shop.texts(there.id) == ["Где мой заказ?"]
    assert shop.read(lambda tx: dialogs.card(tx, there.id)).unread == 1


def test_what_names_no_dialog_is_a_dead_letter_alone(shop: Shop) -> None:
    letter = arrives(shop, shop.channel(), None)
    assert (letter.who, letter.dialog_id) == ("", None)


def test_what_our_code_fails_on_stands_in_its_dialog_too_unless_its_place_is_what_it_fails_on(shop: Shop) -> None:
    channel = shop.channel()
    odd = said("\ud83d", ext_id="6", at=NOON)
    arrival = Arrival(provider_id="q", raw=b"", events=(odd,))
    shop.write(lambda tx: ingest.set_aside(tx, channel, arrival, problem="UnicodeEncodeError"))
    (letter,) = shop.read(deadletters.everything)
    assert shop.texts(card(shop, letter).id) == [UNSHOWN]
    nowhere = replace(odd, peer=replace(odd.peer, key="\ud83d"), ext_id="7")
    arrival = Arrival(provider_id="r", raw=b"", events=(nowhere,))
    shop.write(lambda tx: ingest.set_aside(tx, channel, arrival, problem="UnicodeEncodeError"))
    letter, _earlier = shop.read(deadletters.everything)
    assert (letter.provider_id, letter.dialog_id) == ("r", None)


def test_an_arrival_that_was_understood_is_no_dead_letter(shop: Shop) -> None:
    channel = shop.channel()
    shop.hear(channel)
    with pytest.raises(NotFound, match="Arrival 1 is not a dead letter"):
        shop.read(lambda tx: deadletters.one(tx, 1))
