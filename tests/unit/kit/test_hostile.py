"""Whatever anybody sends is read or refused in moments, as the work grows no faster than what is sent.

Nothing is timed here: where the work grows with the square, these tests run into the suite's limit of time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import msgspec
import pytest

from chatapp_cli.connectors.email.addresses import mailboxes
from chatapp_cli.connectors.email.convert import arrival
from chatapp_cli.connectors.email.folding import fold
from chatapp_cli.connectors.email.html import to_text
from chatapp_cli.connectors.email.incoming import Mail, Reading
from chatapp_cli.connectors.email.whole import whole
from chatapp_cli.connectors.vk.content import plain
from chatapp_cli.connectors.vk.names import mentioned
from chatapp_cli.domain.address import canonical, given, kinds
from chatapp_cli.domain.finding import needles
from chatapp_cli.domain.links import find, without_links
from chatapp_cli.domain.subject import plain_subject
from chatapp_cli.domain.wording import phones
from chatapp_cli.kit import gateway_calls, slices
from chatapp_cli.kit.lenient import read_as
from tests.unit.kit.gateways import PLAIN, call
from tests.unit.kit.worlds import NOON

SIZE = 200_000
MUCH = 4_000_000
PIECES = (
    *('"', '\\"', "\\", "[", "{", "]", "}", ",", ":", " ", "\n", "\t", '["', '{"a":', '"a",', '[{"', "[1,", '\\"]'),
    *(
        "<",
        ">",
        '<\\"',
        '<"<',
        "@",
        "(",
        "(a)",
        ";",
        '; a="',
        "a!",
        "a.",
        "-\n",
        "--\n",
        "\r\n ",
        "> ",
        "=?",
        "http://",
    ),
    *("www.a(", "[id1|", "[id1|x", "8 ", "+7(", "(0)", "9", "re", "re [1", "12.12.2020 @", "<@", '"user_id": '),
)
"""What patterns go back for, over and over."""


class Item(msgspec.Struct):
    """Something with parts."""

    text: str = ""
    items: list[str] = []


def filled(piece: str, size: int = SIZE) -> str:
    return piece * (size // len(piece))


CUTS: tuple[Callable[[bytes], object], ...] = (
    *(slices.members, slices.fields),
    *(lambda raw: slices.items(raw, "items"), lambda raw: read_as(raw, Item)),
)


@pytest.mark.parametrize("piece", PIECES)
def test_json_is_cut_or_refused_at_once(piece: str) -> None:
    for begun in ("", '["', '{"a":'):
        for cut_ in CUTS:
            with suppress(ValueError):
                cut_((begun + filled(piece)).encode())


@pytest.mark.parametrize("piece", ['\\"', '"', "\\"])
def test_a_text_that_never_ends_is_looked_at_once_however_long(piece: str) -> None:
    for begun in ("[", "{", '{"a":["'):
        with pytest.raises(ValueError):  # noqa: PT011 - the words differ
            slices.items((begun + filled(piece, MUCH)).encode(), "items")


@pytest.mark.parametrize("piece", PIECES)
def test_a_gateways_call_is_kept_at_once(piece: str) -> None:
    body = ('{"from":"79160000001","mes":"' + filled(piece)).encode()
    assert [one.raw.endswith(body) for one in gateway_calls.arrivals(PLAIN, call(body, "application/json"), NOON)]


folded = partial(fold, people={"a@b"}, titled=True, answers=True)
READINGS: tuple[Callable[[str], object], ...] = (
    lambda text: list(find(text)),
    lambda text: list(phones(text)),
    needles,
    plain_subject,
    kinds,
    given,
    lambda text: canonical(text, "phone"),
    plain,
    lambda text: mentioned(text.encode()),
    folded,
    lambda text: folded(f"12.12.2020 x\n{text} a:\n> {text}"),
    lambda text: folded(f"{text} <a@b> 12.12.2020:\n> {text}\nFrom: {text}\nSent: 2020\nTo: {text}"),
    without_links,
    mailboxes,
    lambda text: mailboxes(f"<{text}>"),
    to_text,
)


@pytest.mark.parametrize("piece", PIECES)
def test_words_are_read_at_once(piece: str) -> None:
    for read in READINGS:
        read(filled(piece))


FIELDS = (
    *('Content-Type: text/plain; a="', 'Content-Disposition: attachment; filename="', "Subject: ", "From: ", "Date: "),
    *(
        'Content-Type: multipart/report; report-type="',
        "References: ",
        "Auto-Submitted: ",
        "Content-Type: multipart/x; ",
    ),
)


@pytest.mark.parametrize("piece", ['"', '\\";', ";", "; ", ";a*0=", "=?", "(", "@", "a!"])
def test_a_mails_fields_are_read_at_once(piece: str) -> None:
    for begun in FIELDS:
        raw = f"From: anna@example.org\r\n{begun}{filled(piece)}\r\n\r\nДа".encode()
        assert whole(raw).headers[0] == ("From", "anna@example.org")
        assert (
            arrival(Mail(uid=1, at=1, size=len(raw), raw=raw), Reading(own_address="we@example.org"), NOON).raw == raw
        )


@pytest.mark.parametrize(
    "tag", ["<div>", "<blockquote type=cite>", '<a href="https://a.test">', "<p id=divRplyFwdMsg>"]
)
def test_a_web_page_in_a_mail_is_read_however_deep_it_is(tag: str) -> None:
    for count in (1000, 40_000):
        assert to_text(tag * count + "Да").endswith("Да") or "(https://a.test)" in to_text(tag * 10 + "Да")
    assert to_text("Да" + tag * 40_000).startswith("Да")
