"""A report about a mail of ours means the same whenever it comes, and whatever the verdict of sending was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count, permutations, product

import pytest

from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import DeliveryChanged, Peer
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import OutcomeUnknown
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.message import COPY_FAILED, DELAYED, ELSEWHERE_FAILED, State
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import outbox, sending, waiting
from tests.stores import EVERYTHING, NOON, ON_SQLITE, Shop, hand_over

ANNA, BORIS, VERA = "anna@client.test", "boris@ёлки.рф", "vera@client.test"
BORIS_IN_ASCII = "Boris@" + "ёлки.рф".encode("idna").decode()
FAILED, LATE, PASSED_ON = (State.FAILED, "no_such_mailbox"), (State.SENT, DELAYED), (State.SENT, "")
ABOUT = {
    "the client": (ANNA,),
    "nobody by name": (),
    "an address that we do not know": ("elsewhere@client.test",),
    "the client and a copy": (ANNA, VERA),
    "a copy": (VERA,),
    "a copy in the other form": (BORIS_IN_ASCII,),
    "both copies": (VERA, BORIS),
}
ELSEWHERE = "an address that we do not know"
COPIES = {"a copy", "a copy in the other form", "both copies"}
REPORTS = {"failed": FAILED, "late": LATE, "passed on": PASSED_ON}
NUMBERS = count()
Say = tuple[tuple[State, str], Sequence[str]]


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel(account="desk@shop.example.org")


@pytest.fixture
def dialog(shop: Shop, channel: ChannelId) -> DialogId:
    anna = Peer(key=border.external_id(ANNA), address=border.address(ANNA))
    return shop.message(shop.hear(channel, peer=anna)).dialog_id


def played(
    shop: Shop, channel: ChannelId, dialog: DialogId, before: Sequence[Say], after: Sequence[Say], *, known: bool
) -> tuple[str, str, str]:
    """What stands at a mail of ours whose verdict comes between some reports and others."""
    ext_id = f"out-{next(NUMBERS)}"

    def report(said: Say) -> None:
        (state, code), about = said
        event = DeliveryChanged(
            ext_id=border.external_id(ext_id), state=state, at=border.at(NOON, NOON), code=border.name(code),
            detail=border.name("550 5.1.1"), about=tuple(map(border.address, about)),
        )  # fmt: skip
        shop.take(channel, event)

    draft = Draft(text="Едет", cc=(BORIS,), bcc=(VERA,))
    message: MessageId = shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, draft, shop.order()))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    for said in before:
        report(said)
    unknown = OutcomeUnknown("connection_lost", ids=(ext_id,))
    verdict: Callable[..., bool] = outbox.succeed if known else outbox.leave_uncertain
    shop.write(lambda tx: verdict(tx, claim, Receipt(ids=(ext_id,)) if known else unknown))
    for said in after:
        report(said)
    found = shop.message(message)
    return found.state, found.code, found.detail


@pytest.mark.req("S-126")
@pytest.mark.parametrize("known", [True, False], ids=["accepted", "answer lost"])
@pytest.mark.parametrize("early", [True, False], ids=["before the verdict", "after it"])
@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("about", ABOUT)
def test_only_what_did_not_reach_the_client_fails_whenever_it_is_reported(
    shop: Shop, channel: ChannelId, dialog: DialogId, about: str, report: str, *, early: bool, known: bool
) -> None:
    said = (REPORTS[report], ABOUT[about])
    found = played(shop, channel, dialog, [said] * early, [said] * (not early), known=known)
    if about == ELSEWHERE:
        noted = (ELSEWHERE_FAILED, "elsewhere@client.test: 550 5.1.1") if report == "failed" else ("", "")
        assert found == ("sent", *noted)
    elif about not in COPIES:
        assert found == (*REPORTS[report], "550 5.1.1")
    elif report == "failed":
        assert found == ("sent", COPY_FAILED, f"{', '.join(ABOUT[about])}: 550 5.1.1")
    else:
        assert found == ("sent", "", "")


@ON_SQLITE
def test_two_reports_say_the_same_wherever_the_verdict_stands_between_them(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    says = [*product(REPORTS.values(), ((ANNA,), (VERA,), (BORIS_IN_ASCII,), ABOUT[ELSEWHERE]))]
    for pair in permutations(says, 2):
        found = {
            played(shop, channel, dialog, pair[:at], pair[at:], known=known)
            for at, known in product(range(3), (True, False))
        }
        assert len(found) == 1, pair


@pytest.mark.req("S-126")
@pytest.mark.parametrize("early", [0, 1, 2, 3])
def test_every_copy_that_was_lost_stays_named_whatever_is_reported_of_the_client(
    shop: Shop, channel: ChannelId, dialog: DialogId, early: int
) -> None:
    says: list[Say] = [(FAILED, (VERA,)), (FAILED, (BORIS,)), (FAILED, (VERA,)), (PASSED_ON, (ANNA,))]
    found = played(shop, channel, dialog, says[:early], says[early:], known=True)
    assert found == ("sent", COPY_FAILED, f"{VERA}: 550 5.1.1; {BORIS}: 550 5.1.1")


@pytest.mark.req("S-126")
@pytest.mark.parametrize("early", [0, 1, 2, 3, 4])
@pytest.mark.parametrize(
    ("says", "detail"),
    [
        (((VERA,), (ANNA,), (BORIS,)), f"{ANNA}: 550 5.1.1; {VERA}: 550 5.1.1; {BORIS}: 550 5.1.1"),
        (((ANNA,), (VERA,), (VERA,)), f"550 5.1.1; {VERA}: 550 5.1.1"),
        (((ANNA,), ("elsewhere@client.test",), (ANNA,)), "550 5.1.1"),
    ],
)
def test_a_mail_that_failed_names_every_copy_that_was_lost_and_no_later_report_takes_that_back(
    shop: Shop, channel: ChannelId, dialog: DialogId, says: Sequence[Sequence[str]], detail: str, early: int
) -> None:
    said: list[Say] = [*((FAILED, about) for about in says), (PASSED_ON, (ANNA,))]
    assert played(shop, channel, dialog, said[:early], said[early:], known=True) == ("failed", FAILED[1], detail)
    (row,) = shop.read(waiting.undelivered)
    assert (row.state, row.detail) == ("failed", detail)


@pytest.mark.req("S-126")
def test_a_mail_that_waits_to_be_sent_again_still_goes_though_a_copy_of_it_is_reported(
    shop: Shop, channel: ChannelId, dialog: DialogId
) -> None:
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Едет", cc=(VERA,)), shop.order()))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=("1",))))
    shop.take(channel, DeliveryChanged(ext_id="1", state=State.FAILED, at=NOON, code="full", about=(ANNA,)))
    shop.write(lambda tx: sending.retry(tx, claim.message.id))
    shop.take(channel, DeliveryChanged(ext_id="1", state=State.FAILED, at=NOON, code="full", about=(VERA,)))
    assert shop.message(claim.message.id).state == "queued"
