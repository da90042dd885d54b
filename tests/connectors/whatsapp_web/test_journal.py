"""What arrived is on the disk until the desk has it, and a month longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from chatapp_cli.connectors.whatsapp_web.child.journal import GAP, UNDECRYPTABLE, Entry, Journal, carry_over

NOW = 1_795_000_000_000
DAY = 24 * 3600 * 1000


def entry(ident: str, *, at: int = NOW, us: bool = False, key: str = "79160000001", **more: object) -> Entry:
    about = {"type": "Message", "shown": True, "data": ident.encode(), "sender": f"{key}@s.whatsapp.net"} | more
    return Entry(id=ident, key=key, at=at, us=us, **about)  # type: ignore[arg-type]


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
    assert journal.unread_up_to("b") == [("a", anna), ("b", anna)]
    assert journal.unread_up_to("c") == [("a", anna), ("b", anna), ("c", anna)]
    found = journal.find("ours")
    assert found is not None
    assert (found.n, found.us) == (0, True)
    assert journal.unread_up_to("nobody") == ()


def test_what_was_marked_as_read_is_never_marked_again_and_bookkeeping_is_never_marked(opened) -> None:
    journal = opened()
    for ident in ("a", "b"):
        journal.record(entry(ident))
    journal.record(entry("reaction", shown=False))
    journal.record(entry("other", key="79160000002"))
    journal.mark_read("a")
    assert [one for one, _ in journal.unread_up_to("reaction")] == ["b"]
    journal.mark_read("b")
    journal.record(entry("c"))
    journal.mark_read("a")
    again = opened()
    assert [one for one, _ in again.unread_up_to("c")] == ["c"]
    assert again.unread_up_to("b") == []
    assert [one for one, _ in again.unread_up_to("other")] == ["other"]
    again.mark_read("nobody")


def test_what_stands_for_a_message_never_hides_the_message_whichever_came_first(opened) -> None:
    journal = opened()
    journal.record(entry("a", type=UNDECRYPTABLE, shown=False))
    assert not journal.has("a")
    journal.record(entry("a"))
    journal.record(entry("a", type=UNDECRYPTABLE, shown=False))
    for one in (journal, opened()):
        assert one.has("a")
        assert one.find("a").type == "Message"
        assert [ident for ident, _ in one.unread_up_to("a")] == ["a"]


def test_what_may_come_again_is_remembered_over_a_restart_until_it_came(opened) -> None:
    journal = opened()
    journal.record(entry("a", type=UNDECRYPTABLE, late=True))
    journal.record(entry("b", type=UNDECRYPTABLE, late=True))
    journal.acknowledge(2)
    assert opened(NOW).late == {"a": 1, "b": 2}
    later = opened()
    later.record(entry("b"))
    assert later.late == {"a": 1}
    assert opened().late == {"a": 1}


def test_a_device_that_takes_the_place_of_another_goes_on_with_its_journal(opened, tmp_path: Path) -> None:
    before = opened(NOW - DAY)
    before.linked(NOW - DAY)
    assert before.since == 0
    for ident in ("a", "b"):
        before.record(entry(ident))
    before.acknowledge(1)
    folder = tmp_path / "next"
    folder.mkdir()
    carry_over(tmp_path / "journal", folder / "journal")
    with closing(Journal(folder / "journal", NOW)) as after:
        after.linked(NOW)
        assert (after.waiting(), after.has("a"), after.since) == ([2], True, NOW - 3_600_000)
        assert after.record(entry("c")) == GAP + 3
    carry_over(tmp_path / "nothing", folder / "journal")
    with closing(Journal(folder / "journal", NOW + 40 * DAY)) as later:
        assert (later.waiting(), later.since) == ([2, GAP + 3], NOW - 3_600_000)


def test_who_is_who_and_as_whom_they_were_told_is_known_to_the_next_process(opened) -> None:
    first = opened()
    hers = {"lid": "900000007001@lid", "sender": "900000007001@lid"}
    first.record(entry("a", type=UNDECRYPTABLE, **hers))
    first.told_as(1, "900000007001@lid")
    first.record(entry("a", **hers, phone="79160000001"))
    first.record(entry("b", **hers))
    again = opened()
    assert again.phones == {"900000007001@lid": "79160000001"}
    stood, message, other = again.stood("a"), again.find("a"), again.find("b")
    assert stood
    assert message
    assert other
    assert [again.author(one) for one in (stood, message, other)] == ["900000007001@lid", "", ""]
    assert (stood.n, message.n, again.stood("b")) == (1, 2, None)


def test_what_a_process_of_yesterday_noted_of_hidden_authors_is_understood(opened, tmp_path: Path) -> None:
    first = opened()
    first.record(entry("a"))
    with (tmp_path / "journal").open("ab") as lines:
        lines.write(b'{"key":"900000007001@lid","at":1795000000000,"unnamed":1}\n')
    again = opened()
    message = again.find("a")
    assert message
    assert again.author(message) == "900000007001@lid"
