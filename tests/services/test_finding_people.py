"""What finds one dialog of a person finds them all: contacts that were joined are looked for as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import ChannelId, ContactId
from chatapp_cli.domain.journal.company import CompanyConfigured
from chatapp_cli.services import dialogs, duties, names, persons, search
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.people import MergeRow
from chatapp_cli.store.search import Index
from chatapp_cli.store.visibility import Visibility
from tests.stores import Shop

ANYA = Profile(id="anya", name="Аня", username="anyuta_p", phone="+7 916 123-45-67")
ANNA = Profile(id="anna", name="Анна Петрова", email="petrova@severny-dom.example")
WAYS = ("Аня", "аня петрова", "Petrova", "@anyuta_p", "8 (916) 123-45-67", "1612345", "petrova@severny")
BOTH = ["Анна Петрова", "Аня"]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(tmp_path / "search.db", "sqlite:///of-this-test")


def met(shop: Shop, channel: ChannelId, who: Profile) -> ContactId:
    message = shop.hear(channel, who=who.id, sender=who)
    dialog = shop.message(message).dialog_id
    return ContactId(shop.read(lambda tx: dialogs.card(tx, dialog).contact_id))


def joined(shop: Shop, kept: ContactId, gone: ContactId) -> MergeRow:
    made: MergeRow = shop.write(lambda tx: persons.merge(tx, kept, gone))
    return made


def found(shop: Shop, said: str, index: Index | None = None, visibility: Visibility | None = None) -> list[str]:
    """The names of the dialogs that the list shows."""
    wanted, dialect = DialogFilter(text=said), shop.driver.dialect
    with shop.reading() as tx:
        seen = tx.through(visibility)
        among = None if index is None else names.among(seen, index, said)
        return sorted(row.name for row in dialog_list.page(seen, dialect, wanted, among=among))


@pytest.mark.req("S-116")
@pytest.mark.req("S-119", part="by operators, not by robots")
def test_each_dialog_of_a_person_is_found_by_what_any_of_their_contacts_tells(shop: Shop, index: Index) -> None:
    anya, anna = met(shop, shop.channel(), ANYA), met(shop, shop.channel(), ANNA)
    met(shop, shop.channel(), Profile(id="zoya", name="Зоя Петрова"))
    search.catch_up(shop.database, index)
    assert found(shop, "Аня", index) == ["Аня"]
    merge = joined(shop, anya, anna)
    for moment in ("before the index follows", "after it"):
        for said in WAYS:
            shown = ["Зоя Петрова"] if said == "Petrova" else []
            assert found(shop, said) == found(shop, said, index) == [*BOTH, *shown], (said, moment)
        search.catch_up(shop.database, index)
    shop.write(lambda tx: persons.undo(tx, merge))
    for _moment in ("before", "after"):
        assert found(shop, "Аня") == found(shop, "Аня", index) == ["Аня"]
        assert found(shop, "аня петрова") == found(shop, "аня петрова", index) == []
        search.catch_up(shop.database, index)


@pytest.mark.req("S-116")
def test_a_name_with_a_slip_finds_every_dialog_of_its_person(shop: Shop, index: Index) -> None:
    joined(shop, met(shop, shop.channel(), ANYA), met(shop, shop.channel(), ANNA))
    search.catch_up(shop.database, index)
    with shop.reading() as tx:
        near = names.near(tx, index, shop.driver.dialect, DialogFilter(text="Питрова"))
        assert sorted(dialogs.card(tx, one).name for one in near) == BOTH


NAMES = ("Зоя", "Лена", "Павел", "Никита", "Александра")


@pytest.mark.req("S-116")
@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("зоа", []),
        ("лина", ["Лена"]),
        ("лины", []),
        ("павил", ["Павел"]),
        ("повил", []),
        ("никата", ["Никита"]),
        ("нкиита", ["Никита"]),
        ("некето", []),
        ("алексондро", ["Александра"]),
        ("олексондро", []),
        ("тлександра", []),
        ("лаександра", ["Александра"]),
        ("rirbnf", []),
        ("ybrbnf", ["Никита"]),
        ("лина никата", []),
        ("никата зоя", []),
        ("абникита", []),
        ("123", []),
    ],
)
def test_a_name_may_have_one_slip_and_a_long_one_two(shop: Shop, index: Index, said: str, meant: list[str]) -> None:
    channel = shop.channel()
    for name in NAMES:
        met(shop, channel, Profile(id=name, name=name))
    search.catch_up(shop.database, index)
    with shop.reading() as tx:
        near = names.near(tx, index, shop.driver.dialect, DialogFilter(text=said))
        assert [dialogs.card(tx, one).name for one in near] == meant


def test_a_name_with_a_slip_finds_who_is_put_off_as_well_and_only_on_the_line_that_is_looked_at(
    shop: Shop, index: Index
) -> None:
    line = shop.line()
    there, here = shop.channel(), shop.channel(line=line)
    for channel in (there, here):
        met(shop, channel, Profile(id="nikita", name="Никита"))
    search.catch_up(shop.database, index)
    dialog = shop.read(lambda tx: tx.value("dialogs.at_key", channel=here, key="nikita"))
    shop.write(lambda tx: duties.snooze(tx, dialog, tx.now + 86_400_000))
    with shop.reading() as tx:
        found = names.near(tx, index, shop.driver.dialect, DialogFilter(text="никата", line=line))
        assert found == [dialog]
        assert len(names.near(tx, index, shop.driver.dialect, DialogFilter(text="никата"))) == 2


def test_what_one_dialog_is_renamed_to_finds_the_others_too(shop: Shop, index: Index) -> None:
    anya, anna, zoya = (met(shop, shop.channel(), who) for who in (ANYA, ANNA, Profile(id="zoya", name="Зоя")))
    joined(shop, anna, anya)
    joined(shop, anna, zoya)
    search.catch_up(shop.database, index)
    (way,) = shop.read(lambda tx: persons.person(tx, anya).ways_of(anya))
    shop.write(lambda tx: dialogs.rename(tx, way.id, "Анюта с фабрики"))
    for _moment in ("before the index follows", "after it"):
        assert found(shop, "фабрики", index) == ["Анна Петрова", "Анюта с фабрики", "Зоя"]
        search.catch_up(shop.database, index)


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_what_only_another_line_tells_finds_nothing_for_who_does_not_see_that_line(shop: Shop, index: Index) -> None:
    ours = shop.line("Розница")
    anya, anna = met(shop, shop.channel(line=ours), ANYA), met(shop, shop.channel(), ANNA)
    joined(shop, anya, anna)
    search.catch_up(shop.database, index)
    visibility = Visibility(shop.driver.dialect, lines=[ours])
    assert found(shop, "Аня", index, visibility) == found(shop, "Аня", visibility=visibility) == ["Аня"]
    assert found(shop, "Петрова", index, visibility) == found(shop, "Петрова", visibility=visibility) == []


@pytest.mark.req("S-116")
def test_names_are_indexed_from_the_newest_dialog_back_in_parts_until_none_is_left(shop: Shop, index: Index) -> None:
    channel = shop.channel()
    for number in range(9):
        shop.hear(channel, who=f"client{number}")

    def read_back(before: int) -> int:
        with shop.reading() as tx:
            return index.change(lambda opened: names.read_back(tx, opened, before, n=1))

    above = shop.read(names.above_all)
    assert read_back(above) == above - 8
    assert read_back(above - 8) == 0
    assert index.ask(lambda opened: sorted(opened.called([["client"]], n=20))) == list(range(above - 9, above))


@pytest.mark.req("S-116")
@pytest.mark.parametrize(
    ("said", "fresh", "dialogs"),
    [("Аня", 999, 1), ("Аня", 1_000, None), ("Ан", 0, None), ("", 0, None), ("Ан Петрова", 0, 0)],
)
def test_the_index_narrows_a_search_by_whole_words_unless_too_much_is_new(
    shop: Shop, index: Index, said: str, fresh: int, dialogs: int | None
) -> None:
    met(shop, shop.channel(), ANYA)
    with shop.reading() as tx:
        assert names.among(tx, index, said) is None
    search.catch_up(shop.database, index)
    shop.write(lambda tx: [tx.emit(CompanyConfigured(changed=[])) for _ in range(fresh)])
    with shop.reading() as tx:
        found = names.among(tx, index, said)
    assert (None if found is None else len(found)) == dialogs
