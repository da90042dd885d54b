"""Another mail under a known Message-ID is another message; the same mail, however often it is seen, is one."""

from __future__ import annotations

import pytest

from chatapp_cli.connectors.email.identity import plain_id
from tests.connectors.email.corpus import plain
from tests.connectors.email.reading import AT, FLAT, OURS, message, read

ID = b"Message-ID: <const@site.test>\r\n"
DATE = b"Date: Sat, 28 Nov 2026 20:00:00 +0300\r\n"
FIRST = plain("Первая заявка: Анна".encode(), sender=b"crm@client.test", subject=b"Zayavka", extra=ID)


def provider(raw: bytes) -> str:
    return read(raw).provider_id


@pytest.mark.parametrize(
    "other",
    [
        plain("Вторая заявка: Борис, тел +7999".encode(), sender=b"crm@client.test", subject=b"Zayavka", extra=ID),
        plain("Первая заявка: Анна".encode(), sender=b"crm@client.test", subject=b"Zayavka 2", extra=ID),
        plain("Первая заявка: Анна".encode(), sender=b"dhl@client.test", subject=b"Zayavka", extra=ID),
        plain("Первая заявка: Анна".encode(), sender=b"crm@client.test", subject=b"Zayavka", extra=ID + DATE),
        plain(
            "Первая заявка: Анна".encode(),
            sender=b"crm@client.test",
            subject=b"Zayavka",
            extra=ID + b"Reply-To: boris@client.test\r\n",
        ),
        plain("первая заявка: Анна".encode(), sender=b"crm@client.test", subject=b"Zayavka", extra=ID),
    ],
    ids=["body", "subject", "sender", "date", "answers", "one letter"],
)
def test_another_mail_under_a_known_message_id_is_another_message(other: bytes) -> None:
    assert provider(FIRST) != provider(other)
    assert message(FIRST, FLAT).ext_id == message(other, FLAT).ext_id == "<const@site.test>"


@pytest.mark.parametrize(
    "again",
    [
        FIRST,
        FIRST.replace(b"\r\n", b"\n"),
        b"Received: from elsewhere\r\nX-Spam: no\r\n" + FIRST,
        FIRST + b"\r\n\r\n",
        FIRST.replace(b"From: crm@client.test", b"From:\r\n crm@client.test"),
        FIRST.replace(b"Subject:", b"SUBJECT:").replace(b"To: desk@shop.example.org", b"To: info@shop.example.org"),
    ],
    ids=["copied", "other line ends", "another way", "longer end", "folded", "to an alias"],
)
def test_a_mail_that_is_seen_twice_is_one(again: bytes) -> None:
    assert provider(FIRST) == provider(again)


def test_a_mail_without_a_message_id_is_known_by_its_bytes() -> None:
    without = plain(b"ok")
    assert provider(without) == provider(without) != provider(plain(b"ok!"))
    assert message(without).ext_id == provider(without)


def test_what_an_older_program_read_is_known_as_that_program_knew_it() -> None:
    from dataclasses import replace

    since = replace(OURS, plain_until=AT)
    assert read(FIRST, since, at=AT).provider_id == "<const@site.test>"
    assert read(FIRST, since, at=AT + 1).provider_id == provider(FIRST) != "<const@site.test>"
    assert read(FIRST, since, at=0).provider_id == provider(FIRST)


def test_other_mails_refer_to_it_by_its_message_id() -> None:
    assert plain_id(provider(FIRST)) == plain_id("<const@site.test>") == "<const@site.test>"
    assert plain_id("sha256:0") == ""
    assert plain_id("") == ""
