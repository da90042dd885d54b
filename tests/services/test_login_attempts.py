"""Wrong passwords are counted by whom they are tried for, in the store."""

from __future__ import annotations

import pytest

from chatapp_cli.services import login_attempts, operators
from chatapp_cli.services.login_attempts import TooManyAttempts
from tests.stores import OWNER, Shop


@pytest.fixture
def desk(shop: Shop) -> Shop:
    shop.write(lambda tx: operators.add(tx.by(OWNER), "Анна-Мария Й", "", ()))
    return shop


def tries(shop: Shop, name: str, address: str = "") -> int:
    """Milliseconds to wait before this attempt; 0 if it is let through and counted."""
    try:
        shop.write(lambda tx: login_attempts.begin(tx, name, address))
    except TooManyAttempts as refused:
        return refused.wait
    return 0


@pytest.mark.parametrize("name", ["Анна-Мария Й", "никто"])
def test_ten_wrong_passwords_shut_a_name_for_a_quarter_of_an_hour_in_every_spelling(desk: Shop, name: str) -> None:
    spellings = [name, f" {name}", f"{name}\t", name.replace(" ", " \u00a0"), name.replace("Й", "Й")]
    for n in range(10):
        assert tries(desk, spellings[n % len(spellings)]) == 0
        desk.clock.at += 1000
    assert [tries(desk, spelling) for spelling in spellings] == [890_000] * len(spellings)
    assert tries(desk, "another") == 0
    desk.clock.at += 890_000
    assert tries(desk, name) == 0
    assert tries(desk, name) == 1000


def test_wrong_passwords_for_many_names_shut_an_address_and_right_ones_do_not(desk: Shop) -> None:
    for n in range(100):
        assert tries(desk, f"right {n}", "192.0.2.1") == 0
        desk.write(lambda tx, n=n: login_attempts.succeeded(tx, f"right {n}", "192.0.2.1"))
    for n in range(30):
        assert tries(desk, f"wrong {n}", "192.0.2.1") == 0
        desk.clock.at += 1000
    assert tries(desk, "another", "192.0.2.1") == 870_000
    assert tries(desk, "another", "192.0.2.2") == 0
    assert tries(desk, "another") == 0


def test_ten_failed_logins_by_an_account_elsewhere_shut_that_way_alone_and_the_password_stays(desk: Shop) -> None:
    way, other = "amocrm demo.amocrm.ru", "amocrm les.amocrm.ru"
    for one in (*[way] * 3, other):
        desk.write(lambda tx, one=one: login_attempts.begin_by(tx, one))
        desk.write(lambda tx, one=one: login_attempts.succeeded_by(tx, one))
    for _ in range(10):
        desk.write(lambda tx: login_attempts.begin_by(tx, way))
    with pytest.raises(TooManyAttempts, match="Too many logins failed") as shut:
        desk.write(lambda tx: login_attempts.begin_by(tx, way))
    assert shut.value.wait == login_attempts.WITHIN
    desk.write(lambda tx: login_attempts.begin_by(tx, other))
    assert tries(desk, way) == 0
    desk.clock.at += login_attempts.WITHIN
    desk.write(lambda tx: login_attempts.begin_by(tx, way))


def test_what_is_counted_is_forgotten_afterwards_and_names_nobody_has_are_not_kept(desk: Shop) -> None:
    tries(desk, "мой пароль 123", "192.0.2.1")
    tries(desk, "Анна-Мария Й")
    kept = desk.read(lambda tx: tx.compose(str, "SELECT value FROM login_attempt ORDER BY id", {}))
    assert (len(kept[0]), list(kept[1:])) == (64, ["192.0.2.1", "Анна-Мария Й"])
    desk.clock.at += login_attempts.WITHIN
    tries(desk, "Анна-Мария Й")
    assert desk.read(lambda tx: tx.compose(int, "SELECT count(*) FROM login_attempt", {})) == [1]
