"""Edits and deletions by employees that overtake their messages, or one another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from chatapp_cli.domain.crm.events import CrmArrival, CrmEvent, CrmRewrote, CrmWithdrew
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import Retryable
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.text import T
from chatapp_cli.services import crm_event_form, crm_intake, outbox
from chatapp_cli.services.crm_intake import CrmContext
from tests.services.paired import HERE, Paired, linked
from tests.stores import EVERYTHING, Shop, hand_over


@pytest.fixture
def desk(shop: Shop) -> Paired:
    """A desk whose mail a CRM has."""
    return linked(shop, shop.channel(kind="email"), "north.example")


@pytest.fixture
def dialog(desk: Paired) -> DialogId:
    """A dialog that the CRM knows."""
    found = desk.dialog(desk.shop.hear(desk.channel))
    desk.tell_all()
    return found


def come(desk: Paired, *events: tuple[str, CrmEvent], can: Capabilities = EVERYTHING) -> None:
    """Let the CRM tell events one after another; what waits for another is tried again with it."""
    for name, event in events:
        arrival = CrmArrival(provider_id=name, event=event)
        desk.shop.write(partial(crm_intake.keep, link=desk.link, arrivals=[arrival]))
        rows = desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))
        for row in rows[::-1]:
            found = [(row, crm_event_form.event_of(row))]
            desk.shop.write(partial(crm_intake.apply_each, found=found, context=CrmContext(able=lambda _: can)))


def ours(desk: Paired, dialog: DialogId) -> Sequence[str]:
    """The texts that go out."""
    return [text for text in desk.shop.texts(dialog)[1:] if text]


def edit(dialog: DialogId, text: str, at: int) -> CrmRewrote:
    return CrmRewrote(kind="email", place=HERE.id, chat=f"chat-{dialog}", remote="900", text=text, at=at)


def gone(dialog: DialogId) -> CrmWithdrew:
    return CrmWithdrew(kind="email", place=HERE.id, chat=f"chat-{dialog}", remote="900")


def test_of_edits_in_any_order_the_client_has_the_last_one(desk: Paired, dialog: DialogId) -> None:
    now = desk.shop.clock.at
    come(
        desk,
        ("add:900", desk.wrote(dialog, "Цена 100", at=now)),
        ("edit:2", edit(dialog, "Цена 300", now + 2000)),
        ("edit:1", edit(dialog, "Цена 200", now + 1000)),
    )
    assert ours(desk, dialog) == ["Цена 300"]


def test_what_was_edited_before_it_came_goes_out_as_it_stands(desk: Paired, dialog: DialogId) -> None:
    now = desk.shop.clock.at
    come(
        desk,
        ("edit:2", edit(dialog, "Цена 300", now + 2000)),
        ("edit:1", edit(dialog, "Цена 200", now + 1000)),
        ("add:900", desk.wrote(dialog, "Цена 100", at=now)),
        ("edit:0", edit(dialog, "Цена 150", now + 500)),
    )
    assert ours(desk, dialog) == ["Цена 300"]
    assert desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link)) == []


def test_what_was_deleted_before_it_came_never_goes_out(desk: Paired, dialog: DialogId) -> None:
    now = desk.shop.clock.at
    come(
        desk,
        ("delete:900", gone(dialog)),
        ("add:900", desk.wrote(dialog, "Не то", at=now)),
        ("add:901", desk.wrote(dialog, "То", at=now, remote="901")),
    )
    assert ours(desk, dialog) == ["То"]
    assert desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link)) == []


@pytest.mark.parametrize(("is_unknown", "letters"), [(True, []), (False, ["delete:900"])])
def test_a_deletion_of_what_never_came_is_done_in_the_end_and_no_dead_letter(
    desk: Paired, dialog: DialogId, is_unknown: bool, letters: Sequence[str]
) -> None:
    come(desk, ("edit:1", edit(dialog, "Цена 200", desk.shop.clock.at)), ("delete:900", gone(dialog)))
    for _ in range(crm_intake.MOST_TRIES):
        row = desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))[-1]
        later = partial(crm_intake.put_off, row=row, event=gone(dialog), problem=T("unknown"), seconds=0)
        desk.shop.write(partial(later, is_unknown=is_unknown))
    dead = [desk.shop.read(partial(crm_intake.letter, arrived=one.id)) for one in desk.shop.read(crm_intake.dead)]
    assert [one.provider_id for one in dead] == letters
    left = desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))
    assert [one.provider_id for one in left] == ([] if is_unknown else ["edit:1"])


@pytest.mark.parametrize("name", ["edit:900", "delete:900"])
def test_who_changes_what_is_sent_already_and_stays_so_is_told(desk: Paired, dialog: DialogId, name: str) -> None:
    come(desk, ("add:900", desk.wrote(dialog, "Цена 100", at=desk.shop.clock.at)))
    desk.send_next()
    desk.tell_all()
    change = gone(dialog) if name == "delete:900" else edit(dialog, "Цена 200", desk.shop.clock.at + 1)
    come(desk, (name, change), can=Capabilities(intake="poll"))
    told = [desk.entry(row) for row in desk.entries()]
    assert [(one.act, one.remote, one.employee) for one in told if one] == [(Act.FAILED, "900", "27")]


@pytest.mark.parametrize("is_taken", [True, False])
def test_an_edit_that_comes_while_its_message_leaves_waits_for_what_becomes_of_it(
    desk: Paired, dialog: DialogId, is_taken: bool
) -> None:
    come(desk, ("add:900", desk.wrote(dialog, "Цена 100", at=desk.shop.clock.at)))
    claim = desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel))
    assert claim is not None
    change = edit(dialog, "Цена 200", desk.shop.clock.at + 1)
    come(desk, ("edit:900", change))
    assert [one.provider_id for one in desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))] == ["edit:900"]
    if is_taken:
        desk.shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=("sent-1",))))
    else:
        away = Retryable("away", "")
        desk.shop.write(lambda tx: outbox.postpone(tx, claim, away, seconds=0, counted=True))
    come(desk, ("edit:900", change))
    assert desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link)) == []
    left = desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel))
    assert left is not None
    assert (left.row.value if is_taken else left.message.text) == "Цена 200"
