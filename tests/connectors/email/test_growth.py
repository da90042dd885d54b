"""The work for a mail grows with its length, also where two lists of it belong together.

Steps of the program are counted instead of seconds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from chatapp_cli.connectors.email.addressed import addressed
from chatapp_cli.connectors.email.convert import arrival
from chatapp_cli.connectors.email.headers import parsed
from chatapp_cli.connectors.email.incoming import Mail, Reading
from chatapp_cli.domain.arrival import DeliveryChanged, MessageArrived
from tests.connectors.email.corpus import kind, mixed, part, plain
from tests.connectors.email.reading import AT, OWN_ID, message, read

ALIAS = "sales@shop.example.org"
OURS = Reading(own_address="desk@shop.example.org", aliases=(ALIAS, "заказы@ёлки.рф"))


def steps(work: Callable[[], object]) -> int:
    """The calls that a piece of work makes."""
    count = 0

    def one_more(_frame: FrameType, event: str, _of: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(one_more)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def fields(name: str, value: str, n: int) -> bytes:
    return "".join(f"{name}: {value.format(i)}\r\n" for i in range(n)).encode()


def listed(name: str, n: int) -> bytes:
    return f"{name}: {', '.join(f'u{i}@пример{i}.рф' for i in range(n))}, {ALIAS}\r\n".encode()


def delivered(n: int) -> bytes:
    return plain(b"hi", extra=listed("Cc", n) + fields("Delivered-To", ALIAS, n))


def authors(n: int) -> bytes:
    return plain(b"hi", extra=fields("From", "u{}@ёлки.рф", n) + fields("Reply-To", "desk@shop.example.org", n))


def reported(n: int) -> bytes:
    groups = [f"Final-Recipient: rfc822; a{i}@x.org\r\nAction: failed\r\nStatus: 5.{i}.1\r\n\r\n" for i in range(n)]
    return mixed(
        part("text/plain", b"it said: 5.1\r\n" * (n // 2)),
        *(part("message/delivery-status", "".join(groups[i : i + 50]).encode()) for i in range(0, n, 50)),
        part("text/rfc822-headers", f"Message-ID: {OWN_ID}\r\n".encode()),
        subtype="report; report-type=delivery-status",
        sender=b"MAILER-DAEMON@mx.example.org",
    )


def calendars(n: int) -> bytes:
    return mixed(*(part("image/png", b"x"),) * n, *(part("text/calendar", b"BEGIN:VCALENDAR"),) * n)


def alternatives(n: int) -> bytes:
    return mixed(*(part(f"text/{('plain', 'html')[i % 2]}", b"%d" % i) for i in range(n)), subtype="alternative")


def armored(n: int) -> bytes:
    return plain(b"-----BEGIN PGP MESSAGE-----\nx\n-----END PGP MESSAGE-----\n" * n)


def attached(n: int) -> bytes:
    return mixed(part("text/plain", b"hi"), *(part("image/png", b"%d" % i) for i in range(n)))


def nested(n: int) -> bytes:
    """A mail of n parts in each other, the innermost with n lines."""
    opened = b"".join(b'--%d\r\nContent-Type: multipart/mixed; boundary="%d"\r\n\r\n' % (i, i + 1) for i in range(n))
    last = b"--%d\r\n" % n + kind("text/plain") + b"\r\n" + b"bottom\r\n" * n
    return plain(opened + last, extra=kind('multipart/mixed; boundary="0"'))


def quoted(n: int) -> bytes:
    return plain(b"> a\r\n\r\nb\r\n" * n, extra=b"In-Reply-To: <1@example.org>\r\n" + listed("Cc", n))


@pytest.mark.parametrize(
    "mail",
    [delivered, authors, reported, calendars, alternatives, attached, armored, quoted],
    ids=lambda mail: mail.__name__,
)
def test_four_times_the_mail_is_not_much_more_than_four_times_the_work(mail: Callable[[int], bytes]) -> None:
    little, much = (Mail(uid=1, at=AT, size=0, raw=mail(n)) for n in (125, 500))
    arrival(little, OURS, AT)
    assert steps(lambda: arrival(much, OURS, AT)) < 5 * steps(lambda: arrival(little, OURS, AT))


def test_the_recipients_of_a_mail_are_read_in_steps_that_grow_with_their_number() -> None:
    little, much = (parsed(delivered(n)) for n in (125, 500))
    own = OURS.own_address, OURS.aliases
    assert steps(lambda: addressed(much, *own)) < 5 * steps(lambda: addressed(little, *own))


def test_of_thousands_of_fields_and_addresses_the_first_are_read() -> None:
    raw = plain(b"hi", extra=listed("Cc", 3000) + fields("Cc", "v{}@example.org", 3000))
    (found,) = read(raw, OURS).events
    assert isinstance(found, MessageArrived)
    assert found.mail is not None
    assert [found.mail.cc[n].email for n in (0, -1)] == ["u0@пример0.рф", "u499@пример499.рф"]


def test_an_alias_that_is_named_in_the_other_form_of_its_domain_is_no_hidden_recipient() -> None:
    local, domain = OURS.aliases[1].split("@")
    named = f"Cc: {local}@{domain.encode('idna').decode()}\r\nDelivered-To: {local}@{domain}\r\n"
    (found,) = read(plain(b"hi", extra=named.encode()), OURS).events
    assert isinstance(found, MessageArrived)
    assert found.mail is not None
    assert (len(found.mail.cc), found.mail.delivered_as) == (1, ())


def test_of_a_report_about_hundreds_of_recipients_the_first_are_read() -> None:
    news, shown = read(reported(3000)).events
    assert isinstance(news, DeliveryChanged)
    assert isinstance(shown, MessageArrived)
    assert (len(news.about), news.about[0], news.about[-1]) == (200, "a0@x.org", "a199@x.org")


def test_of_ten_thousand_parts_the_first_thousand_are_read_and_what_is_left_out_is_said() -> None:
    raw = attached(9_999)
    found = message(raw)
    assert (len(found.files), found.files[-1].content) == (999, b"998")
    left_out = "[Parts left out here: 9000; the mail as it came has all]"
    assert found.text == f"hi\n\n{left_out}"
    assert found.mail is not None
    assert found.mail.notes == left_out
    assert read(raw).raw == raw
    assert "left out" not in message(attached(999)).text


def test_parts_in_each_other_are_read_up_to_a_depth_at_which_their_lines_take_little_time() -> None:
    assert message(nested(99)).text.startswith("bottom\nbottom")
    deep = nested(1000)
    found = read(deep)
    assert found.problem == "RecursionError: parts within parts, more than 100 deep"
    assert [(one.placeholder, one.subject) for one in found.events if isinstance(one, MessageArrived)] == [
        (True, "Заказ")
    ]
    assert found.raw == deep
    assert steps(lambda: read(deep)) < 5 * steps(lambda: read(nested(99)))
