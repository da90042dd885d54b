"""Whose message it is, as a CRM is told, that was written in the account's own application."""

from __future__ import annotations

from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.services import duties, employees
from tests.services.paired import linked
from tests.stores import Shop

SHOP = Profile(id="shop", name="Ёлочный базар")
CASES = [
    (Profile(), ("Света", "27")),
    (SHOP, ("Света", "27")),
    (Profile(id="7", name="Олег"), ("Олег", "29")),
    (Profile(id="8", name="Пётр Администратор"), ("Пётр Администратор", "")),
]


def test_what_names_nobody_but_the_account_is_the_dialogs_operators_unless_it_is_from_before_the_pairing(
    shop: Shop,
) -> None:
    desk = linked(shop, shop.channel(kind="email", account=SHOP.name), "north.example")
    dialog = desk.dialog(shop.hear(desk.channel))
    for name, number in (("Света", "27"), ("Олег", "29")):
        one = Employee(id=number, name=name)
        shop.write(lambda tx, name=name, one=one: employees.map_to(tx, desk.link, name, one))
    shop.write(lambda tx: duties.assign(tx, dialog, "Света"))
    desk.tell_all()
    for sender, whose in CASES:
        shop.hear(desk.channel, "Едет", from_us=True, sender=sender)
        (row,) = desk.entries()
        entry = desk.entry(row)
        assert entry is not None
        assert (entry.author, entry.employee) == whose
        before = desk.entry(row._replace(act="import"))
        assert before is not None
        assert (before.author, before.employee) == (sender.name, "29" if whose[1] == "29" else "")
        assert desk.told(row)
