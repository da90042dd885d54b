"""A word in any form among a million Russian messages: against LIKE, and found as often as PostgreSQL finds it."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from statistics import mean, median

import psycopg

from benchmarks.harness import Case
from benchmarks.ingesting import DIALOGS, company
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import Millis
from chatapp_cli.services import search
from chatapp_cli.services.wording import understood
from chatapp_cli.store.search import earliest
from tests import postgres

MANY = 1_000_000
SAMPLE = 50_000
"""Messages that PostgreSQL indexes too."""
ASKED = 15


def _words(said: str) -> list[str]:
    return said.split()


BEGUN = _words("""
  Здравствуйте Подскажите Добрый_день Скажите Коллеги Простите Ещё_раз
""")
DONE = _words("""
  нужен нужна ищу заказывала оплатила получили вернём жду отправили привезите обменяйте упакуйте
""")
THINGS = _words("""
  диван дивана диваны диванов кружка кружки кружку кружек доставка доставку доставки заказ заказа заказов
  заказом посылка посылку посылки подарок подарка подарки кровать кровати плед пледа пледы чайник чайника
  чайники лампа лампы лампу оплата оплату оплаты скидка скидки скидок возврат возврата магазин магазина магазины
  размер размера размеры свеча свечи коробка коробку коробки стол стола столы столов курьер курьера курьером
  счёт счёта счета ёлка ёлки ёлку
""")
WHERE = _words("""
  Тверь Казань Москву Пермь Самару Омск Уфу Сочи Орёл Тулу
""")
ASK = _words("""
  диванами кружкой доставкой заказам посылок пледов чайников лампам возвраты магазинов размером свечу столами
""")
SEED = """INSERT INTO message (dialog_id, channel_id, direction, origin, author, ext_id, state, code, detail, text,
  subject, reply_to, album, automatic, at, stored_at)
  VALUES (?, 1, 'in', 'client', 'Анна', ?, 'received', '', '', ?, '', '', '', 0, ?, 1)"""


def cases() -> Iterator[Case]:
    with company() as opened:
        said = corpus()
        store = opened.settings.folder / "chatapp.db"
        with closing(sqlite3.connect(store)) as connection, connection:
            connection.executemany(SEED, ((n % DIALOGS + 1, f"s{n}", text, n) for n, text in enumerate(said)))
            lowest = connection.execute("SELECT MIN(id) FROM message WHERE ext_id = 's0'").fetchone()[0]
        took = indexed(opened)
        yield Case(
            "index 1,000,000 messages", "messages/s", ours=lambda: MANY / took, limit=1_000, at_least=1, rounds=1
        )
        yield Case(
            "a word in any form among 1,000,000 messages",
            "ms",
            ours=partial(by_product, opened),
            peer=partial(by_hand, store),
            at_most=1 / 50,
            rounds=3,
        )
        share = recall(opened, said[:SAMPLE], lowest)
        yield Case("found of what PostgreSQL's Russian search finds", "share", ours=lambda: share, at_least=0.95)


def corpus(many: int = MANY) -> list[str]:
    """Short messages as clients of a shop write them, each with a number of its own."""
    pick = random.Random(14).choice
    return [
        f"{pick(BEGUN)}! {pick(DONE)} {pick(THINGS)} и {pick(THINGS)}, {pick(DONE)} в {pick(WHERE)}, заказ {n}"
        for n in range(many)
    ]


def indexed(opened: Company) -> float:
    """Seconds that the index takes."""
    began = time.perf_counter()
    while search.advance(opened.database, opened.search, n=5_000):
        pass
    return time.perf_counter() - began


def by_product(opened: Company) -> float:
    """The newest twenty with a word, in milliseconds."""
    return timed(lambda word: opened.search.ask(lambda index: index.hits(understood(word), n=20)))


def by_hand(store: object) -> float:
    """The same by the beginning of the word, as one would write it in SQL."""
    with closing(sqlite3.connect(str(store))) as connection:
        sql = "SELECT id FROM message WHERE text LIKE ? ORDER BY at"
        return timed(lambda word: connection.execute(sql, (f"%{word[:4]}%",)).fetchall()[-20:])


def timed(ask: object) -> float:
    took = []
    for n in range(ASKED):
        began = time.perf_counter()
        found = ask(ASK[n % len(ASK)])  # type: ignore[operator]
        took.append((time.perf_counter() - began) * 1000)
        assert len(found) == 20
    return median(took)


def recall(opened: Company, said: Sequence[str], lowest: int) -> float:
    """Of what PostgreSQL finds among the first messages, the share that is found here, over all questions."""
    with postgres.running() as server, psycopg.connect(server.fresh()) as other:
        other.execute("CREATE TABLE said (id int, words tsvector)")
        with other.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO said VALUES (%s, to_tsvector('russian', %s))",
                ((lowest + n, text) for n, text in enumerate(said)),
            )
        return mean(_share(opened, other, word) for word in [*ASK, *THINGS])


def _share(opened: Company, other: psycopg.Connection[tuple[int]], word: str) -> float:
    sql = "SELECT id FROM said WHERE words @@ plainto_tsquery('russian', %s)"
    theirs = {row[0] for row in other.execute(sql, (word,))}
    below = earliest(Millis(SAMPLE))
    ours = {hit.message for hit in opened.search.ask(lambda index: index.hits(understood(word), below=below, n=SAMPLE))}
    return len(ours & theirs) / len(theirs) if theirs else 1.0
