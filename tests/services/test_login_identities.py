"""Who operators are at providers by which they can log in: connected by whom, and who is let in."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from chatapp_cli.domain.access import Acting, Right
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.journal.operators import OperatorEvent
from chatapp_cli.domain.login_identity import LoginIdentity
from chatapp_cli.services import employees, journal, journal_words, login_identities, operators
from tests.stores import OWNER, Shop

MARIA = LoginIdentity(way="amocrm", realm="31@amocrm.ru", person="55", name="Мария")


@pytest.fixture
def desk(shop: Shop) -> Shop:
    for name in ("Анна", "Борис", "Вера"):
        shop.write(partial(operators.add, name=name, password_hash="", lines=()))
    shop.write(lambda tx: operators.allow(tx, "Борис", {Right.USERS, Right.CRM}, ()))
    shop.write(lambda tx: operators.allow(tx, "Вера", {Right.SETTINGS}, ()))
    return shop


def let_in(desk: Shop, identity: LoginIdentity = MARIA) -> str:
    """The operator who is let in, or the code of the refusal."""
    try:
        return str(desk.read(partial(login_identities.operator_of, identity=identity)).name)
    except Refused as refused:
        return refused.code if refused.next_step else "no next step"


def connect(desk: Shop, name: str, identity: LoginIdentity = MARIA, by: Acting = OWNER) -> None:
    desk.write(lambda tx: login_identities.connect(tx.by(by), name, identity))


@pytest.mark.req("S-024", part="who may come in")
def test_only_the_person_who_was_connected_is_let_in_by_account_and_number_and_never_by_a_name(desk: Shop) -> None:
    assert let_in(desk, replace(MARIA, name="Анна")) == "login_stranger"
    connect(desk, "Анна")
    assert let_in(desk, replace(MARIA, name="married")) == "Анна"
    for other in ({"realm": "32@amocrm.ru"}, {"realm": "31@kommo.com"}, {"person": "5"}, {"way": "telegram"}):
        assert let_in(desk, replace(MARIA, **other)) == "login_stranger"
    desk.write(lambda tx: operators.disable(tx, "Анна"))
    assert let_in(desk) == "account_over"
    desk.write(lambda tx: operators.remove(tx, "Анна"))
    desk.write(lambda tx: operators.add(tx, "Анна", "", ()))
    assert let_in(desk) == "login_stranger"


def test_an_employee_of_a_link_is_not_let_in_by_that_alone(desk: Shop) -> None:
    """Whoever may link a CRM maps employees, and could become anybody by it."""
    boris = Acting("Борис", account=True)
    link = desk.write(lambda tx: tx.insert("links.add", kind="amocrm", **LINK, now=tx.now))
    desk.write(lambda tx: employees.map_to(tx.by(boris), link, "Вера", Employee(id="55", name="Мария")))
    assert let_in(desk) == "login_stranger"


def test_nobody_connects_an_account_with_more_rights_or_a_person_who_is_somebody_else(desk: Shop) -> None:
    boris = Acting("Борис", account=True)
    for by, name, code in ((boris, "Вера", "beyond_own"), (Acting("Анна", account=True), "Анна", "no_right")):
        with pytest.raises(Refused) as refused:
            connect(desk, name, by=by)
        assert refused.value.code == code
    connect(desk, "Анна", by=boris)
    with pytest.raises(Refused, match="logs in as Анна already") as taken:
        connect(desk, "Борис")
    assert taken.value.code == "identity_taken"
    with pytest.raises(NotFound):
        connect(desk, "Глеб", replace(MARIA, person="56"))
    assert let_in(desk) == "Анна"


def test_another_person_takes_the_place_of_the_first_whose_logins_end(desk: Shop) -> None:
    connect(desk, "Анна")
    desk.write(lambda tx: operators.open_session(tx, "Анна", "token", way="amocrm"))
    connect(desk, "Анна")
    assert desk.read(lambda tx: operators.of_session(tx, "token")) is not None
    other = replace(MARIA, person="56", name="Олег")
    connect(desk, "Анна", other)
    assert (let_in(desk), let_in(desk, other)) == ("login_stranger", "Анна")
    assert desk.read(lambda tx: operators.of_session(tx, "token")) is None
    desk.write(lambda tx: login_identities.disconnect(tx, "Анна", MARIA.way, MARIA.realm))
    assert (let_in(desk, other), desk.read(lambda tx: login_identities.of(tx, "Анна"))) == ("login_stranger", [])
    rows = [row for row in desk.read(lambda tx: journal.after(tx, 0, n=100)) if isinstance(row.event, OperatorEvent)]
    assert [str(journal_words.sentence(row)) for row in rows if row.event.name == "Анна"][1:] == [
        "Анна can log in as 55 of 31@amocrm.ru (amocrm)",
        "Анна logged in through amocrm",
        "Анна can no longer log in through 31@amocrm.ru (amocrm)",
        "Анна can log in as 56 of 31@amocrm.ru (amocrm)",
        "Анна can no longer log in through 31@amocrm.ru (amocrm)",
    ]


LINK = {
    "account": "demo.amocrm.ru", "title": "demo", "hook_key": "k", "settings": "{}", "facts": "{}", "secrets": b"",
    "state": "ok", "code": "",
}  # fmt: skip
