"""The dialog list: every combination of filters, against a list kept in plain Python."""

from dataclasses import dataclass
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatapp_cli.domain.arrival import Peer, Profile
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.finding import needles, search_text
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.services import dialogs, duties, sending
from chatapp_cli.store import dialog_list
from chatapp_cli.store.dialog_list import PageEnd
from chatapp_cli.store.rows.dialogs import DialogRow
from tests.stores import EVERYTHING, Shop

NAMES = ("Семён Ёлкин", "Анна Котова", "100% скидка", "O_O", "ИП Семенова!")
PHONES = ("+7 912 000-11-22", "8 (912) 000-33-44", "")


@dataclass
class Kept:
    """What the model knows of a dialog."""

    row: DialogRow
    tags: set[str]
    search: str


@pytest.fixture
def kept(shop: Shop) -> dict[DialogId, Kept]:
    """Sixty dialogs on three channels of two lines, marked in every way."""
    first, second = shop.line(), shop.line()
    places = [shop.channel(kind=k, line=line) for k, line in (("mail", first), ("chat", first), ("chat", second))]
    return dict(made(shop, places[n % 3], n) for n in range(60))


def made(shop: Shop, channel: int, n: int) -> tuple[DialogId, Kept]:
    name, phone = NAMES[n % len(NAMES)], PHONES[n % len(PHONES)]
    who = Profile(id=f"u{n}", name=name, username=f"user{n}", phone=phone, email=f"u{n}@example.org")
    peer = Peer(key=f"u{n}", address=f"chat-{n}")
    shop.clock.at += n % 2
    dialog = shop.message(shop.hear(channel, peer=peer, sender=who)).dialog_id
    tags = {tag for tag, every in (("опт", 2), ("долг", 7)) if n % every == 0}
    with_marks(shop, dialog, n, tags)
    row = shop.read(lambda tx: dialog_list.rows(tx, shop.driver.dialect, [dialog]))[dialog]
    search = search_text(name, name, f"user{n}", f"u{n}@example.org", f"chat-{n}", phone=phone)
    return dialog, Kept(row, tags, search)


def with_marks(shop: Shop, dialog: DialogId, n: int, tags: set[str]) -> None:
    for tag in tags:
        shop.write(partial(dialogs.tag, dialog=dialog, name=tag))
    if n % 3 == 0:
        shop.write(lambda tx: dialogs.read(tx, dialog))
    if n % 4 == 0:
        draft = sending.Draft(text="да")
        shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, draft, shop.order()))
    shop.write(lambda tx: dialogs.pin(tx, dialog, pinned=n % 5 == 0))
    shop.write(lambda tx: dialogs.block(tx, dialog, blocked=n % 11 == 0))
    if n % 3:
        shop.write(lambda tx: duties.assign(tx, dialog, "Ольга" if n % 3 == 1 else "Пётр"))
    if n % 6 == 1:
        shop.write(lambda tx: duties.snooze(tx, dialog, shop.clock.at + 60_000))


def passes(one: Kept, wanted: DialogFilter) -> bool:
    row = one.row
    return all(
        (
            row.blocked == int(wanted.blocked),
            wanted.line in {None, row.line_id},
            wanted.channel in {None, row.channel_id},
            wanted.kind in {"", row.kind},
            not wanted.tag or wanted.tag in one.tags,
            not wanted.unread or row.unread > 0,
            not wanted.waiting or row.waiting_since is not None,
            not wanted.pinned or row.pinned == 1,
            wanted.assignee in {None, row.assignee},
            not wanted.snoozed or row.snoozed_until is not None,
            wanted.snoozed or wanted.blocked or wanted.text or row.snoozed_until is None,
            all(needle in one.search for needle in needles(wanted.text)),
        )
    )


def in_order(kept: dict[DialogId, Kept], wanted: DialogFilter) -> list[DialogId]:
    rows = [one.row for one in kept.values() if passes(one, wanted)]
    if wanted.waiting:
        return [row.id for row in sorted(rows, key=lambda r: (r.waiting_since, r.id))]
    return [row.id for row in sorted(rows, key=lambda r: (-r.pinned, -r.last_at, -r.id))]


FILTERS = st.builds(
    DialogFilter,
    line=st.sampled_from([None, 1, 2]),
    channel=st.sampled_from([None, 1, 2, 3]),
    kind=st.sampled_from(["", "mail", "chat"]),
    tag=st.sampled_from(["", "опт", "долг", "нет такой"]),
    unread=st.booleans(),
    waiting=st.booleans(),
    pinned=st.booleans(),
    blocked=st.booleans(),
    assignee=st.sampled_from([None, "", "Ольга", "Пётр"]),
    snoozed=st.booleans(),
    text=st.sampled_from(
        ["", "семен", "СЕМЁН", "елкин", "%", "_", "!", "0% с", "9120001", "8 912 000 33 44", "@user1"]
    ),
)
QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.req("S-115")
@pytest.mark.req("S-116")
@pytest.mark.req("S-117")
@QUICK
@given(wanted=FILTERS, n=st.integers(1, 7))
def test_filters_combine_and_pages_follow_one_another_in_order(
    shop: Shop, kept: dict[DialogId, Kept], wanted: DialogFilter, n: int
) -> None:
    dialect = shop.driver.dialect
    with shop.reading() as tx:
        ids = dialog_list.ids(tx, dialect, wanted)
        paged: list[DialogId] = []
        place = None
        while page := dialog_list.page(tx, dialect, wanted, after=place, n=n):
            paged += [row.id for row in page]
            last = page[-1]
            place = PageEnd(last.pinned, last.last_at, last.id, last.waiting_since or 0)
            assert len(paged) <= len(kept), "a page came twice"
        window = dialog_list.rows(tx, dialect, list(kept), wanted)
    assert ids == paged == in_order(kept, wanted)
    assert window == {number: kept[number].row for number in ids}


@pytest.mark.req("S-116")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ёлкин", "Семён Ёлкин"),
        ("ЕЛКИН семен", "Семён Ёлкин"),
        ("Semyon Elkin", "Семён Ёлкин"),
        ("rjnjdf", "Анна Котова"),
        ("%", "100% скидка"),
        ("o_o", "O_O"),
        ("+7 912 0001122", "Семён Ёлкин"),
        ("8-912-000-11-22", "Семён Ёлкин"),
        ("u2@EXAMPLE.org", "100% скидка"),
        ("@user3", "O_O"),
        ("семенова!", "ИП Семенова!"),
    ],
)
def test_a_client_is_found_however_it_is_typed(shop: Shop, query: str, found: str) -> None:
    channel = shop.channel()
    made_here = dict(made(shop, channel, n) for n in range(1, 6))
    zero = dict([made(shop, channel, 15)])
    assert len(made_here | zero) == 6
    shop.write(lambda tx: [dialogs.block(tx, d, blocked=False) for d in made_here | zero])
    with shop.reading() as tx:
        names = [row.name for row in dialog_list.page(tx, shop.driver.dialect, DialogFilter(text=query))]
    assert found in names
    assert len(names) < 4
