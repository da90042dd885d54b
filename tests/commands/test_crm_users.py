"""A person at a shell who says which employees of a portal are which operators."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.services import employees, operators
from tests.commands.conftest import Shell
from tests.commands.crm_office import Office

SVETLANA = ["27", "Светлана Белова", "svetlana@firma.test"]


@pytest.mark.usefixtures("installed")
def test_an_employee_is_the_operator_with_the_same_address_until_a_person_says_otherwise(
    chatapp: Shell, company: Company, office: Office
) -> None:
    for name in ("Света", "Олег"):
        company.write(lambda tx, name=name: operators.add(tx, name, "", ()))
    alone = chatapp("crm", "users")
    assert alone.rows[1] == [*SVETLANA, "", "nobody here"]
    assert alone.err.splitlines() == ["Олег is no employee of the CRM.", "Света is no employee of the CRM."]
    chatapp("user", "email", "Света", "Svetlana@FIRMA.test")
    assert chatapp("crm", "users").rows[1] == [*SVETLANA, "Света", "e-mail address"]
    said = chatapp("crm", "users", "map", "svetlana@firma.test", "Олег")
    assert said.err == "Олег is Светлана Белова in the CRM.\n"
    assert chatapp("crm", "users", office.portal.domain).rows[1] == [*SVETLANA, "Олег", "hand"]
    assert chatapp("crm", "users", "unmap", "Олег").err == f"Олег is nobody in {office.portal.domain}.\n"
    assert chatapp("crm", "users").rows[1] == [*SVETLANA, "Света", "e-mail address"]
    chatapp("crm", "users", "unmap", "Света")
    assert chatapp("crm", "users").rows[1] == [*SVETLANA, "", "nobody here"]


@pytest.mark.usefixtures("installed")
def test_where_nobody_could_be_an_employee_it_is_said_how_an_operator_is_added(chatapp: Shell) -> None:
    assert chatapp("crm", "users").err.splitlines() == [
        "There are no operators who could be these employees.",
        "→ Add one, then join them: chatapp user add NAME, chatapp crm users map EMPLOYEE OPERATOR",
    ]


@pytest.mark.usefixtures("installed")
def test_who_left_the_portal_is_listed_behind_the_others(chatapp: Shell, office: Office) -> None:
    chatapp("crm", "users", "map", "27", "Ольга")
    office.do(office.portal.staff.dismisses(27))
    assert chatapp("crm", "users").rows[-1] == ["27", "Светлана Белова", "", "Ольга", "left the CRM"]
    one = chatapp("crm", "users", "--json").json[-1]
    assert (one["operator"], one["by"], one["left_at"][:2]) == ("Ольга", "hand", "20")


def test_who_is_named_wrongly_or_is_nobody_is_refused(
    chatapp: Shell, company: Company, office: Office, installed: LinkId
) -> None:
    unknown = chatapp.run("crm", "users", "map", "99", "Ольга")
    assert (unknown.code, unknown.err.splitlines()) == (
        1,
        [f"There is no employee 99 in {office.portal.domain}.", f"→ See them with: chatapp crm users {installed}"],
    )
    nobody = chatapp.run("crm", "users", "unmap", "Ольга")
    assert (nobody.code, nobody.err.splitlines()[0]) == (1, f"Ольга is no employee of {office.portal.domain}.")
    assert chatapp.run("user", "email", "Ольга", "почта").code != 0
    assert company.read(lambda tx: employees.everything(tx, installed)) == []
