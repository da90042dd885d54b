"""Who answers for a dialog, who else looks at it, and when: on both databases."""

import pytest

from chatapp_cli.domain.arrival import Peer
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.base import stored
from chatapp_cli.domain.journal.dialogs import DialogChanged
from chatapp_cli.services import dialogs, duties, joining, journal, notes, sending, upkeep
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.dialogs import DialogCard, MemberRow
from tests.stores import EVERYTHING, Shop, owner

HOUR = 3_600_000


@pytest.fixture
def dialog(shop: Shop) -> DialogId:
    return shop.message(shop.hear(shop.channel())).dialog_id


def card(shop: Shop, dialog: DialogId) -> DialogCard:
    return shop.read(lambda tx: dialogs.card(tx, dialog))


def listed(shop: Shop, **wanted: object) -> list[DialogId]:
    return shop.read(lambda tx: dialog_list.ids(tx, shop.driver.dialect, DialogFilter(**wanted)))


def changes(shop: Shop) -> list[tuple[str, str]]:
    rows = shop.read(lambda tx: journal.after(tx, 0, n=100))
    return [(row.actor, stored(row.event)) for row in rows if isinstance(row.event, DialogChanged)]


@pytest.mark.req("S-122")
@pytest.mark.req("S-128", part="access by lines, assignees")
def test_a_dialog_has_one_assignee_or_none_and_the_journal_knows_who_said_so(shop: Shop, dialog: DialogId) -> None:
    assert card(shop, dialog).assignee == ""
    shop.write(lambda tx: duties.assign(tx, dialog, " Пётр "))
    shop.write(lambda tx: duties.assign(tx, dialog, "Пётр"))
    assert card(shop, dialog).assignee == "Пётр"
    assert (listed(shop, assignee="Пётр"), listed(shop, assignee="")) == ([dialog], [])
    shop.write(lambda tx: duties.unassign(tx.by(owner("Пётр")), dialog))
    assert (listed(shop, assignee="Пётр"), listed(shop, assignee="")) == ([], [dialog])
    assert changes(shop) == [("Ольга", '{"assignee": "Пётр"}'), ("Пётр", '{"unassigned": "Пётр"}')]
    with pytest.raises(UsageError, match="needs a name"):
        shop.write(lambda tx: duties.assign(tx, dialog, " "))


def test_whoever_claims_second_hears_who_was_faster(shop: Shop, dialog: DialogId) -> None:
    shop.write(lambda tx: duties.take(tx.by(owner("Пётр")), dialog))
    shop.write(lambda tx: duties.take(tx.by(owner("Пётр")), dialog))
    with pytest.raises(Refused, match="Пётр answers for this dialog already"):
        shop.write(lambda tx: duties.take(tx, dialog))
    assert card(shop, dialog).assignee == "Пётр"


def test_an_answer_does_not_assign_by_itself(shop: Shop, dialog: DialogId) -> None:
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, sending.Draft(text="да"), shop.order()))
    assert card(shop, dialog).assignee == ""


def test_what_needs_no_answer_waits_no_longer_and_nothing_is_sent(shop: Shop, dialog: DialogId) -> None:
    since = card(shop, dialog).waiting_since
    shop.write(lambda tx: duties.no_answer(tx, dialog))
    assert (card(shop, dialog).waiting_since, listed(shop, waiting=True)) == (None, [])
    assert (shop.read(dialogs.waiting_count), shop.texts(dialog)) == (0, ["Здравствуйте"])
    shop.write(lambda tx: duties.awaits_answer(tx, dialog, since))
    assert card(shop, dialog).waiting_since == since
    shop.write(lambda tx: duties.no_answer(tx, dialog))
    channel = card(shop, dialog).channel_id
    shop.hear(channel, "Ещё вопрос", peer=Peer(key="anna", address="anna"))
    assert listed(shop, waiting=True) == [dialog]


def test_a_snoozed_dialog_is_hidden_until_its_time_and_then_on_top(shop: Shop, dialog: DialogId) -> None:
    waits = card(shop, dialog).waiting_since
    shop.write(lambda tx: duties.snooze(tx, dialog, shop.clock.at + HOUR))
    other = shop.message(
        shop.hear(card(shop, dialog).channel_id, who="boris", peer=Peer(key="b", address="b"))
    ).dialog_id
    assert (listed(shop), listed(shop, waiting=True), listed(shop, snoozed=True)) == ([other], [other], [dialog])
    assert shop.read(dialogs.waiting_count) == shop.read(dialogs.unread_count) == 1
    assert dialog in listed(shop, text="anna")
    assert shop.read(upkeep.due).next_at == shop.clock.at + HOUR
    later = shop.order(at=shop.clock.at + HOUR // 2)
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Потом"), later))
    assert shop.read(upkeep.due).next_at == shop.clock.at + HOUR // 2
    shop.clock.at += HOUR - 1
    assert not shop.read(duties.something_due)
    shop.clock.at += 1
    assert shop.read(duties.something_due)
    assert shop.write(duties.wake) == [dialog]
    assert listed(shop) == [dialog, other]
    assert (card(shop, dialog).waiting_since, card(shop, dialog).snoozed_until) == (waits, None)
    assert not shop.read(duties.something_due)
    assert changes(shop)[-1] == ("", '{"snoozed": false}')


def test_what_was_put_off_is_back_at_once_when_the_client_writes(shop: Shop, dialog: DialogId) -> None:
    shop.write(lambda tx: duties.snooze(tx, dialog, shop.clock.at + HOUR))
    shop.hear(card(shop, dialog).channel_id, "Ну что?")
    assert listed(shop) == [dialog]
    shop.write(lambda tx: duties.snooze(tx, dialog, shop.clock.at + HOUR))
    shop.write(lambda tx: duties.unsnooze(tx, dialog))
    assert listed(shop) == [dialog]
    with pytest.raises(UsageError, match="in the past"):
        shop.write(lambda tx: duties.snooze(tx, dialog, shop.clock.at))


@pytest.mark.req("S-127")
@pytest.mark.req("C-08")
def test_many_look_at_a_dialog_each_in_a_role(shop: Shop, dialog: DialogId) -> None:
    for name, role in (("Пётр", "producer"), ("Вера", "observer"), ("Пётр", "participant")):
        shop.write(lambda tx: duties.join(tx, dialog, name, role))  # noqa: B023
    assert shop.read(lambda tx: duties.members(tx, dialog)) == [
        MemberRow("Вера", "observer"),
        MemberRow("Пётр", "participant"),
    ]
    shop.write(lambda tx: duties.assign(tx, dialog, "Ольга"))
    assert shop.read(duties.operators) == ["Вера", "Ольга", "Пётр"]
    shop.write(lambda tx: duties.leave(tx, dialog, "Вера"))
    with pytest.raises(NotFound, match="Вера is no member"):
        shop.write(lambda tx: duties.leave(tx, dialog, "Вера"))
    with pytest.raises(UsageError, match="no role boss"):
        shop.write(lambda tx: duties.join(tx, dialog, "Вера", "boss"))
    assert [data for _who, data in changes(shop)] == [
        '{"producer": "Пётр"}',
        '{"observer": "Вера"}',
        '{"participant": "Пётр"}',
        '{"assignee": "Ольга"}',
        '{"left": "Вера"}',
    ]


def test_who_works_on_a_dialog_goes_on_where_it_becomes_one_with_another(shop: Shop, dialog: DialogId) -> None:
    other = shop.message(shop.hear(card(shop, dialog).channel_id, peer=Peer(key="b", address="b"))).dialog_id
    shop.write(lambda tx: duties.assign(tx, dialog, "Пётр"))
    shop.write(lambda tx: duties.join(tx, dialog, "Вера", "observer"))
    shop.write(lambda tx: notes.add(tx, dialog, "Это один и тот же клиент"))
    shop.write(lambda tx: joining.join(tx, dialog, other))
    assert card(shop, other).assignee == "Пётр"
    assert shop.read(lambda tx: duties.members(tx, other)) == [MemberRow("Вера", "observer")]
    assert [row.text for row in shop.read(lambda tx: notes.between(tx, other))] == ["Это один и тот же клиент"]
