"""Answers that somebody wrote beside the desk: the folder of sent mail is read, and nothing stands twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from chatapp_cli.connectors.email.account import Account
from chatapp_cli.connectors.email.connector import EmailConnector, EmailSession
from chatapp_cli.connectors.email.convert import arrival
from chatapp_cli.connectors.email.incoming import Mail
from chatapp_cli.connectors.email.places import Places
from chatapp_cli.domain.arrival import Arrival, Batch, DeliveryChanged, MessageArrived
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import OutcomeUnknown
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import StoredArrival
from chatapp_cli.sandbox.email import ADDRESS, SENT, EmailSandbox
from chatapp_cli.sandbox.town import town
from chatapp_cli.services import ingest, outbox, sending
from tests.connectors.email.corpus import plain
from tests.connectors.email.dialogs import DESK, messages, say, take, the_list
from tests.connectors.email.reading import KEY, OURS, OWN_ID
from tests.connectors.email.sent import connector, ours, reading
from tests.contract.connector_contract import ANNA, BORIS, ScriptedAsker
from tests.stores import EVERYTHING, NOON, Shop, hand_over

__all__ = ["connector"]

FOLDER = "Покупатели"
SENT_WIRE = "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"
LATER = NOON + 5000


def from_phone(raw: bytes) -> Arrival:
    return arrival(Mail(uid=1, at=LATER, size=0, raw=raw, sent=True), OURS, LATER)


def told(arrivals: list[Arrival]) -> list[tuple[str, bool, str]]:
    """Address, whether it is ours, and text of each message."""
    found = (event for one in arrivals for event in one.events)
    return [(e.peer.address, e.from_us, e.text) for e in found if isinstance(e, MessageArrived)]


async def arrived(session: EmailSession, cursor: str | None, count: int) -> tuple[list[Arrival], str | None]:
    """So many arrivals, and the cursor behind them."""
    found: list[Arrival] = []
    async with aclosing(session.events(cursor)) as batches:
        async for batch in batches:
            found += batch.arrivals
            cursor = batch.cursor or cursor
            if len(found) >= count and batch.cursor:
                return found, cursor
    raise AssertionError("the session ended by itself")


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        (ours("Едет"), "anna@example.org"),
        (ours("Едет", to=b"desk@shop.example.org, boris@example.org"), "boris@example.org"),
        (ours("Едет", to=b"desk@shop.example.org", extra=b"Cc: boris@example.org\r\n"), "boris@example.org"),
        (ours("Едет", to=b"desk@shop.example.org", extra=b"Bcc: boris@example.org\r\n"), "boris@example.org"),
        (ours("Едет", sender=b"Anna of sales <sales@shop.example.org>"), "anna@example.org"),
    ],
    ids=["to", "second of to", "cc", "bcc", "by an alias"],
)
def test_what_lies_in_the_folder_of_sent_mail_is_ours_and_belongs_to_whom_it_was_sent_to(
    raw: bytes, address: str
) -> None:
    assert told([from_phone(raw)]) == [(address, True, "Едет")]


@pytest.mark.parametrize(
    "raw",
    [
        ours("Заметка себе", to=DESK),
        ours("Заметка", to=b"undisclosed-recipients:;"),
        plain(
            b"--e\r\nContent-Type: text/plain\r\n\r\nread\r\n--e--\r\n",
            sender=DESK,
            extra=b'Content-Type: multipart/report; report-type=disposition-notification; boundary="e"\r\n',
        ).replace(b"To: desk@shop.example.org", b"To: anna@example.org"),
    ],
    ids=["to ourselves", "to nobody", "a read receipt"],
)
def test_what_was_sent_to_no_client_opens_no_dialog(raw: bytes) -> None:
    assert from_phone(raw).events == ()


def test_a_mail_in_both_folders_is_two_arrivals_and_one_message(shop: Shop, channel: ChannelId) -> None:
    """Somebody answers from a phone with a copy to the mailbox."""
    take(shop, channel, plain("Где заказ?".encode(), extra=b"Message-ID: <q@client.test>\r\n"))
    raw = ours(
        "Едет",
        to=b"anna@example.org, desk@shop.example.org",
        extra=b"Message-ID: <a@phone.test>\r\nIn-Reply-To: <q@client.test>\r\n",
    )
    copy, kept = arrival(Mail(uid=1, at=LATER, size=0, raw=raw), OURS, LATER), from_phone(raw)
    shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(copy, kept))))
    (row,) = the_list(shop)
    assert copy.provider_id != kept.provider_id
    assert [(m.direction, m.text) for m in messages(shop, row)] == [("in", "Где заказ?"), ("out", "Едет")]


def test_an_answer_that_is_seen_late_does_not_answer_what_the_client_wrote_after_it(
    shop: Shop, channel: ChannelId
) -> None:
    take(shop, channel, plain("Где заказ?".encode(), extra=b"Message-ID: <1@client.test>\r\n"))
    raw = ours("Едет", extra=b"Message-ID: <a@phone.test>\r\nIn-Reply-To: <1@client.test>\r\n")
    again = plain("А когда?".encode(), extra=b"Message-ID: <2@client.test>\r\nIn-Reply-To: <1@client.test>\r\n")
    later = arrival(Mail(uid=2, at=NOON + 60_000, size=0, raw=again), OURS, NOON + 60_000)
    late = arrival(Mail(uid=1, at=NOON + 30_000, size=0, raw=raw, sent=True), OURS, NOON + 60_000)
    shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(later, late))))
    (row,) = the_list(shop)
    assert [m.text for m in messages(shop, row)] == ["Где заказ?", "Едет", "А когда?"]
    assert (row.preview, row.last_direction, row.waiting_since) == ("А когда?", "in", NOON)


def test_a_holiday_notice_that_comes_before_the_answer_is_seen_does_not_make_it_late(
    shop: Shop, channel: ChannelId
) -> None:
    take(shop, channel, plain("Где заказ?".encode(), extra=b"Message-ID: <1@client.test>\r\n"))
    raw = ours("Едет", extra=b"Message-ID: <a@phone.test>\r\nIn-Reply-To: <1@client.test>\r\n")
    away = plain(b"Away", extra=b"Auto-Submitted: auto-replied\r\nIn-Reply-To: <1@client.test>\r\n")
    notice = arrival(Mail(uid=2, at=NOON + 31_000, size=0, raw=away), OURS, NOON + 60_000)
    late = arrival(Mail(uid=1, at=NOON + 30_000, size=0, raw=raw, sent=True), OURS, NOON + 60_000)
    shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(notice, late))))
    (row,) = the_list(shop)
    assert (row.preview, row.waiting_since) == ("Away", None)


def test_what_the_desk_sent_stands_once_whichever_comes_first_and_whatever_subject_it_bears(
    shop: Shop, channel: ChannelId
) -> None:
    take(shop, channel, plain("Где заказ?".encode()))
    (row,) = the_list(shop)
    filed = from_phone(ours("Есть", extra=f"Message-ID: {OWN_ID}\r\n".encode()).replace(b"Subject: ", b"Subject: X "))
    written = shop.order(key=KEY)
    sent: MessageId = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, row.id, Draft(text="Есть"), written))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim is not None
    shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(OWN_ID,))))
    shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(filed,))))
    (row,) = the_list(shop)
    assert [(m.id, m.text) for m in messages(shop, row) if m.direction == "out"] == [(sent, "Есть")]


def test_a_copy_in_the_folder_of_sent_mail_ends_the_doubt_about_a_mail_cut_off_by_a_crash(
    shop: Shop, channel: ChannelId
) -> None:
    take(shop, channel, plain("Где заказ?".encode()))
    (row,) = the_list(shop)
    written = shop.order(key=KEY)
    sent: MessageId = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, row.id, Draft(text="Есть"), written))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim is not None
    shop.write(lambda tx: outbox.leave_uncertain(tx, claim, OutcomeUnknown("interrupted")))
    assert shop.message(sent).state == "uncertain"
    filed = from_phone(ours("Есть", extra=f"Message-ID: {OWN_ID}\r\n".encode()))
    shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(filed,))))
    (row,) = the_list(shop)
    assert shop.message(sent).state == "sent"
    assert [m.text for m in messages(shop, row) if m.direction == "out"] == ["Есть"]


def test_a_webmail_whose_ids_look_like_ours_is_not_taken_for_the_desk(shop: Shop, channel: ChannelId) -> None:
    take(shop, channel, plain("Где заказ?".encode()))
    say(shop, channel, the_list(shop)[0])
    webmail = f"Message-ID: <{'f' * 32}@shop.example.org>\r\n".encode()
    shop.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=(from_phone(ours("Едет", extra=webmail)),))))
    (row,) = the_list(shop)
    assert {m.text for m in messages(shop, row) if m.direction == "out"} == {"Есть", "Едет"}


async def test_an_answer_from_a_phone_arrives_as_ours_and_what_was_sent_before_the_binding_does_not(
    connector: EmailConnector, sandbox: EmailSandbox
) -> None:
    await sandbox.deliver(ours("старое"), SENT)
    bound = await connector.bind(ScriptedAsker(sandbox.answers))
    await sandbox.say(ANNA, "Есть ёлки?", subject="Заказ")
    await sandbox.answer_from_phone(ANNA, "Есть")
    async with reading(connector, bound) as session:
        found, cursor = await arrived(session, bound.cursor, 2)
    assert told(found) == [(ANNA.email, False, "Есть ёлки?"), (ANNA.email, True, "Есть")]
    await sandbox.answer_from_phone(BORIS, "Здравствуйте", subject="Прайс")
    async with reading(connector, bound) as session:
        found, _ = await arrived(session, cursor, 1)
    assert told(found) == [(BORIS.email, True, "Здравствуйте")]


async def test_what_the_desk_filed_itself_is_not_fetched_again(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    async with reading(connector, bound) as session:
        await session.send(Outbound(message_id=MessageId(1), key=KEY, address=ANNA.email, text="Есть"))
        await sandbox.answer_from_phone(ANNA, "И серый есть", subject="Плед")
        found, _ = await arrived(session, bound.cursor, 1)
    assert told(found) == [(ANNA.email, True, "И серый есть")]


async def test_after_a_restart_it_comes_with_the_key_by_which_the_desk_knows_it(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    async with reading(connector, bound) as session:
        await session.send(Outbound(message_id=MessageId(1), key=KEY, address=ANNA.email, text="Есть"))
    async with reading(connector, bound) as session:
        ((filed,), _) = await arrived(session, bound.cursor, 1)
    proof, echo = filed.events
    assert isinstance(proof, DeliveryChanged)
    assert isinstance(echo, MessageArrived)
    assert (proof.key, proof.ext_id, echo.ext_id, echo.thread[-1]) == (KEY, OWN_ID, OWN_ID, OWN_ID)


async def test_a_cursor_of_one_folder_goes_on_and_gets_the_other_places(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    old = Places(inbox=Places.load(bound.cursor or "").inbox).dump()
    await sandbox.deliver(ours("до обновления"), SENT)
    await sandbox.say(ANNA, "Есть ёлки?", subject="Заказ")
    async with reading(connector, bound) as session:
        found, cursor = await arrived(session, old, 1)
        assert told(found) == [(ANNA.email, False, "Есть ёлки?")]
        async with aclosing(session.events(cursor)) as batches:
            while SENT_WIRE not in Places.load(cursor or "").folders:
                cursor = (await anext(batches)).cursor or cursor
    await sandbox.answer_from_phone(ANNA, "Есть")
    async with reading(connector, bound) as session:
        found, _ = await arrived(session, cursor, 1)
    assert told(found) == [(ANNA.email, True, "Есть")]


async def test_a_renumbered_folder_of_sent_mail_repeats_nothing_and_loses_nothing(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    await sandbox.answer_from_phone(ANNA, "раз", subject="Заказ")
    async with reading(connector, bound) as session:
        before, cursor = await arrived(session, bound.cursor, 1)
    places = Places.load(cursor or "")
    moved = places.at(SENT_WIRE, replace(places.folders[SENT_WIRE], uidvalidity=1)).dump()
    await sandbox.answer_from_phone(ANNA, "два", subject="Заказ")
    async with reading(connector, bound) as session:
        after, cursor = await arrived(session, moved, 2)
    known = {one.provider_id for one in before}
    assert told([one for one in after if one.provider_id not in known]) == [(ANNA.email, True, "два")]
    assert len(after) == 2


async def test_chosen_folders_are_read_like_the_inbox(connector: EmailConnector, sandbox: EmailSandbox) -> None:
    await sandbox.add_folder(FOLDER)
    await sandbox.deliver(plain("до привязки".encode()), FOLDER)
    bound = await connector.bind(ScriptedAsker({**sandbox.answers, "folders": f" {FOLDER.upper()}, нет такой, INBOX"}))
    await sandbox.deliver(plain("по правилу".encode()), FOLDER)
    async with reading(connector, bound) as session:
        found, cursor = await arrived(session, bound.cursor, 1)
        await sandbox.say(ANNA, "во входящие", subject="Заказ")
        rest, _ = await arrived(session, cursor, 1)
    assert told(found + rest) == [("anna@example.org", False, "по правилу"), (ANNA.email, False, "во входящие")]


async def test_a_missing_folder_is_named_by_the_check_and_stops_nothing(
    connector: EmailConnector, sandbox: EmailSandbox
) -> None:
    await sandbox.add_folder(FOLDER)
    bound = await connector.bind(ScriptedAsker({**sandbox.answers, "folders": f"{FOLDER}, Архив"}))
    receive, send, folders = await connector.check(bound)
    assert (receive.ok, send.ok, folders.ok) == (True, True, False)
    assert "Архив" in str(folders.what)
    assert FOLDER in str(folders.next_step)
    await sandbox.say(ANNA, "Есть ёлки?", subject="Заказ")
    async with reading(connector, bound) as session:
        found, _ = await arrived(session, bound.cursor, 1)
    assert told(found) == [(ANNA.email, False, "Есть ёлки?")]


async def test_a_folder_that_is_removed_while_it_is_read_takes_nothing_away_from_the_inbox(
    connector: EmailConnector, sandbox: EmailSandbox
) -> None:
    await sandbox.add_folder(FOLDER)
    bound = await connector.bind(ScriptedAsker({**sandbox.answers, "folders": FOLDER}))
    async with reading(connector, bound) as session, aclosing(session.events(bound.cursor)) as batches:
        found: list[Arrival] = []
        for text in ("Есть ёлки?", "А серые?", "А когда?"):
            await sandbox.say(ANNA, text, subject="Заказ")
            found += [one async for batch in _until_said(batches) for one in batch.arrivals]
            if text == "Есть ёлки?":
                await sandbox.remove_folder(FOLDER)
    assert [text for *_, text in told(found)] == ["Есть ёлки?", "А серые?", "А когда?"]


async def _until_said(batches: AsyncIterator[Batch]) -> AsyncIterator[Batch]:
    async for batch in batches:
        yield batch
        if batch.arrivals:
            return


async def test_the_demo_has_an_answer_from_a_phone_in_its_mailbox(
    connector: EmailConnector, sandbox: EmailSandbox, bound: Bound
) -> None:
    people = town([sandbox])
    first = people.people[0]
    await first.begin()
    await people.answer_elsewhere()
    async with reading(connector, bound) as session:
        found, _ = await arrived(session, bound.cursor, 2)
    address = first.customer.email
    assert told(found) == [(address, False, first.first), (address, True, people.from_phone)]


@pytest.mark.parametrize("carried", [b"", b"Received: from x by mx.shop.example.org\r\nReturn-Path: <x@y.test>\r\n"])
@pytest.mark.parametrize("sender", [ADDRESS, "sales@shop.example.org", "anna@example.org"])
@pytest.mark.parametrize("sent", [True, False])
def test_what_is_read_once_more_is_of_the_side_that_it_was_at_first(
    connector: EmailConnector, carried: bytes, sender: str, *, sent: bool
) -> None:
    """A dead letter, after a fix; neither its sender nor what servers wrote into it says whose it is."""
    server = {"host": "127.0.0.1", "port": "1", "tls": "none"}
    settings = {f"{side}_{name}": value for side in ("imap", "smtp") for name, value in server.items()}
    kept = Bound(account=ADDRESS, title="", settings={"login": ADDRESS, **settings}, secrets={"password": "x"})
    raw = carried + plain(b"Hi", sender=sender.encode(), extra=b"Cc: boris@example.org\r\n")
    first = arrival(Mail(uid=1, at=NOON, size=0, raw=raw, sent=sent), Account.of(kept).reading, NOON)
    again = connector.understand(kept, StoredArrival(first.provider_id, NOON, first.raw))
    assert again == first
    assert told([again])[0][1] == sent
