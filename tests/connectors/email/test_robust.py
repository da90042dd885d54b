"""Whatever bytes come: nothing escapes, what can be read is shown, and one odd part takes nothing else away."""

from __future__ import annotations

import asyncio
import imaplib
import random
import smtplib
from collections.abc import Mapping
from contextlib import aclosing

import pytest

from chatapp_cli.connectors.email.connector import create
from chatapp_cli.domain.arrival import Arrival, MessageArrived
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import StoredArrival
from chatapp_cli.sandbox.email import ADDRESS, EmailSandbox
from tests.connectors.email.calendars import CUSTOM, calendar, invitation
from tests.connectors.email.corpus import (
    ARMORED,
    CASES,
    FORM,
    UNREADABLE,
    attachment,
    kind,
    mixed,
    part,
    plain,
    streamed,
)
from tests.connectors.email.reading import AT, FLAT, OURS, message, read
from tests.connectors.email.reported import bounce
from tests.connectors.email.winmail import file, winmail, words
from tests.contract.connector_contract import ScriptedAsker

SEEDS = (
    *(case.raw for case in CASES),
    FORM,
    bounce(),
    invitation(calendar(more="RRULE:FREQ=WEEKLY\r\n", zones=CUSTOM.format(name="Ours", offset="+0400"))),
    plain(winmail(file("a.txt", b"a", words(0x3707, "b.txt"))), extra=kind("application/ms-tnef")),
    plain(streamed(b"Subject: x\r\n\r\nok"), extra=kind("application/pkcs7-mime")),
    plain(f"Анна\r\n{ARMORED}".encode(), extra=kind("text/plain; format=flowed")),
)
DEEP = b"Subject: " + b"=?utf-8?B?" * 9000
SECRETS = {"password": ""}
PIECES = (
    b"\x00", b"\xff\xfe", b"\r\n", b"\r\n\r\n", b"=?", b"?=", b"=?utf-8?B?", b'"', b"<", b">", b"@", b"(", b";", b":",
    b"--edge",
    b"filename*0*=", b"*999999999999999999999=x", b"charset=\x00", b"charset*=a'b'%FF", b"\\", b"<[[(", b"=\xd1", b"#",
    b"Content-Type: multipart/alternative; boundary=edge\r\n", b"Content-Type: message/rfc822\r\n", b"\xf0\x9f",
    b"Content-Type: message/delivery-status\r\n", b"Content-Transfer-Encoding: uuencode\r\n", b"Date: 99 Foo 99999\r\n",
    b"Message-ID: <", b"From: ", b"Reply-To: ", "\u202e".encode(), "\ud83d".encode("utf-8", "surrogatepass"),
)  # fmt: skip


def mutated(chance: random.Random) -> bytes:
    """A mail after somebody's program, disk or malice was at it."""
    raw = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(raw) + 1)
        end = min(len(raw), start + chance.choice((0, 0, 1, 2, 5, 40)))
        raw[start:end] = chance.choice((chance.choice(PIECES), bytes([chance.randrange(256)]), raw[end : end + 60]))
    return bytes(raw)


def test_5000_mutilated_mails_escape_nothing_and_each_is_a_message_news_or_a_dead_letter() -> None:
    chance = random.Random(9)
    for _ in range(5000):
        raw = mutated(chance)
        found = read(raw, chance.choice((OURS, FLAT)))
        assert found.raw == raw
        assert found.provider_id


@pytest.mark.parametrize("sent", [False, True])
def test_what_was_kept_raw_never_raises_when_it_is_read_again(*, sent: bool) -> None:
    server = {"host": "127.0.0.1", "port": "1", "tls": "none"}
    settings = {f"{side}_{name}": value for side in ("imap", "smtp") for name, value in server.items()}
    bound = Bound(account="desk@shop.example.org", title="", settings=settings | {"login": "desk"}, secrets=SECRETS)
    for raw in (b"", b"\x00", b"\xff" * 100, UNREADABLE, b"(" * 100_000, b"From: " + b"(" * 200_000, DEEP):
        stored = StoredArrival("sent:<1@shop.test>" if sent else "<1@client.test>", 10**18, raw)
        found = create(system_world()).understand(bound, stored)
        assert isinstance(found, Arrival)
        assert sent or found.events or found.problem
        assert all(event.from_us == sent for event in found.events if isinstance(event, MessageArrived))


@pytest.mark.parametrize(
    "odd",
    [
        attachment(b"; filename*" + b"9" * 5000 + b"*=x; filename*0*=utf-8''a"),
        attachment(b"; filename*=no\x00such'x'%FF%FE"),
        part(
            "message/rfc822; name*=x'y",
            b"Subject: =?x?Q?=\xff?=\r\nContent-Type: multipart/mixed; boundary=\xff\r\n\r\n\xff",
        ),
        part("image/png", b"begin 999 x\r\n\xff\xff", b"Content-Transfer-Encoding: x-uuencode"),
    ],
    ids=["number of a name", "charset of a name", "attached mail", "uuencode"],
)
def test_an_odd_attachment_takes_no_words_away(odd: bytes) -> None:
    found = message(mixed(part("text/plain", "Заказ во вложении".encode()), odd))
    assert found.text.startswith("Заказ во вложении")
    assert len(found.files) + found.text.count("[attachment]") == 1


def test_a_text_whose_charset_is_no_word_is_read_by_its_letters() -> None:
    odd = part("text/plain; charset*" + "9" * 5000 + "*=x", "Ещё заказ".encode())
    assert message(mixed(part("text/plain", "Заказ".encode()), odd)).text == "Заказ\n\nЕщё заказ"


@pytest.mark.parametrize(
    "date",
    ["Sat, 31 Dec 9999 23:59:59 -1200", "Mon, 1 Jan 0001 00:00:00 +1400", "0", "99999999999999999999", "завтра", ""],
)
def test_no_date_that_a_sender_names_moves_a_mail(date: str) -> None:
    assert message(plain(b"ok", extra=f"Date: {date}\r\n".encode())).at == AT


def test_a_tower_of_parts_is_a_dead_letter_with_the_reason() -> None:
    found = read(UNREADABLE)
    assert ([event.placeholder for event in found.events], found.provider_id[:7]) == ([True], "sha256:")
    assert found.problem.startswith("RecursionError")


@pytest.mark.parametrize("depth", [10, 100, 300, 600, 3000, 50_000])
def test_a_mail_in_a_mail_however_deep_is_a_message_or_a_dead_letter(depth: int) -> None:
    found = read(tower(depth))
    assert found.raw == tower(depth)
    told = [event for event in found.events if not event.placeholder]
    assert (len(told) == 1) != found.problem.startswith("RecursionError")


async def test_a_tower_of_mails_comes_through_the_mailbox_and_stops_nothing_behind_it() -> None:
    async with EmailSandbox() as sandbox:
        connector = create(system_world())
        bound = await connector.bind(ScriptedAsker(sandbox.answers))
        for raw in (tower(3000), UNREADABLE, plain(b"behind")):
            await sandbox.deliver(raw)
        found: list[Arrival] = []
        async with (
            asyncio.timeout(30),
            connector.open(ChannelId(1), bound) as session,
            aclosing(session.events(bound.cursor)) as batches,
        ):
            async for batch in batches:
                found += batch.arrivals
                if len(found) == 3:
                    break
    assert [one.raw for one in found] == [tower(3000), UNREADABLE, plain(b"behind")]
    assert [bool(one.problem) for one in found] == [True, True, False]


async def test_the_servers_of_the_sandbox_keep_a_tower_of_mails_whichever_way_it_comes() -> None:
    async with EmailSandbox() as sandbox:
        await asyncio.to_thread(hand_in, sandbox.answers, tower(3000))
        assert len(sandbox.mails(ADDRESS)) == 1


def hand_in(answers: Mapping[str, str], raw: bytes) -> None:
    with imaplib.IMAP4("127.0.0.1", int(answers["imap_port"]), timeout=20) as imap:
        imap.login(ADDRESS, answers["password"])
        assert imap.append("INBOX", "", "", raw)[0] == "OK"
        with smtplib.SMTP("127.0.0.1", int(answers["smtp_port"]), timeout=20) as smtp:
            smtp.login(ADDRESS, answers["password"])
            assert smtp.sendmail(ADDRESS, [ADDRESS], raw) == {}
        assert imap.select() == ("OK", [b"2"])
        for number in "12":
            (body,) = (part for part in imap.fetch(number, "(BODY.PEEK[])")[1] if isinstance(part, tuple))
            assert body[1].rstrip() == raw.rstrip()


def tower(depth: int) -> bytes:
    return plain(kind("message/rfc822") + b"\r\n", extra=kind("message/rfc822")).replace(
        kind("message/rfc822") + b"\r\n" + kind("message/rfc822"),
        (kind("message/rfc822") + b"\r\n") * depth + kind("text/plain"),
    )


def test_a_field_that_cannot_be_decoded_shows_as_it_stands() -> None:
    found = message(
        plain(b"ok", subject=b"=?nothing?X?abc?= \xcf\xf0\xe8\xe2\xe5\xf2", extra=kind("text/plain; charset=\x00"))
    )
    assert found.text == "ok"
    assert "=?nothing?X?abc?=" in found.subject


def test_every_message_of_a_mutilated_mail_has_somebody_and_an_id() -> None:
    chance = random.Random(5)
    for _ in range(500):
        for event in read(mutated(chance)).events:
            if isinstance(event, MessageArrived):
                assert event.peer.address.count("@") >= 1
                assert event.ext_id
                event.text.encode("utf-8", "surrogatepass")
