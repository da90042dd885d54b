"""Mails from before the binding, as many days of them as somebody asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from chatapp_cli.connectors.email.connector import EmailConnector
from chatapp_cli.connectors.email.places import Places
from chatapp_cli.domain.arrival import Batch, MessageArrived
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.sandbox.email import SENT, EmailSandbox
from chatapp_cli.services import ingest
from tests.connectors.email.corpus import plain
from tests.connectors.email.dialogs import card, messages, the_list
from tests.connectors.email.sent import connector, ours, reading
from tests.contract.connector_contract import ScriptedAsker
from tests.stores import Shop

__all__ = ["connector"]

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def ago(gap: timedelta) -> datetime:
    return datetime.now(UTC) - gap


def mail(text: str, number: int = 1) -> bytes:
    return plain(text.encode(), extra=f"Message-ID: <{text.replace(' ', '.')}.{number}@client.test>\r\n".encode())


async def bind(connector: EmailConnector, sandbox: EmailSandbox, days: str) -> Bound:
    return await connector.bind(ScriptedAsker({**sandbox.answers, "history_days": days}))


async def told(connector: EmailConnector, bound: Bound, cursor: str | None) -> tuple[list[Batch], str]:
    """Everything that a session tells until nothing is left of the history."""
    found: list[Batch] = []
    async with reading(connector, bound) as session, aclosing(session.events(cursor)) as batches:
        async for batch in batches:
            found.append(batch)
            cursor = batch.cursor or cursor
            if Places.load(cursor or "").history is None:
                return found, cursor or ""
    raise AssertionError("the session ended by itself")


def shown(batches: list[Batch]) -> list[MessageArrived]:
    events = (event for batch in batches for one in batch.arrivals for event in one.events)
    return [event for event in events if isinstance(event, MessageArrived)]


async def test_without_a_wish_nothing_older_than_the_binding_comes(
    connector: EmailConnector, sandbox: EmailSandbox
) -> None:
    await sandbox.deliver(mail("вчера"), at=ago(HOUR))
    bound = await bind(connector, sandbox, "0")
    assert Places.load(bound.cursor or "").history is None
    await sandbox.deliver(mail("сегодня"))
    async with reading(connector, bound) as session, aclosing(session.events(bound.cursor)) as batches:
        found = [batch async for batch in _until_said(batches)]
    assert [one.text for one in shown(found)] == ["сегодня"]


async def _until_said(batches: AsyncIterator[Batch]) -> AsyncIterator[Batch]:
    async for batch in batches:
        yield batch
        if batch.arrivals:
            return


async def test_the_days_before_the_binding_come_oldest_first_in_each_folder_and_only_the_last_day_asks_for_eyes(
    connector: EmailConnector, sandbox: EmailSandbox
) -> None:
    await sandbox.deliver(mail("час назад"), at=ago(HOUR))
    await sandbox.deliver(mail("неделю назад"), at=ago(7 * DAY))
    await sandbox.deliver(mail("два дня назад"), at=ago(2 * DAY))
    await sandbox.deliver(ours("ответ"), SENT, at=ago(2 * DAY - HOUR))
    bound = await bind(connector, sandbox, "3")
    found, cursor = await told(connector, bound, bound.cursor)
    assert [(one.text, one.from_us, one.silent) for one in shown(found)] == [
        ("два дня назад", False, True),
        ("час назад", False, False),
        ("ответ", True, True),
    ]
    again, _ = await told(connector, bound, cursor)
    assert shown(again) == []


async def test_two_hundred_old_mails_come_in_pieces_and_new_ones_in_between(
    connector: EmailConnector, sandbox: EmailSandbox
) -> None:
    for number in range(200):
        await sandbox.deliver(mail(f"старое {number}"), at=ago(2 * DAY) + number * timedelta(seconds=10))
    bound = await bind(connector, sandbox, "5")
    await sandbox.deliver(mail("новое"))
    found, _ = await told(connector, bound, bound.cursor)
    texts = [one.text for one in shown(found)]
    assert [text for text in texts if text != "новое"] == [f"старое {number}" for number in range(200)]
    assert texts.index("новое") <= 50
    assert max(len(batch.arrivals) for batch in found) == 50


async def test_a_crash_in_the_middle_repeats_at_most_what_the_store_knows(
    connector: EmailConnector, sandbox: EmailSandbox
) -> None:
    for number in range(120):
        await sandbox.deliver(mail(f"старое {number}"), at=ago(2 * DAY) + number * timedelta(seconds=10))
    bound = await bind(connector, sandbox, "5")
    seen: list[str] = []
    cursor = bound.cursor
    async with reading(connector, bound) as session, aclosing(session.events(cursor)) as batches:
        async for batch in batches:
            seen += [one.provider_id for one in batch.arrivals]
            cursor = batch.cursor or cursor
            if len(seen) >= 50 and batch.cursor:
                break
    rest, _ = await told(connector, bound, cursor)
    seen += [one.provider_id for batch in rest for one in batch.arrivals]
    assert len(set(seen)) == 120
    assert len(seen) <= 121


async def test_a_mailbox_that_is_bound_again_does_not_fetch_its_days_again(
    connector: EmailConnector, sandbox: EmailSandbox
) -> None:
    bound = await bind(connector, sandbox, "5")
    again = await connector.bind(ScriptedAsker({**sandbox.answers, "history_days": "30"}), previous=bound)
    assert again.cursor is None


async def test_what_was_answered_before_the_binding_does_not_wait_and_what_was_not_does(
    shop: Shop, channel: ChannelId, connector: EmailConnector, sandbox: EmailSandbox
) -> None:
    await sandbox.deliver(mail("Где заказ?"), at=ago(5 * HOUR))
    await sandbox.deliver(ours("Едет"), SENT, at=ago(4 * HOUR))
    await sandbox.deliver(mail("А скидки?").replace(b"anna@example.org", b"boris@example.org"), at=ago(3 * HOUR))
    bound = await bind(connector, sandbox, "1")
    found, _ = await told(connector, bound, bound.cursor)
    for batch in found:
        await asyncio.to_thread(shop.write, lambda tx, batch=batch: ingest.ingest(tx, channel, batch))
    anna, boris = sorted(the_list(shop), key=lambda row: card(shop, row).address)
    assert [(one.text, one.direction) for one in messages(shop, anna)] == [("Где заказ?", "in"), ("Едет", "out")]
    assert [(one.text, one.direction) for one in messages(shop, boris)] == [("А скидки?", "in")]
    assert (anna.waiting_since is None, boris.waiting_since is None) == (True, False)


@pytest.mark.parametrize("at", ["0", "6", "7"])
def test_a_cursor_keeps_what_is_left_of_the_history(at: str) -> None:
    text = (
        '{"uidvalidity": 5, "uid": 6, "newest": 7, "start": 8, "plain_until": 0, "history": {"since": %s, "until": 9}}'
    )
    places = Places.load(text % at)
    assert Places.load(places.dump()) == places
    assert places.history is not None
    assert (places.history.since, places.inbox.uid) == (int(at), 6)
