"""Who answers, here and in the CRMs: nothing is told back, and of two changes the later one holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatapp_cli.domain.crm.events import CardChanged, CrmArrival
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.crm.owner import ChatOwner, heeded, told
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.form import Choice, Field
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.text import T
from chatapp_cli.services import (
    crm_event_form,
    crm_intake,
    crm_owners,
    dialogs,
    duties,
    employees,
    lines,
    links,
    operators,
    pairings,
)
from chatapp_cli.services.crm_people import troubles
from chatapp_cli.store.rows.crm import EntryRow
from tests.services.paired import CRM, HERE, Paired, linked
from tests.stores import Shop

WAYS = tuple(Choice(value, T("{way}", way=value)) for value in ("off", "from_crm", "to_crm", "both"))
SYNC = Field(name="owner_sync", label=T("Owner"), kind="choice", default="off", choices=WAYS)
DEALS = Field(name="owner_deal", label=T("Deals"), kind="flag", default="on")
ABOUT = replace(
    CRM,
    pairing_fields=(SYNC, DEALS),
    channels={"email": CRM.channels["email"]._replace(options=("owner_sync", "owner_deal"))},
)
PEOPLE = {"света": "27", "олег": "29"}


def syncs(desk: Paired, way: str, **people: str) -> Paired:
    """Synchronise a pairing, with these operators as employees."""
    row = desk.shop.read(lambda tx: pairings.one(tx, desk.pairing))
    desk.shop.write(lambda tx: pairings.configure(tx, ABOUT, row, {"owner_sync": way}))
    for name, number in (people or PEOPLE).items():
        one = Employee(id=number, name=name)
        desk.shop.write(lambda tx, name=name, one=one: employees.map_to(tx, desk.link, name, one))
    return desk


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return syncs(linked(shop, shop.channel(kind="email"), "north.example"), "both")


def shown(desk: Paired) -> DialogId:
    """A dialog that the CRM shows."""
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all()
    return dialog


def assign(desk: Paired, dialog: DialogId, name: str) -> None:
    desk.shop.write(lambda tx: duties.assign(tx, dialog, name))


def assignee(desk: Paired, dialog: DialogId) -> str:
    return desk.shop.read(lambda tx: dialogs.card(tx, dialog)).assignee


def says(desk: Paired, dialog: DialogId, employee: str, at: int) -> dict[str, str]:
    """Let the CRM's card say who is responsible."""
    one = ChatOwner(kind="email", place=HERE.id, chat=f"chat-{dialog}", remote_chat="55", employee=employee, at=at)
    return dict(desk.shop.write(lambda tx: crm_owners.apply(tx, desk.link, [], [one])))


def owed(desk: Paired) -> list[EntryRow]:
    return [row for row in desk.entries() if row.act == Act.OWNER]


def now(desk: Paired) -> int:
    return int(desk.shop.read(lambda tx: tx.now))


def test_an_operator_is_told_once_and_as_the_employee_that_they_are(desk: Paired) -> None:
    dialog = shown(desk)
    assign(desk, dialog, "света")
    assign(desk, dialog, "олег")
    (row,) = owed(desk)
    entry = desk.entry(row)
    assert entry is not None
    assert (entry.act, entry.employee, entry.chat.remote, entry.at) == (Act.OWNER, "29", "55", row.created_at)
    assert desk.told(row)
    says(desk, dialog, "29", now(desk) + 5000)
    assert (owed(desk), assignee(desk, dialog)) == ([], "олег")


def test_what_the_crm_said_is_not_told_back_to_it_but_to_another_one(desk: Paired) -> None:
    dialog = shown(desk)
    south = linked(desk.shop, desk.channel, "south.example")
    row = desk.shop.read(lambda tx: pairings.one(tx, south.pairing))
    desk.shop.write(lambda tx: pairings.configure(tx, ABOUT, row, {"owner_sync": "both"}))
    desk.shop.write(lambda tx: employees.map_to(tx, south.link, "олег", Employee(id="5", name="О")))
    desk.shop.hear(desk.channel)
    desk.tell_all()
    desk.tell_all(south.link)
    says(desk, dialog, "29", now(desk))
    assert (assignee(desk, dialog), owed(desk)) == ("олег", [])
    (told,) = [one for one in desk.entries(south.link) if one.act == Act.OWNER]
    assert told.employee == "5"


@pytest.mark.parametrize(("later", "who"), [(-5000, "света"), (5000, "олег")])
def test_of_two_changes_at_the_same_time_the_later_one_holds(desk: Paired, later: int, who: str) -> None:
    dialog = shown(desk)
    assign(desk, dialog, "света")
    says(desk, dialog, "29", now(desk) + later)
    assert assignee(desk, dialog) == who
    assert [row.employee for row in owed(desk)] == (["27"] if who == "света" else [])


def test_an_older_change_that_comes_late_or_again_does_nothing(desk: Paired) -> None:
    dialog, at = shown(desk), now(desk)
    says(desk, dialog, "29", at)
    says(desk, dialog, "27", at - 1000)
    assert assignee(desk, dialog) == "олег"
    syncs(desk, "from_crm")
    assign(desk, dialog, "света")
    says(desk, dialog, "29", at)
    assert assignee(desk, dialog) == "света"
    says(desk, dialog, "29", at + 1000)
    assert assignee(desk, dialog) == "олег"


def test_an_operator_who_does_not_see_the_line_or_is_disabled_is_not_assigned(desk: Paired) -> None:
    dialog = shown(desk)
    other = desk.shop.write(lambda tx: lines.add(tx, "Опт"))
    desk.shop.write(lambda tx: operators.add(tx, "олег", "", [other]))
    desk.shop.write(lambda tx: operators.add(tx, "света", "", []))
    assert list(says(desk, dialog, "29", now(desk))) == ["олег"]
    assert assignee(desk, dialog) == ""
    desk.shop.write(lambda tx: operators.disable(tx, "света"))
    says(desk, dialog, "27", now(desk) + 1000)
    assert assignee(desk, dialog) == ""
    desk.shop.write(lambda tx: operators.enable(tx, "света"))
    says(desk, dialog, "27", now(desk) + 2000)
    assert assignee(desk, dialog) == "света"


def test_who_is_nobody_on_the_other_side_is_named_and_changes_nothing(desk: Paired) -> None:
    dialog = shown(desk)
    assign(desk, dialog, "света")
    desk.tell_all()
    says(desk, dialog, "31", now(desk) + 1000)
    assert assignee(desk, dialog) == "света"
    assert desk.shop.read(lambda tx: crm_owners.unknown_employees(tx, ABOUT, desk.link)) == ["31"]
    assert desk.shop.read(lambda tx: crm_owners.unknown_operators(tx, ABOUT, desk.link)) == []
    assign(desk, dialog, "олег")
    assign(desk, dialog, "пётр")
    assert owed(desk) == []
    assert desk.shop.read(lambda tx: crm_owners.unknown_operators(tx, ABOUT, desk.link)) == ["пётр"]
    syncs(desk, "off")
    assert desk.shop.read(lambda tx: crm_owners.unknown_employees(tx, ABOUT, desk.link)) == []


def test_an_operator_from_before_the_first_message_there_is_told_behind_it(desk: Paired) -> None:
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    assign(desk, dialog, "олег")
    assert [act for act, _ in desk.tell_all()] == [Act.ADD, Act.OWNER]


def test_messages_do_not_wait_behind_who_is_responsible(desk: Paired) -> None:
    dialog = shown(desk)
    assign(desk, dialog, "олег")
    message = desk.shop.hear(desk.channel, "ещё")
    rows = desk.entries()
    assert {(row.act, row.message_id) for row in rows} == {(Act.OWNER, None), (Act.ADD, message)}


def test_without_the_option_nothing_is_owed(shop: Shop) -> None:
    desk = syncs(linked(shop, shop.channel(kind="email"), "north.example"), "from_crm")
    assign(desk, shown(desk), "олег")
    assert owed(desk) == []


def test_events_of_cards_are_forgotten_once_they_are_applied(desk: Paired) -> None:
    arrival = CrmArrival(provider_id="card:deal:17:1", event=CardChanged(card="deal", id="17"), raw=b"{}")
    desk.shop.write(lambda tx: crm_intake.keep(tx, desk.link, [arrival]))
    assert desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link)) == []
    (row,) = desk.shop.read(lambda tx: crm_intake.waiting_cards(tx, desk.link, n=50))
    assert crm_event_form.event_of(row) == arrival.event
    desk.shop.write(lambda tx: crm_owners.apply(tx, desk.link, [row], []))
    assert desk.shop.read(lambda tx: crm_intake.waiting_cards(tx, desk.link, n=50)) == []
    assert desk.shop.write(lambda tx: crm_intake.keep(tx, desk.link, [arrival])) == 1


def test_a_card_that_changed_while_the_crm_was_being_told_is_looked_at_again(desk: Paired) -> None:
    dialog = shown(desk)
    assign(desk, dialog, "света")
    arrival = CrmArrival(provider_id="card:deal:17:1", event=CardChanged(card="deal", id="17"), raw=b"{}")
    desk.shop.write(lambda tx: crm_intake.keep(tx, desk.link, [arrival]))
    (row,) = desk.shop.read(lambda tx: crm_intake.waiting_cards(tx, desk.link, n=50))
    changed = ChatOwner(
        kind="email", place=HERE.id, chat=f"chat-{dialog}", remote_chat="55", employee="29", at=now(desk)
    )
    desk.shop.write(lambda tx: crm_owners.apply(tx, desk.link, [row], [changed]))
    assert assignee(desk, dialog) == "света"
    assert desk.shop.read(lambda tx: crm_intake.next_card_due(tx, desk.link)) is not None
    desk.tell_all()
    desk.shop.write(lambda tx: crm_owners.apply(tx, desk.link, [row], [changed]))
    assert assignee(desk, dialog) == "олег"


def test_an_employee_is_one_operator_and_a_name_that_is_nobodys_is_refused(desk: Paired) -> None:
    desk.shop.write(lambda tx: employees.map_to(tx, desk.link, "олег", Employee(id="27", name="Светлана")))
    assert [row.operator for row in desk.shop.read(lambda tx: employees.everything(tx, desk.link))] == ["олег"]
    desk.shop.write(lambda tx: operators.add(tx, "Пётр", "", []))
    with pytest.raises(NotFound, match="Светта"):
        desk.shop.write(lambda tx: employees.map_to(tx, desk.link, "Светта", Employee(id="29", name="Олег")))


def test_an_address_joins_two_only_if_nobody_else_has_it_and_who_left_is_passed_over(desk: Paired) -> None:
    shop, link = desk.shop, desk.link
    for name, email in (("Анна", "anna@e.ru"), ("Борис", "both@e.ru"), ("Вера", "both@e.ru")):
        shop.write(lambda tx, name=name: operators.add(tx, name, "", []))
        shop.write(lambda tx, name=name, email=email: operators.set_email(tx, name, email))
    anna, both = Employee(id="1", name="А", email="ANNA@e.ru"), Employee(id="2", name="Б", email="both@e.ru")
    shop.write(lambda tx: employees.recognise(tx, link, [anna, both]))
    by_address = [row for row in shop.read(lambda tx: employees.everything(tx, link)) if row.way == "email"]
    assert [(row.operator, row.employee, row.left_at) for row in by_address] == [("Анна", "1", 0)]
    dialog = shown(desk)
    shop.write(lambda tx: employees.recognise(tx, link, [both]))
    assert shop.read(lambda tx: employees.named(tx, link, "1")) == ""
    says(desk, dialog, "27", now(desk))
    assert assignee(desk, dialog) == ""
    assert [str(what) for what, _ in shop.read(lambda tx: list(troubles(tx, ABOUT, links.one(tx, link))))]
    shop.write(lambda tx: employees.recognise(tx, link, []))
    shop.write(lambda tx: employees.recognise(tx, link, [Employee(id="27", name="С"), Employee(id="29", name="О")]))
    says(desk, dialog, "27", now(desk) + 1000)
    assert assignee(desk, dialog) == "света"
    assert shop.read(lambda tx: list(troubles(tx, ABOUT, links.one(tx, link)))) == []


@pytest.mark.parametrize(
    ("deals", "heeds", "tells"), [("on", 1, 1), ("from_crm", 1, 0), ("to_crm", 0, 1), ("off", 0, 0)]
)
def test_a_kind_of_card_counts_in_the_ways_that_are_chosen_for_it(deals: str, heeds: int, tells: int) -> None:
    options = {"owner_sync": "both", "owner_deal": deals}
    assert (len(heeded(options)), len(told(options))) == (heeds, tells)
    assert heeded({**options, "owner_sync": "to_crm"}) == []
    assert told({**options, "owner_sync": "from_crm"}) == []
