"""What belongs to an event happens in its transaction, and a mistake in it costs neither the event nor what follows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from chatapp_cli.domain.access import Acting
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Refused, StoreError
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.domain.journal.messages import MessageReceived
from chatapp_cli.domain.text import T
from chatapp_cli.services import effects, ingest, journal, lines, sending
from chatapp_cli.services.effects import EFFECTS
from chatapp_cli.store.database import Database
from chatapp_cli.store.effects import effect, table
from chatapp_cli.store.tx import Tx
from chatapp_cli.store.visibility import Visibility
from chatapp_cli.store.waiting_jobs import Outcome
from chatapp_cli.store.writer import Writer
from tests.stores import EVERYTHING, Shop, said

ERRORS = [
    Refused("no", T("No.")),
    KeyError("dialog"),
    StoreError(T("The disk is full.")),
    sqlite3.OperationalError("no such table: ledger"),
]
KINDS = [type(error).__name__ for error in ERRORS]


class Fragile:
    """An effect that adds a line for each message that is heard, and raises while it is told to."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.breaks_sql = False

    def __call__(self, tx: Tx, heard: MessageReceived) -> None:
        tx.insert("lines.add", name=f"после {heard.message}", now=tx.now)
        if self.breaks_sql:
            tx.compose(int, "SELECT amount FROM no_such_ledger", {})
        if self.error is not None:
            raise self.error


@pytest.fixture
def fragile() -> Fragile:
    return Fragile()


@pytest.fixture
def with_effect(shop: Shop, fragile: Fragile) -> Iterator[Shop]:
    """The same shop with one effect more, which comes before the others."""
    first = table(effect(MessageReceived, "fragile", fragile))[MessageReceived]
    both = {**EFFECTS, MessageReceived: (*first, *EFFECTS[MessageReceived])}
    with closing(Database(shop.driver, shop.clock, both)) as database:
        yield replace(shop, database=database)


def names(shop: Shop) -> list[str]:
    return [line.name for line in shop.read(lines.everything) if line.name.startswith("после")]


def by_writer(shop: Shop, channel: ChannelId, *texts: str) -> list[Outcome[Any]]:
    """Let each arrive as a job of its own, all in one commit of the writer."""
    outcomes: list[Outcome[Any]] = []
    free = Event()
    with closing(Writer(shop.database)) as writer:
        writer.submit(lambda _tx: free.wait(5), lambda _outcome: None)
        for text in texts:
            arrival = Arrival(provider_id=text, raw=b"{}", events=(said(text, ext_id=text, at=shop.clock.now()),))
            batch = Batch(arrivals=(arrival,))
            writer.submit(lambda tx, b=batch: ingest.ingest(tx, channel, b), outcomes.append)
        free.set()
    return outcomes


def broken(shop: Shop) -> list[tuple[str, str]]:
    """What the store tells other processes."""
    return list(shop.read(effects.broken))


def test_an_effect_happens_with_its_event_on_all_of_the_store_whoever_acts(with_effect: Shop) -> None:
    channel = with_effect.channel()
    nothing = Visibility(with_effect.driver.dialect, lines=[LineId(99)])
    batch = Batch(arrivals=(Arrival(provider_id="1", raw=b"{}", events=(said(ext_id="1", at=5),)),))
    seen: list[object] = []

    def look(tx: Tx, heard: MessageReceived) -> None:
        there = tx.value("messages.ref_anywhere", channel=heard.channel, ext_id="1")
        seen.append((there == heard.message, tx.acting and tx.acting.name))

    looking = table(effect(MessageReceived, "look", look))
    with closing(Database(with_effect.driver, with_effect.clock, looking)) as database:
        database.write(lambda tx: ingest.ingest(tx.through(nothing).by(Acting("Пётр")), channel, batch))
    assert seen == [(True, "effect")]


def test_what_is_rolled_back_takes_its_effects_along(with_effect: Shop) -> None:
    channel = with_effect.channel()

    batch = Batch(arrivals=(Arrival(provider_id="1", raw=b"{}", events=(said(ext_id="1", at=5),)),))

    def refused(tx: Tx) -> None:
        ingest.ingest(tx, channel, batch)
        raise Refused("no", T("No."))

    with pytest.raises(Refused):
        with_effect.write(refused)
    assert names(with_effect) == []


@pytest.mark.parametrize("error", ERRORS, ids=KINDS)
@pytest.mark.parametrize("how", ["by the writer", "directly"])
def test_an_effect_that_raises_costs_neither_the_arrival_nor_the_next_ones_and_health_names_it(
    with_effect: Shop, fragile: Fragile, error: Exception, how: str
) -> None:
    told: list[tuple[str, str]] = []
    with_effect.database.effects.tell = lambda *said: told.append(said)
    channel = with_effect.channel()
    fragile.error = error
    if how == "directly":
        with_effect.hear(channel, "раз", ext_id="раз")
        with_effect.hear(channel, "два", ext_id="два")
    else:
        outcomes = by_writer(with_effect, channel, "раз", "два")
        assert [(outcome.error, outcome.value and outcome.value.messages) for outcome in outcomes] == [(None, 1)] * 2
        by_writer(with_effect, channel, "три")
    assert with_effect.texts(dialog_of(with_effect, channel))[:2] == ["раз", "два"]
    assert names(with_effect) == []
    why = f"{type(error).__name__}: {error}"
    assert with_effect.database.effects.broken == {"fragile": why}
    assert broken(with_effect) == [("fragile", why)]
    assert told == [("fragile", why)]


def dialog_of(shop: Shop, channel: ChannelId) -> Any:
    return shop.read(lambda tx: tx.value("dialogs.at_key", channel=channel, key="anna"))


def test_a_statement_of_an_effect_that_fails_takes_nothing_else_along(with_effect: Shop, fragile: Fragile) -> None:
    channel = with_effect.channel()
    fragile.breaks_sql = True
    assert [outcome.error for outcome in by_writer(with_effect, channel, "раз", "два")] == [None, None]
    assert with_effect.texts(dialog_of(with_effect, channel)) == ["раз", "два"]
    assert list(with_effect.database.effects.broken) == ["fragile"]


def test_an_effect_that_works_again_is_said_to_once_also_by_a_process_that_was_started_meanwhile(
    with_effect: Shop, fragile: Fragile
) -> None:
    channel = with_effect.channel()
    fragile.error = KeyError("dialog")
    with_effect.hear(channel)
    fragile.error = None
    with closing(Database(with_effect.driver, with_effect.clock, with_effect.database.effects.table)) as database:
        told: list[tuple[str, str]] = []
        database.effects.tell = lambda *said: told.append(said)
        later = replace(with_effect, database=database)
        later.hear(channel)
        later.hear(channel)
        assert (told, broken(later), len(names(later))) == ([("fragile", "")], [], 2)


def test_the_other_effects_of_an_event_happen_although_one_fails(with_effect: Shop, fragile: Fragile) -> None:
    channel = with_effect.channel()
    dialog = with_effect.message(with_effect.hear(channel)).dialog_id
    order = with_effect.order(at=with_effect.clock.now() + 3_600_000, unless_heard=True)
    reminder = with_effect.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Ну что?"), order))
    fragile.error = KeyError("dialog")
    with_effect.hear(channel)
    assert with_effect.message(reminder).state == "cancelled"
    last = [type(entry.event).__name__ for entry in with_effect.read(lambda tx: journal.after(tx, 0))][-2:]
    assert last == ["MessageReceived", "MessageStateChanged"]


def test_a_machine_of_the_clients_that_answers_cancels_no_reminder(shop: Shop) -> None:
    channel = shop.channel()
    dialog = shop.message(shop.hear(channel)).dialog_id
    order = shop.order(at=shop.clock.now() + 3_600_000, unless_heard=True)
    reminder = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Ну что?"), order))
    shop.hear(channel, "Я в отпуске", automatic=True)
    assert shop.message(reminder).state == "scheduled"
    shop.hear(channel, "Вернулась")
    assert shop.message(reminder).state == "cancelled"
