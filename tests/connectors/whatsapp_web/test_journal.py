"""What arrived is on the disk until the desk has it, and a month longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from chatapp_cli.connectors.whatsapp_web.child.journal import Entry, Journal

NOW = 1_795_000_000_000
DAY = 24 * 3600 * 1000


def entry(ident: str, *, at: int = NOW, us: bool = False, key: str = "79160000001") -> Entry:
    return Entry(type="Message", id=ident, key=key, sender=f"{key}@s.whatsapp.net", at=at, us=us, data=ident.encode())


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Journal]]:
    """Open the one journal, as every new process does; the one before is not asked."""
    with ExitStack() as stack:
        yield lambda now=NOW: stack.enter_context(closing(Journal(tmp_path / "journal", now)))


def test_what_was_not_acknowledged_waits_after_a_crash_and_numbers_go_on(opened, tmp_path: Path) -> None:
    first = opened()
    assert [first.record(entry(one)) for one in "abc"] == [1, 2, 3]
    first.acknowledge(1)
    again = opened()
    assert again.waiting() == [2, 3]
    assert again.record(entry("d")) == 4
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o600


def test_a_number_is_never_given_twice_even_if_all_was_acknowledged_and_forgotten(opened) -> None:
    first = opened()
    first.record(entry("a"))
    first.record(entry("b"))
    first.acknowledge(2)
    later = opened(NOW + 40 * DAY)
    assert later.find("a") is None
    assert later.waiting() == []
    assert later.record(entry("c")) == 3


def test_what_is_old_but_not_acknowledged_stays(opened) -> None:
    opened().record(entry("a"))
    later = opened(NOW + 40 * DAY)
    assert later.waiting() == [1]
    kept = later.numbered(1)
    assert kept is not None
    assert kept.data == b"a"


def test_a_line_that_a_crash_left_half_written_is_stepped_over(opened, tmp_path: Path) -> None:
    opened().record(entry("a"))
    with (tmp_path / "journal").open("ab") as out:
        out.write(b'{"n":2,"type":"Mess')
    again = opened()
    assert again.waiting() == [1]
    assert again.record(entry("b")) == 2
    assert opened().waiting() == [1, 2]


def test_an_acknowledgement_from_the_future_does_not_swallow_what_comes(opened) -> None:
    journal = opened()
    journal.record(entry("a"))
    journal.acknowledge(99)
    assert journal.record(entry("b")) == 2
    assert journal.waiting() == [2]


def test_a_message_is_found_by_its_id_and_a_chat_up_to_it(opened) -> None:
    journal = opened()
    for ident in ("a", "b"):
        journal.record(entry(ident))
    journal.remember(entry("ours", us=True))
    journal.record(entry("other", key="79160000002"))
    journal.record(entry("c"))
    anna = "79160000001@s.whatsapp.net"
    assert journal.theirs_up_to("b", 50) == [("a", anna), ("b", anna)]
    assert journal.theirs_up_to("c", 2) == [("b", anna), ("c", anna)]
    found = journal.find("ours")
    assert found is not None
    assert (found.n, found.us) == (0, True)
    assert journal.theirs_up_to("nobody", 50) == ()
