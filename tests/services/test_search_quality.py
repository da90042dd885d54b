"""Messages are found by any form of their words: what a shop's operators ask, and what they expect to see."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from chatapp_cli.domain.arrival import (
    IncomingFile,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerMoved,
    Profile,
    ReactionsChanged,
)
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.services import dialogs, journal, names, search
from chatapp_cli.services.search import Missing, SearchPage, SearchScope
from chatapp_cli.services.wording import understood
from chatapp_cli.store import dialog_list
from chatapp_cli.store.search import TOP, Index, Mark, OpenIndex, Wording
from chatapp_cli.store.tx import Tx
from tests.stores import ON_SQLITE, Shop

SAID = {
    "sofa": "Здравствуйте! Серый диван «Осло» ещё в наличии?",
    "sofas": "Сколько стоят диваны с ящиком для белья?",
    "no_sofa": "У дивана отошла ножка, второй диван без брака",
    "tree": "Нужна ёлка 180 см, с доставкой в Тверь",
    "trees": "Привезите две ЁЛКИ и гирлянду",
    "order": "Где мой заказ 1841? Заказывала в понедельник",
    "orders": "По обоим заказам жду звонка, мой номер +7 (916) 123-45-67",
    "thanks": "Спасибо большое, кружки чудесные, а подарок ребёнку понравился",
    "mug": "Кружка пришла разбитая, прошу вернуть деньги",
    "bed": "Кровать не проходит в дверь, нужен возврат",
    "name": "Передайте Анне Ивановой, что курьер выехал",
    "price": "Дорого. А скидок для оптовых покупателей нет?",
    "mail": "Пишите на opt@sever-hotel.example, договор №17/2",
    "pay": "Оплатила картой, чек не пришёл",
    "gift": "Упакуйте подарки в красную бумагу",
    "latin": "Есть ли наушники Sony WH-1000?",
}
EXPECTED = {
    "диван": "sofa sofas no_sofa",
    "дивана": "sofa sofas no_sofa",
    "ДИВАНЫ": "sofa sofas no_sofa",
    "диванами": "sofa sofas no_sofa",
    "диван наличие": "sofa",
    "диван -ножка": "sofa sofas",
    "диван -ножки -ящики": "sofa",
    "ёлка": "tree trees",
    "елку": "tree trees",
    "ёлки": "tree trees",
    "елок": "tree trees",
    "заказ": "order orders",
    "заказа": "order orders",
    "заказов": "order orders",
    "заказать": "order orders",
    "заказ 1841": "order",
    "доставка": "tree",
    "доставку": "tree",
    "доставки": "tree",
    "Анна": "name",
    "Анну": "name",
    "анна иванова": "name",
    "Иванов": "name",
    "кружек": "thanks mug",
    "кружку": "thanks mug",
    '"кружка чудесная"': "thanks",
    "«разбитая кружка»": "",
    '"пришла разбитая"': "mug",
    '"разбитая пришла"': "",
    "подарок": "thanks gift",
    "подарков": "thanks gift",
    "кровати": "bed",
    "кроватью": "bed",
    "возвраты": "bed",
    "скидка": "price",
    "скидки оптом": "price",
    "оплатить": "pay",
    "оплатили": "pay",
    "89161234567": "orders",
    "+7 916 123 45 67": "orders",
    "opt@sever-hotel.example": "mail",
    "sony": "latin",
    "WH-1000": "latin",
    "гирлянды тверь": "",
    "красной бумаге": "gift",
    'диван" OR "кружка': "",
    "пельмени": "",
    "!!!": "",
    "-диван": "",
}
TYPED = {"див": "sofa sofas no_sofa", "дост": "tree", "гирля": "trees", "серый ди": "sofa", "заказ 18": "order"}


CLIENTS = {
    "kuz": Profile(id="kuz", name="Анна Кузнецова", username="anna_kuz", phone="+7 916 123-45-67"),
    "ale": Profile(id="ale", name="Александр Соловьёв", email="a.solovev@lampa.example"),
    "art": Profile(id="art", name="Артём Ёлкин", phone="8 (921) 555-01-02"),
    "nat": Profile(id="nat", name="Наталья Щербакова"),
    "dmi": Profile(id="dmi", name="Dmitry Orlov", username="dorlov"),
    "sev": Profile(id="sev", name="Гостиница «Север»", email="zakup@sever-hotel.example"),
}
"""What is typed into the box of names, with whom it finds; behind a stroke those that are only nearly meant."""
NAMED = {
    "анна": "kuz",
    "КУЗНЕЦОВА": "kuz",
    "кузн": "kuz",
    "узнец": "kuz",
    "анна кузнецова": "kuz",
    "кузнецова анна": "kuz",
    "anna": "kuz",
    "kuznetsova": "kuz",
    "@anna_kuz": "kuz",
    "+7 (916) 123-45-67": "kuz",
    "89161234567": "kuz",
    "9161234567": "kuz",
    "123-45-67": "kuz",
    "fyyf": "kuz",
    "repytwjdf": "kuz",
    "соловьев": "ale",
    "соловьёв": "ale",
    "solovev": "ale",
    "a.solovev@": "ale",
    "lampa.example": "ale",
    "артем": "art",
    "артём елкин": "art",
    "Ёлкин": "art",
    "+79215550102": "art",
    "natalya": "nat",
    "Shcherbakova": "nat",
    "орлов": "dmi",
    "dorlov": "dmi",
    "север": "sev",
    "zakup": "sev",
    "ctdth": "sev",
    "Кузнецва": "| kuz",
    "кузнецоав": "| kuz",
    "Алексадр": "| ale",
    "аликсандр": "| ale",
    "солавьев": "| ale",
    "Наталя": "| nat",
    "щирбакова": "| nat",
    "kuznecova": "| kuz",
    "repytwdf": "| kuz",
    "анна кузнцова": "| kuz",
    "гостинница": "| sev",
    "ырлов": "",
    "пельменная": "",
    "0000000": "",
}


@pytest.fixture
def index(shop: Shop, tmp_path: Path) -> Index:
    return Index(tmp_path / "search.db", shop.driver.url)


Look = Callable[..., SearchPage]


@pytest.fixture
def appearance(shop: Shop, index: Index) -> Look:
    def looked(
        said: str, *, typing: bool = False, n: int = 50, below: int | None = None, **scope: object
    ) -> SearchPage:
        assert search.catch_up(shop.database, index)
        query, more = understood(said, typing=typing), {} if below is None else {"below": below}
        where = SearchScope(**scope)  # type: ignore[arg-type]
        return shop.database.read(lambda tx: search.find(tx, index, shop.driver.dialect, query, where, n=n, **more))

    return looked


@pytest.fixture
def said(shop: Shop) -> ChannelId:
    """Everything above, each from a client of their own; returns the channel."""
    channel = shop.channel()
    for key, text in SAID.items():
        shop.clock.at += 60_000
        shop.hear(channel, text, who=key)
    return channel


def keys(page: SearchPage) -> set[str]:
    return {found.dialog.address for found in page.found}


@pytest.mark.req("S-116")
def test_a_shops_messages_are_found_by_any_form_of_their_words(said: ChannelId, appearance: Look) -> None:
    assert {query: keys(appearance(query)) for query in EXPECTED} == {q: set(e.split()) for q, e in EXPECTED.items()}
    assert {query: keys(appearance(query, typing=True)) for query in TYPED} == {
        q: set(e.split()) for q, e in TYPED.items()
    }


@pytest.mark.req("S-116")
def test_clients_are_found_by_name_phone_and_address_and_by_names_with_slips(
    shop: Shop, index: Index, appearance: Look
) -> None:
    channel = shop.channel()
    for key, profile in CLIENTS.items():
        shop.hear(channel, "Здравствуйте", who=key, sender=profile)
    appearance("здравствуйте")
    asked = {said: named(shop, index, said) for said in NAMED}
    assert asked == {said: expected(whom) for said, whom in NAMED.items()}


def expected(whom: str) -> tuple[set[str], set[str]]:
    exact, _stroke, near = whom.partition("|")
    return set(exact.split()), set(near.split())


def named(shop: Shop, index: Index, said: str) -> tuple[set[str], set[str]]:
    """Whom the box finds by the index, which must be whom it finds without, and who is nearly meant."""
    wanted, dialect = DialogFilter(text=said), shop.driver.dialect

    def ask(tx: Tx) -> tuple[list[DialogId], list[DialogId], list[DialogId]]:
        among = names.among(tx, index, said)
        exact = dialog_list.ids(tx, dialect, wanted, among=among)
        return exact, dialog_list.ids(tx, dialect, wanted), names.near(tx, index, dialect, wanted)

    exact, without, near = shop.read(ask)
    assert exact == without
    address = {one: shop.read(lambda tx, one=one: dialogs.card(tx, one)).address for one in {*exact, *near}}
    return {address[one] for one in exact}, {address[one] for one in near if one not in exact}


def test_a_client_who_wrote_a_moment_ago_is_found_before_the_index_knows(
    shop: Shop, index: Index, appearance: Look
) -> None:
    channel = shop.channel()
    shop.hear(channel, "Здравствуйте", who="первая")
    appearance("здравствуйте")
    shop.hear(channel, "Здравствуйте", who="zinaida", sender=Profile(id="z", name="Зинаида Белова"))
    assert named(shop, index, "зинаида")[0] == {"zinaida"}


def test_what_was_said_before_a_chat_moved_is_found_in_the_new_one(shop: Shop, appearance: Look) -> None:
    channel = shop.channel()
    shop.hear(channel, "Чайник со свистком", who="old")
    shop.hear(channel, "Здравствуйте", who="new")
    assert keys(appearance("чайник")) == {"old"}
    shop.take(channel, PeerMoved(old_key="old", peer=Peer(key="new", address="new"), at=shop.clock.at))
    found = appearance("чайник").found[0].dialog
    assert found.address == "new"
    assert keys(appearance("чайники", dialog=found.id)) == {"new"}


def test_the_newest_come_first_and_pages_follow_one_another(said: ChannelId, appearance: Look) -> None:
    assert [found.dialog.address for found in appearance("диван").found] == ["no_sofa", "sofas", "sofa"]
    first = appearance("диван", n=2)
    second = appearance("диван", n=2, below=first.below)
    assert [found.dialog.address for found in (*first.found, *second.found)] == ["no_sofa", "sofas", "sofa"]
    assert second.below == 0


def test_the_words_around_a_hit_are_shown_with_the_hit_marked(said: ChannelId, appearance: Look) -> None:
    found = appearance("чудесная").found[0]
    shown = found.snippet.text
    assert shown.startswith("Спасибо большое, кружки чудесные")
    assert [shown[a:b] for a, b in found.snippet.marks] == ["чудесные"]
    number = appearance("8 916 123-45-67").found[0].snippet
    assert [number.text[a:b] for a, b in number.marks] == ["+7 (916) 123-45-67"]


def test_a_snippet_of_a_long_message_begins_near_the_hit_and_stays_on_one_line(shop: Shop, appearance: Look) -> None:
    shop.hear(shop.channel(), "слово\n" * 200 + "чайник со свистком\n" + "слово " * 200)
    shown = appearance("чайники").found[0].snippet
    assert "\n" not in shown.text
    assert shown.text[0] == shown.text[-1] == "…"
    assert [shown.text[a:b] for a, b in shown.marks] == ["чайник"]


def test_dialogs_channels_and_dates_narrow_the_search_and_the_blocked_are_left_out(
    shop: Shop, said: ChannelId, appearance: Look
) -> None:
    number = appearance("ящик").found[0].dialog.id
    before = shop.clock.at + 1
    shop.clock.at += 3_600_000
    shop.hear(shop.channel(kind="chat"), "Диван привезли", who="later")
    assert keys(appearance("диван", dialog=number)) == {"sofas"}
    assert keys(appearance("диван", since=before)) == {"later"}
    assert keys(appearance("диван", until=before)) == {"sofa", "sofas", "no_sofa"}
    assert keys(appearance("диван", dialogs=DialogFilter(kind="chat"))) == {"later"}
    shop.write(lambda tx: dialogs.block(tx, number, blocked=True))
    assert keys(appearance("ящик")) == set()
    assert keys(appearance("ящик", dialog=number)) == {"sofas"}


def test_edits_deletions_and_names_of_files_are_followed(
    shop: Shop, said: ChannelId, appearance: Look, index: Index
) -> None:
    photo = IncomingFile(kind="document", name="смета на шкаф.pdf", mime="application/pdf", size=5, sha256="0" * 64)
    shop.hear(said, "Вот", who="file", ext_id="f1", files=(photo,))
    shop.hear(said, "Хочу чайник", who="edit", ext_id="e1")
    assert (keys(appearance("сметы")), keys(appearance("чайника"))) == ({"file"}, {"edit"})
    shop.take(said, MessageEdited(peer_key="edit", ext_id="e1", at=shop.clock.at, text="Хочу самовар"))
    assert (keys(appearance("чайник")), keys(appearance("самовары"))) == (set(), {"edit"})
    shop.take(said, MessagesDeleted(peer_key="edit", ext_ids=("e1",), at=shop.clock.at))
    assert keys(appearance("самовар")) == set()
    assert index.ask(lambda index: index.hits(understood("самовар"), since=0, below=TOP, n=9)) == []


@ON_SQLITE
@pytest.mark.parametrize(
    "damage",
    [
        "removed",
        "no database",
        "torn",
        "of another store",
        "older than a restore",
        "of the format before",
        "stale",
        "swept",
    ],
)
def test_an_index_that_is_of_no_use_is_made_anew(
    shop: Shop, said: ChannelId, appearance: Look, index: Index, damage: str
) -> None:
    assert len(appearance("диван").found) == 3
    if damage == "removed":
        index.delete()
    elif damage == "no database":
        index.path.write_bytes(b"no database at all" * 500)
    elif damage == "torn":
        index.path.write_bytes(index.path.read_bytes()[:9000] + b"\xff" * 9000)
    elif damage == "of another store":
        other = Index(index.path, "sqlite:///elsewhere.db")
        assert other.ask(lambda index: index.mark()) is None
    elif damage == "of the format before":
        made_by_the_version_before(index)
    elif damage == "swept":
        index.change(lambda index: index.save(Mark(3, 0, 0)))
        shop.database.connection().execute("DELETE FROM journal WHERE id < 9")
        shop.write(lambda tx: tx.run("messages.delete", id=1, at=tx.now))
        assert len(appearance("диван").found) == 2
        return
    elif damage == "stale":
        index.change(lambda index: index.save(Mark(shop.read(journal.last), 0, 0, stale=1_000_000)))
        shop.hear(said, "Ещё диван", who="sofa")
        assert len(appearance("диван").found) == 4
        assert index.ask(lambda index: index.mark()).stale == 0
        return
    else:
        index.change(lambda index: index.save(Mark(10**9, 0, 0)))
    assert len(appearance("диван").found) == 3


def made_by_the_version_before(index: Index) -> None:
    index.delete()
    with closing(sqlite3.connect(index.path)) as file, file:
        file.execute("CREATE TABLE mark (journal INTEGER NOT NULL, lowest INTEGER NOT NULL, unnamed INTEGER NOT NULL)")
        file.execute("CREATE TABLE place (message INTEGER PRIMARY KEY, place INTEGER NOT NULL UNIQUE)")
        file.execute("CREATE VIRTUAL TABLE word USING fts5(stems, dialog)")
        file.execute("INSERT INTO mark VALUES (1000, 0, 0)")
        file.execute("PRAGMA user_version=3")


def stale(index: Index) -> int:
    return index.ask(lambda index: index.mark()).stale


@pytest.mark.req("S-116")
def test_words_that_a_message_had_at_any_time_find_it_only_while_it_has_them(
    shop: Shop, said: ChannelId, appearance: Look, index: Index
) -> None:
    shop.hear(said, "Хочу чайник", who="edit", ext_id="e1")
    before = shop.clock.at
    for n, text in enumerate(["самовар", "", "чайник", "самовар", "чайник"]):
        shop.clock.at += 1
        shop.take(said, MessageEdited(peer_key="edit", ext_id="e1", at=shop.clock.at, text=text))
        found = {word for word in ("чайник", "самовар") if keys(appearance(word)) == {"edit"}}
        assert (n, found) == (n, {text} - {""})
    assert keys(appearance("чайник", since=before)) == {"edit"}
    shop.take(said, MessagesDeleted(peer_key="edit", ext_ids=("e1",), at=shop.clock.at))
    assert (keys(appearance("самовар")), keys(appearance("чайник")), stale(index)) == (set(), set(), 4)


def test_what_happens_to_a_message_without_changing_its_words_adds_nothing_to_the_index(
    shop: Shop, said: ChannelId, appearance: Look, index: Index
) -> None:
    message = shop.hear(said, "Хочу чайник", who="edit", ext_id="e1")
    assert keys(appearance("чайник")) == {"edit"}
    shop.take(said, ReactionsChanged(peer_key="edit", ext_id="e1", at=shop.clock.at, emoji=("👍",)))
    assert (keys(appearance("чайник")), stale(index)) == ({"edit"}, 0)
    places = index.ask(lambda index: index.hits(understood("чайник"), n=9))
    assert [hit.message for hit in places] == [message]


def test_a_position_belongs_to_one_message_even_if_two_million_lie_between(index: Index) -> None:
    one, other = (Wording(MessageId(number), DialogId(1), 1000, "чайник") for number in (7, 7 + (1 << 21)))
    index.change(lambda index: (index.put([one]), index.put([other._replace(at=2000)])))
    query = understood("чайник")
    assert [hit.message for hit in index.ask(lambda index: index.hits(query, n=9))] == [other.message, one.message]
    index.change(lambda index: index.drop([one.message]))
    assert [hit.message for hit in index.ask(lambda index: index.hits(query, n=9))] == [other.message]


def test_a_search_waits_half_a_second_at_most_and_says_what_it_does_not_find_yet(
    shop: Shop, said: ChannelId, index: Index
) -> None:
    for n in range(search.BATCH):
        shop.clock.at += 1000
        shop.hear(said, f"сообщение {n}", who="talk")
    missing = partial(search.missing, index=index)
    assert shop.read(missing) == Missing(before=shop.clock.at)
    assert not search.catch_up(shop.database, index, seconds=0)
    oldest = shop.message(MessageId(len(SAID) + 1)).at
    assert shop.read(missing) == Missing(before=oldest)
    assert str(Missing(before=oldest).said(str)) == f"Messages before {oldest} are not in the index yet."
    assert search.catch_up(shop.database, index)
    assert (shop.read(missing), Missing().said(str)) == (Missing(), None)
    began = shop.clock.at = shop.clock.at + 1000
    for n in range(search.BATCH + 1):
        shop.hear(said, f"новое {n}", who="talk")
    assert not search.catch_up(shop.database, index, seconds=0)
    assert shop.read(missing).since == began
    assert search.catch_up(shop.database, index)


def cleared_and_interrupted(index: OpenIndex) -> None:
    index.clear()
    raise KeyboardInterrupt


@ON_SQLITE
def test_an_interrupted_work_goes_on_where_it_was_and_the_newest_are_in_first(
    shop: Shop, said: ChannelId, index: Index
) -> None:
    def found(words: str) -> int:
        query = understood(words)
        return len(shop.read(lambda tx: search.find(tx, index, "sqlite", query, SearchScope())).found)

    assert search.advance(shop.database, index, n=4)
    assert (found("наушники"), found("диван")) == (1, 0)
    shop.hear(said, "Ещё один диван", who="new")
    with pytest.raises(KeyboardInterrupt):
        index.change(cleared_and_interrupted)
    while search.advance(shop.database, index, n=4):
        pass
    assert (found("наушники"), found("диван")) == (1, 4)
    assert not search.advance(shop.database, index)


@ON_SQLITE
def test_twenty_thousand_messages_are_indexed_in_bounded_steps(shop: Shop, appearance: Look, index: Index) -> None:
    channel = shop.channel()
    shop.hear(channel, "Диван номер 0")
    dialog = shop.read(lambda tx: tx.value("dialogs.at_key", channel=channel, key="anna"))
    copy = """INSERT INTO message (dialog_id, channel_id, direction, origin, author, ext_id, key, state, code, detail,
        text, subject, reply_to, album, automatic, at, stored_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
        SELECT i + 1 FROM n WHERE i < 20000) SELECT ?, ?, 'in', 'client', '', 'x' || i, NULL, 'received', '', '',
        'Диван номер ' || i, '', '', '', 0, i, i FROM n"""
    shop.database.connection().execute(copy, (dialog, channel))
    steps = 1
    while search.advance(shop.database, index):
        steps += 1
    assert steps <= 20_000 / search.BATCH + 1
    assert len(appearance("диваны", n=30).found) == 30
    assert [found.message.text for found in appearance("диван 13777").found] == ["Диван номер 13777"]
