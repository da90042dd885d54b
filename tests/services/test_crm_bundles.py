"""What a CRM told, applied together: one event that fails undoes only itself."""

from __future__ import annotations

from functools import partial

import pytest

from chatapp_cli.domain.crm.events import CrmArrival, CrmConversation
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.services import crm_intake, crm_stored
from chatapp_cli.services.crm_intake import CrmContext
from chatapp_cli.services.crm_targets import NotYet
from tests.services.paired import HERE, Paired, able, linked
from tests.stores import Shop


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


def applied(desk: Paired, *events: object) -> list[Exception | None]:
    """Let the CRM tell these, and apply them together; the error of each that was tried."""
    some = [CrmArrival(provider_id=f"p{n}", event=event, raw=b"raw") for n, event in enumerate(events)]  # type: ignore[arg-type]
    desk.shop.write(partial(crm_intake.keep, link=desk.link, arrivals=some))
    rows = desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))
    found = [(row, crm_stored.event_of(row)) for row in rows]
    context = CrmContext(able=able)
    return list(desk.shop.write(lambda tx: crm_intake.apply_each(tx, found, context)).values())


def test_an_event_that_fails_undoes_only_itself(desk: Paired) -> None:
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all()
    unpaired = CrmConversation(kind="email", place="elsewhere", chat="x", session="1")
    unknown = CrmConversation(kind="email", place=HERE.id, chat="nobody", session="1")
    said = desk.wrote(dialog, "Здравствуйте, Анна")
    errors = applied(desk, unpaired, unknown, said)
    assert [type(error) for error in errors] == [NotFound, NotYet, type(None)]
    assert desk.shop.texts(dialog) == ["Здравствуйте", "Здравствуйте, Анна"]  # type: ignore[arg-type]
    assert len(desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))) == 2


def test_behind_an_event_that_fails_the_later_ones_of_its_chat_are_left(desk: Paired) -> None:
    dialog = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all()
    early = desk.wrote(dialog, "раз", chat="nobody", remote="1")
    behind = desk.wrote(dialog, "два", chat="nobody", remote="2")
    other = desk.wrote(dialog, "три", remote="3")
    assert [type(error) for error in applied(desk, early, behind, other)] == [NotYet, type(None)]
    assert desk.shop.texts(dialog) == ["Здравствуйте", "три"]  # type: ignore[arg-type]
    assert len(desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))) == 2
