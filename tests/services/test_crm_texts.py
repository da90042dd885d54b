"""What a CRM has us send to phones: once, to a phone alone, and the CRM is told what became of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from chatapp_cli.domain.arrival import DeliveryChanged, Profile
from chatapp_cli.domain.crm.entry import LedgerEntry
from chatapp_cli.domain.crm.events import CrmArrival, CrmTexted
from chatapp_cli.domain.crm.states import Act, TextFate
from chatapp_cli.domain.errors import NotFound, OutcomeUnknown, Rejected
from chatapp_cli.domain.ids import MessageId, PairingId
from chatapp_cli.domain.manifest import AddressKind
from chatapp_cli.domain.message import Origin, State
from chatapp_cli.services import crm_intake, crm_stored, ledger, outbox, pairings, sending
from chatapp_cli.services.crm_intake import CrmContext
from tests.services.paired import Paired, linked
from tests.stores import EVERYTHING, Shop, hand_over

PHONE = "+79161234567"


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


def text(desk: Paired, phone: str = PHONE, words: str = "Заказ готов", *, remote: str = "6557", **more: object) -> int:
    """Let the CRM want a text sent; returns whether that is new."""
    known = {"pairing": desk.pairing, "remote": remote, "phone": phone, "text": words, "employee": "27"}
    return desk.come(CrmTexted(**{**known, **more}), f"sms:{remote}:{more}")  # type: ignore[arg-type]


def waiting(desk: Paired) -> list[LedgerEntry]:
    """Let the CRM take everything, and return what it was told, in order."""
    told = []
    while rows := desk.entries():
        told += [entry for row in rows if (entry := desk.entry(row)) is not None]
        assert all(desk.told(row) for row in rows)
    return told


def fates(desk: Paired) -> list[TextFate | None]:
    return [one.fate for one in waiting(desk) if one.act is Act.TEXTED]


def report(desk: Paired, ext_id: str, state: State, code: str = "") -> None:
    desk.shop.take(desk.channel, DeliveryChanged(ext_id=ext_id, state=state, code=code, at=desk.shop.clock.at))  # type: ignore[arg-type]


def test_without_a_phone_the_employee_is_told_that_nothing_was_sent(desk: Paired) -> None:
    text(desk, "  ")
    (status,) = [one for one in waiting(desk) if one.act is Act.TEXTED]
    assert (status.fate, status.reason) == (TextFate.FAILED, "The SMS was not sent: no phone was given.")


def test_a_text_goes_to_the_phone_once_however_often_it_is_told(desk: Paired) -> None:
    text(desk)
    text(desk, automatic=True)
    message = desk.send_next("x1")
    found = desk.shop.message(message)
    assert (found.text, found.origin) == ("Заказ готов", Origin.CRM)
    assert desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel)) is None
    (status,) = [one for one in waiting(desk) if one.act is Act.TEXTED]
    assert (status.remote, status.employee, status.fate, status.texted) == ("6557", "27", TextFate.SENT, True)


def test_a_robots_text_is_a_robots_message_of_no_operator(desk: Paired) -> None:
    text(desk, automatic=True)
    found = desk.shop.message(desk.send_next())
    assert (found.origin, found.author) == (Origin.ROBOT, "")


def test_a_person_who_wrote_before_gets_it_in_their_dialog(desk: Paired) -> None:
    text(desk)
    text(desk, remote="6558", words="Ещё")
    assert desk.dialog(desk.send_next()) == desk.dialog(desk.send_next())


def test_the_crm_is_told_how_it_fares_and_the_message_itself_as_ours(desk: Paired) -> None:
    text(desk)
    assert fates(desk) == [TextFate.QUEUED]
    message = desk.send_next("x1")
    told = waiting(desk)
    assert [(one.act, one.fate, one.texted) for one in told] == [
        (Act.TEXTED, TextFate.SENT, True),
        (Act.ADD, TextFate.SENT, True),
    ]
    assert (told[1].key, told[1].ours, told[1].text) == (f"m-{message}", True, "Заказ готов")
    for state in (State.DELIVERED, State.READ):
        report(desk, "x1", state)
    assert fates(desk) == [TextFate.DELIVERED]


def test_what_changed_before_the_crm_was_told_is_told_as_it_stands(desk: Paired) -> None:
    text(desk)
    desk.send_next("x1")
    report(desk, "x1", State.DELIVERED)
    assert fates(desk) == [TextFate.DELIVERED]


def test_a_fate_that_the_crm_may_have_heard_is_told_again_as_it_stands_then(desk: Paired) -> None:
    text(desk)
    (row,) = desk.entries()
    desk.shop.write(lambda tx: ledger.again(tx, row, OutcomeUnknown("no_answer"), seconds=0, doubtful=True))
    desk.send_next("x1")
    (row,) = desk.entries()
    assert row.doubtful
    assert desk.shop.write(lambda tx: ledger.certain(tx, row))
    assert fates(desk) == [TextFate.SENT]


def test_a_text_that_did_not_leave_us_has_failed_and_one_that_came_back_was_not_delivered(desk: Paired) -> None:
    text(desk)
    claim = desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel))
    desk.shop.write(lambda tx: outbox.fail(tx, claim, Rejected("blocked")))
    (status,) = waiting(desk)
    assert (status.fate, bool(status.reason)) == (TextFate.FAILED, True)
    text(desk, remote="6558")
    desk.send_next("x2")
    waiting(desk)
    report(desk, "x2", State.FAILED, "not_delivered")
    (status,) = waiting(desk)
    assert (status.remote, status.fate, bool(status.reason)) == ("6558", TextFate.UNDELIVERED, True)


def test_a_text_that_an_operator_cancels_has_failed(desk: Paired) -> None:
    text(desk)
    (row,) = desk.entries()
    desk.told(row)
    assert row.message_id is not None
    message = MessageId(row.message_id)
    desk.shop.write(lambda tx: sending.cancel(tx, message))
    assert fates(desk) == [TextFate.FAILED]


def test_a_text_of_unknown_outcome_waits_for_a_person_and_is_told_then(desk: Paired) -> None:
    text(desk)
    assert fates(desk) == [TextFate.QUEUED]
    claim = desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel))
    assert claim is not None
    desk.shop.write(lambda tx: outbox.leave_uncertain(tx, claim, OutcomeUnknown("no_answer")))
    assert desk.shop.message(claim.message.id).state == State.UNCERTAIN
    assert waiting(desk) == []
    desk.shop.write(lambda tx: sending.resolve(tx, claim.message.id, "sent"))
    assert fates(desk) == [TextFate.SENT]


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("+7916ABC", "Да"),
        ("", "Да"),
        ("@anna", "Да"),
        ("anna@example.org", "Да"),
        (PHONE, ""),
        (PHONE, "а" * 9_000_000),
    ],
    ids=["letters", "nothing", "a username", "a mailbox", "no words", "too many words"],
)
def test_what_cannot_be_sent_has_failed_with_the_reason_and_leaves_nothing(
    desk: Paired, phone: str, words: str
) -> None:
    text(desk, phone, words)
    shown = desk.shop.read(ledger.everything)
    assert [(one.dialog_id, one.name, one.act, one.text) for one in shown] == [(None, "", Act.TEXTED, "")]
    (status,) = waiting(desk)
    assert (status.act, status.fate, status.remote, status.employee) == (Act.TEXTED, TextFate.FAILED, "6557", "27")
    assert status.reason
    assert desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel)) is None
    assert desk.shop.read(lambda tx: tx.value("dialogs.of_phone", channel=desk.channel, phone=PHONE)) is None


@pytest.mark.parametrize("first", [(), ("email",)])
def test_a_channel_that_cannot_write_first_to_a_phone_fails_it_and_reaches_who_wrote_before(
    desk: Paired, first: tuple[AddressKind, ...]
) -> None:
    context = CrmContext(able=lambda _channel: replace(EVERYTHING, write_first=first))
    event = CrmTexted(pairing=desk.pairing, remote="6557", phone=PHONE, text="Заказ готов")

    def come(remote: str) -> None:
        arrival = CrmArrival(provider_id=remote, event=replace(event, remote=remote))
        desk.shop.write(partial(crm_intake.keep, link=desk.link, arrivals=[arrival]))
        (row,) = desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))
        desk.shop.write(lambda tx: crm_intake.apply(tx, row, crm_stored.event_of(row), context))

    come("1")
    assert fates(desk) == [TextFate.FAILED]
    sender = Profile(id="anna", name="Анна", phone=PHONE)  # type: ignore[arg-type]
    heard = desk.shop.hear(desk.channel, sender=sender)
    waiting(desk)
    come("2")
    assert fates(desk) == [TextFate.QUEUED]
    assert desk.dialog(desk.send_next()) == desk.dialog(heard)


def test_a_refused_text_waits_for_a_person_if_the_crm_does_not_take_its_fate_either(desk: Paired) -> None:
    text(desk, "nobody")
    (row,) = desk.entries()
    desk.shop.write(lambda tx: ledger.begin(tx, [row]))
    assert desk.shop.write(lambda tx: ledger.die(tx, row, "refused", "ERROR_MESSAGE_NOT_FOUND"))
    (dead,) = desk.shop.read(ledger.everything)
    assert (dead.state, dead.code) == ("dead", "refused")
    desk.shop.write(lambda tx: ledger.retry(tx, dead.id))
    assert fates(desk) == [TextFate.FAILED]
    assert desk.shop.read(ledger.everything) == []


def test_several_refused_texts_do_not_wait_for_each_other(desk: Paired) -> None:
    for remote in ("1", "2", "3"):
        text(desk, "nobody", remote=remote)
    assert [row.remote for row in desk.entries()] == ["1", "2", "3"]


def test_texts_are_sent_by_active_pairings_of_the_same_link_alone(desk: Paired, shop: Shop) -> None:
    other = linked(shop, shop.channel(kind="email", account="two@example.org"), "south.example")
    for pairing in (other.pairing, PairingId(999)):
        with pytest.raises(NotFound):
            text(desk, pairing=pairing)
    shop.write(lambda tx: pairings.detach(tx, pairings.one(tx, other.pairing)))
    with pytest.raises(NotFound):
        text(other)
    assert shop.write(lambda tx: hand_over(tx, shop.media, other.channel)) is None


def test_another_crm_of_the_channel_shows_it_as_any_message(desk: Paired, shop: Shop) -> None:
    other = linked(shop, desk.channel, "south.example")
    text(desk)
    desk.send_next("x1")
    (entry,) = waiting(other)
    assert (entry.act, entry.texted, entry.fate, entry.origin) == (Act.ADD, False, None, Origin.CRM)


def test_an_event_is_stored_and_read_back_as_it_came(desk: Paired) -> None:
    event = CrmTexted(pairing=desk.pairing, remote="1", phone=PHONE, text="Да", employee="27", automatic=True)
    desk.shop.write(partial(crm_intake.keep, link=desk.link, arrivals=[CrmArrival(provider_id="1", event=event)]))
    (row,) = desk.shop.read(lambda tx: crm_intake.waiting(tx, desk.link))
    assert crm_stored.event_of(row) == event
