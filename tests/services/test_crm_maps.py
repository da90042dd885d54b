"""What the options of a pairing would write for a dialog, by what the CRM says of its cards."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp_cli.domain.crm.link import Card, Employee, Place
from chatapp_cli.i18n import show
from chatapp_cli.kit.crms import manifest
from chatapp_cli.services import channels, crm_maps, duties, employees, links, pairings
from tests.services.paired import linked
from tests.stores import ON_SQLITE, Shop

ABOUT = manifest("bitrix24")
ANNA, KIM = "Анна", "Олег Ким"
CONTACT = Card(kind="contact", id="5", title="Пётр Ёлкин", responsible=KIM)
DEAL = Card(kind="deal", id="17", title="Ёлки", responsible="Яна")
KEPT = "as it is: "


@ON_SQLITE
@pytest.mark.parametrize(
    ("options", "cards", "written"),
    [
        ({}, [CONTACT], []),
        ({"name_sync": "on"}, [DEAL, CONTACT], [("name_sync", "Пётр Ёлкин", True)]),
        ({"name_sync": "on"}, [DEAL], [("name_sync", f"{KEPT}the CRM has no contact of it yet", False)]),
        ({"owner_sync": "from_crm"}, [DEAL, CONTACT], [
            ("owner_deal", f"{KEPT}Яна is no operator here", False), ("owner_contact", ANNA, True),
        ]),
        ({"owner_sync": "to_crm", "owner_lead": "off", "owner_contact": "from_crm"}, [CONTACT], [
            ("owner_deal", f"{KEPT}Вера is no employee of the CRM", False),
        ]),
    ],
)  # fmt: skip
def test_it_is_what_the_cards_say_and_who_is_who(
    shop: Shop, options: dict[str, str], cards: list[Card], written: list[tuple[str, str, bool]]
) -> None:
    desk = linked(shop, shop.channel(kind="email"), "north.example")
    number = shop.channel(kind="telegram")
    place = Place(id="107", name="Продажи")

    def prepare(tx: Any) -> None:
        pairings.attach(tx, ABOUT, desk.link, channels.one(tx, number), place, options)
        employees.map_to(tx, desk.link, ANNA, Employee(id="29", name=KIM))

    shop.write(prepare)
    dialog = shop.message(shop.hear(number)).dialog_id
    shop.write(lambda tx: duties.assign(tx, dialog, "Вера"))
    found = shop.read(lambda tx: crm_maps.tried(tx, ABOUT, links.one(tx, desk.link), dialog, cards))
    assert [(one.option, show(one.value), one.changes) for one in found] == written
