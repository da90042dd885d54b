"""Whoever follows the news notices every commit, and asks for them only then."""

from contextlib import closing

from chatapp_cli.services import lines
from chatapp_cli.store.drivers import Sqlite
from tests.stores import Shop


def test_a_commit_makes_it_beat_once_more(shop: Shop) -> None:
    with closing(shop.database.pulse()) as pulse:
        assert pulse.beats()
        shop.write(lambda tx: lines.add(tx, "Опт"))
        assert pulse.beats()
        assert pulse.beats() is not isinstance(shop.driver, Sqlite)


def test_what_was_read_does_not_make_it_beat(shop: Shop) -> None:
    with closing(shop.database.pulse()) as pulse:
        pulse.beats()
        shop.database.read(lines.everything)
        assert pulse.beats() is not isinstance(shop.driver, Sqlite)


def test_where_it_cannot_look_it_beats(shop: Shop) -> None:
    pulse = shop.database.pulse()
    pulse.beats()
    pulse.close()
    assert pulse.beats()
