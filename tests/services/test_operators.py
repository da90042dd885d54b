"""Accounts of operators, their passwords, logins and lines: on both databases."""

import pytest

from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.journal.operators import OperatorEvent
from chatapp_cli.services import journal, operators, passwords
from chatapp_cli.store.rows.operators import OperatorRow, SeenLineRow
from tests.stores import Shop

PASSWORD = "осенний лист 7"
HASH = passwords.hashed(PASSWORD)
WEAK = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$3Cd7yPlyBeZZ4ZMXSXDQQw"


@pytest.fixture
def pyotr(shop: Shop) -> OperatorRow:
    made: OperatorRow = shop.write(lambda tx: operators.add(tx, " Пётр  Ильин ", HASH, ()))
    return made


def told(shop: Shop) -> list[str]:
    rows = shop.read(lambda tx: journal.after(tx, 0, n=100))
    return [row.event.topic for row in rows if isinstance(row.event, OperatorEvent)]


def refused(shop: Shop, name: str, password: str) -> Refused:
    with pytest.raises(Refused) as caught:
        shop.read(lambda tx: operators.verify(tx, name, password))
    return caught.value


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_an_account_has_a_name_of_its_own_and_sees_every_line_unless_some_are_named(
    shop: Shop, pyotr: OperatorRow
) -> None:
    assert (pyotr.name, pyotr.role, pyotr.disabled) == ("Пётр Ильин", "operator", 0)
    assert shop.read(lambda tx: operators.lines(tx, pyotr)) is None
    with pytest.raises(Refused, match="already"):
        shop.write(lambda tx: operators.add(tx, "Пётр Ильин", "", ()))
    with pytest.raises(UsageError, match="needs a name"):
        shop.write(lambda tx: operators.add(tx, " ", "", ()))
    line = shop.line("Опт")
    anna = shop.write(lambda tx: operators.add(tx, "Анна", HASH, [line]))
    assert shop.read(lambda tx: operators.lines(tx, anna)) == [SeenLineRow(line, "Опт")]


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_who_loses_the_last_line_sees_none_rather_than_all(shop: Shop, pyotr: OperatorRow) -> None:
    line = shop.line()
    shop.write(lambda tx: operators.see_lines(tx, pyotr.name, [line]))
    shop.write(lambda tx: tx.run("lines.remove", id=line))
    assert shop.read(lambda tx: operators.lines(tx, operators.find(tx, pyotr.name))) == []
    shop.write(lambda tx: operators.see_lines(tx, pyotr.name, None))
    assert shop.read(lambda tx: operators.lines(tx, operators.find(tx, pyotr.name))) is None


def test_a_wrong_login_says_the_same_whatever_was_wrong(shop: Shop, pyotr: OperatorRow) -> None:
    assert shop.read(lambda tx: operators.verify(tx, "Пётр Ильин", PASSWORD)) == pyotr
    shop.write(lambda tx: operators.add(tx, "Без пароля", "", ()))
    answers = [refused(shop, pyotr.name, "не тот"), refused(shop, "Никто", PASSWORD), refused(shop, "Без пароля", "")]
    shop.write(lambda tx: operators.disable(tx, pyotr.name))
    answers.append(refused(shop, pyotr.name, PASSWORD))
    assert {(one.code, str(one.what)) for one in answers} == {("wrong_login", "Name or password is wrong.")}
    shop.write(lambda tx: operators.enable(tx, pyotr.name))
    assert shop.read(lambda tx: operators.verify(tx, pyotr.name, PASSWORD)).name == pyotr.name


def test_a_password_is_kept_as_a_hash_that_is_renewed_when_hashing_changed(shop: Shop, pyotr: OperatorRow) -> None:
    assert HASH.startswith("$argon2id$")
    assert HASH not in repr(pyotr)
    with pytest.raises(UsageError, match="at least 8"):
        passwords.hashed("коротко")
    assert operators.renewed(pyotr, PASSWORD) == ""
    fresh = operators.renewed(pyotr._replace(password=WEAK), PASSWORD)
    shop.write(lambda tx: operators.rehash(tx, pyotr.name, fresh))
    assert shop.read(lambda tx: operators.verify(tx, pyotr.name, PASSWORD)).password == fresh


def test_a_login_holds_for_thirty_days_unless_it_is_ended_before(shop: Shop, pyotr: OperatorRow) -> None:
    def holds(token: str) -> bool:
        return shop.read(lambda tx: operators.of_session(tx, token)) is not None

    for token in ("a", "b", "c"):
        shop.write(lambda tx, token=token: operators.open_session(tx, pyotr.name, token))
    kept = shop.read(lambda tx: tx.compose(str, "SELECT token_sha256 FROM operator_session", {}))
    assert {len(one) for one in kept} == {64}
    shop.write(lambda tx: operators.close_session(tx, "a"))
    assert [holds(one) for one in "abcd"] == [False, True, True, False]
    shop.write(lambda tx: operators.set_password(tx, pyotr.name, HASH))
    assert not holds("b")
    shop.write(lambda tx: operators.open_session(tx, pyotr.name, "e"))
    shop.clock.at += 30 * 24 * 3_600_000 - 1
    assert holds("e")
    shop.clock.at += 1
    assert not holds("e")


def test_disabling_ends_every_login_at_once_and_the_journal_knows_who_did_it(shop: Shop, pyotr: OperatorRow) -> None:
    shop.write(lambda tx: operators.open_session(tx, pyotr.name, "a"))
    shop.write(lambda tx: operators.disable(tx, pyotr.name))
    shop.write(lambda tx: operators.enable(tx, pyotr.name))
    assert shop.read(lambda tx: operators.of_session(tx, "a")) is None
    shop.write(lambda tx: operators.remove(tx, pyotr.name))
    with pytest.raises(NotFound):
        shop.read(lambda tx: operators.find(tx, pyotr.name))
    expected = ["operator.added", "operator.login", "operator.disabled", "operator.enabled", "operator.removed"]
    assert told(shop) == expected
