"""An invitation is answered once, to its organizer, and counts as answered once the answer is sent."""

from __future__ import annotations

import pytest

from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import MailDetails, Peer, Profile
from chatapp_cli.domain.errors import OutcomeUnknown, Refused, Rejected
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.invitation import Decision, EventInvitation
from chatapp_cli.domain.message import SENT, UNDECIDED, State
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.i18n import show
from chatapp_cli.services import invitations, outbox, sending, transcript
from tests.stores import EVERYTHING, Shop, hand_over

ORGANIZER = "anna@example.org"
PERSON = Profile(id=border.external_id(ORGANIZER), name=border.name("Анна"), email=border.address(ORGANIZER))

ANNA = Peer(key=border.external_id(ORGANIZER), address=border.address(ORGANIZER))


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel(kind="email", account="desk@shop.example.org")


def event(*, organizer: str = ORGANIZER, cancels: bool = False, ends: int = 0, event: str = "e1") -> MailDetails:
    return MailDetails(
        invitation=EventInvitation(
            event=border.external_id(event),
            organizer=border.address(organizer),
            summary=border.name("Приёмка"),
            calendar=border.text("" if cancels else "BEGIN:VCALENDAR"),
            ends=border.count(ends),
            cancels=cancels,
        )
    )


def invited(shop: Shop, channel: ChannelId, mail: MailDetails | None = None, sender: Profile = PERSON) -> MessageId:
    return shop.hear(channel, "Ждём", peer=ANNA, subject=border.name("Встреча"), sender=sender, mail=mail or event())


def answer(
    shop: Shop, message: MessageId, decision: Decision = Decision.ACCEPTED, *, elsewhere: bool = False
) -> MessageId:
    return shop.write(
        lambda tx: invitations.answer(tx, lambda _row: EVERYTHING, message, decision, shop.order(), elsewhere=elsewhere)
    )


def state(shop: Shop, message: MessageId) -> str:
    mail = shop.read(lambda tx: transcript.entry(tx, message)).mail
    return mail.invitation if mail else ""


def outgoing(shop: Shop, channel: ChannelId) -> outbox.Claim:
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    assert claim is not None
    return claim


def deliver(shop: Shop, channel: ChannelId) -> None:
    claim = outgoing(shop, channel)
    shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=(f"a{claim.message.id}",))))


@pytest.mark.parametrize(
    ("decision", "text"),
    [
        (Decision.ACCEPTED, "The invitation is accepted: Приёмка"),
        (Decision.TENTATIVE, "It is not certain yet whether we will come: Приёмка"),
        (Decision.DECLINED, "The invitation is declined: Приёмка"),
    ],
)
def test_the_answer_is_a_mail_in_the_dialog_and_counts_once_it_is_sent(
    shop: Shop, channel: ChannelId, decision: Decision, text: str
) -> None:
    message = invited(shop, channel)
    assert state(shop, message) == "open"
    made = shop.message(answer(shop, message, decision))
    assert (made.dialog_id, made.text) == (shop.message(message).dialog_id, text)
    assert made.subject == f"{decision.capitalize()}: Приёмка"
    assert state(shop, message) == "open"
    out = outgoing(shop, channel)
    assert out.outbound.invitation is not None
    assert (out.outbound.invitation.decision, out.outbound.invitation.calendar) == (decision, "BEGIN:VCALENDAR")
    assert (out.outbound.address, out.outbound.reply_to) == (ORGANIZER, shop.message(message).ext_id)
    shop.write(lambda tx: outbox.succeed(tx, out, Receipt(ids=("a1",))))
    assert state(shop, message) == decision
    assert state(shop, made.id) == ""


def test_an_answer_that_failed_or_may_have_gone_does_not_count(shop: Shop, channel: ChannelId) -> None:
    message = invited(shop, channel)
    answer(shop, message)
    first = outgoing(shop, channel)
    shop.write(lambda tx: outbox.leave_uncertain(tx, first, OutcomeUnknown("unreachable")))
    assert state(shop, message) == "open"
    with pytest.raises(Refused, match="uncertain"):
        answer(shop, message)
    shop.write(lambda tx: sending.resolve(tx, first.message.id, "failed"))
    answer(shop, message)
    second = outgoing(shop, channel)
    shop.write(lambda tx: outbox.fail(tx, second, Rejected("no_such_user")))
    assert state(shop, message) == "open"


def test_the_same_answer_is_given_once_and_another_one_replaces_it(shop: Shop, channel: ChannelId) -> None:
    message = invited(shop, channel)
    answer(shop, message)
    with pytest.raises(Refused, match="answers so already: it is waiting"):
        answer(shop, message)
    deliver(shop, channel)
    with pytest.raises(Refused, match="answers so already: it is sent"):
        answer(shop, message)
    answer(shop, message, Decision.DECLINED)
    assert state(shop, message) == "accepted"
    deliver(shop, channel)
    assert state(shop, message) == "declined"


def test_what_is_no_invitation_was_cancelled_or_replaced_is_not_answered(shop: Shop, channel: ChannelId) -> None:
    with pytest.raises(Refused, match="is no invitation"):
        answer(shop, invited(shop, channel, MailDetails(cc=(PERSON,))))
    first = invited(shop, channel)
    second = invited(shop, channel)
    with pytest.raises(Refused, match=f"newer invitation to this event: message {second}"):
        answer(shop, first)
    other = invited(shop, channel, event(event="e2"))
    end = invited(shop, channel, event(cancels=True))
    with pytest.raises(Refused, match=f"was cancelled: message {end}"):
        answer(shop, second)
    assert [state(shop, one) for one in (second, other, end)] == ["cancelled", "open", ""]
    with pytest.raises(Refused, match="is no invitation"):
        answer(shop, end)


def test_a_newer_invitation_waits_for_an_answer_of_its_own(shop: Shop, channel: ChannelId) -> None:
    first = invited(shop, channel)
    answer(shop, first)
    deliver(shop, channel)
    second = invited(shop, channel)
    assert [state(shop, one) for one in (first, second)] == ["accepted", "open"]
    answer(shop, second)
    deliver(shop, channel)
    assert state(shop, second) == "accepted"


def test_of_an_event_it_is_known_whether_it_is_over(shop: Shop, channel: ChannelId) -> None:
    now = shop.clock.now()
    over, runs, unknown = (invited(shop, channel, event(ends=at, event=str(at))) for at in (now - 1, now + 1000, 0))
    found = [shop.read(lambda tx, one=one: invitations.find(tx, one)).is_over for one in (over, runs, unknown)]
    assert found == [True, False, False]
    assert show(invitations.OVER) == "The event is over."


def test_nothing_goes_to_an_organizer_who_is_not_the_sender_unless_somebody_says_so(
    shop: Shop, channel: ChannelId
) -> None:
    message = invited(shop, channel, event(organizer="boss@example.org"))
    with pytest.raises(Refused, match=r"goes to boss@example\.org, who is not the sender"):
        answer(shop, message)
    made = shop.message(answer(shop, message, elsewhere=True))
    assert made.dialog_id != shop.message(message).dialog_id
    assert outgoing(shop, channel).outbound.address == "boss@example.org"


def test_an_organizer_who_is_the_sender_is_answered_wherever_the_sender_wants_answers(
    shop: Shop, channel: ChannelId
) -> None:
    boss = Profile(id=border.external_id("boss@example.org"), email=border.address("boss@example.org"))
    message = invited(shop, channel, event(organizer="boss@example.org"), boss)
    answer(shop, message)
    assert outgoing(shop, channel).outbound.address == "boss@example.org"


@pytest.mark.parametrize("at", [one for one in State if one is not State.RECEIVED])
def test_what_is_shown_counts_an_answer_that_went_and_a_second_one_also_one_that_may_go(
    shop: Shop, channel: ChannelId, at: State
) -> None:
    message = invited(shop, channel)
    made = answer(shop, message)
    shop.write(lambda tx: tx.run("messages.state", id=made, state=at, code="", detail=""))
    assert (state(shop, message) == "accepted") == (at in SENT)
    if at in SENT | UNDECIDED:
        with pytest.raises(Refused, match="answers so already"):
            answer(shop, message)
    else:
        assert answer(shop, message) != made


def test_an_organizer_in_the_other_form_of_the_domain_is_the_sender(shop: Shop, channel: ChannelId) -> None:
    organizer = f"boss@{'ёлки.рф'.encode('idna').decode()}"
    boss = Profile(id=border.external_id("boss@ёлки.рф"), email=border.address("boss@ёлки.рф"))
    message = invited(shop, channel, event(organizer=organizer), boss)
    assert answer(shop, message)


STRANGER = Profile(id=border.external_id("evil@else.test"), email=border.address("evil@else.test"))
ELSEWHERE = Peer(key=border.external_id("evil@else.test"), address=border.address("evil@else.test"))


@pytest.mark.parametrize("cancels", [True, False])
@pytest.mark.parametrize(
    ("sender", "peer", "counts"),
    [(PERSON, ANNA, True), (PERSON, ELSEWHERE, True), (STRANGER, ANNA, True), (STRANGER, ELSEWHERE, False)],
    ids=["organizer", "organizer elsewhere", "in its dialog", "stranger"],
)
def test_only_the_organizer_or_somebody_in_its_dialog_changes_an_invitation(
    shop: Shop, channel: ChannelId, sender: Profile, peer: Peer, *, counts: bool, cancels: bool
) -> None:
    first = invited(shop, channel)
    shop.hear(channel, "Отмена", peer=peer, sender=sender, mail=event(cancels=cancels))
    assert state(shop, first) == ("cancelled" if counts and cancels else "open")
    if counts:
        with pytest.raises(Refused, match="cancelled" if cancels else "newer invitation"):
            answer(shop, first)
    else:
        assert answer(shop, first)
