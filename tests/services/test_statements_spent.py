"""What a message costs in statements: whoever adds one to the way of every message has to say so here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import mailing, outbox, sending
from chatapp_cli.services.mailing import Recipient
from chatapp_cli.services.message_request import MessageRequest, ToPerson
from tests.services.paired import linked
from tests.stores import EVERYTHING, ON_SQLITE, Shop, hand_over, said

pytestmark = ON_SQLITE
OF_TRANSACTIONS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


@contextmanager
def counting(shop: Shop) -> Iterator[list[str]]:
    """Collect the statements of this thread's connection, those of the transaction itself aside."""
    seen: list[str] = []
    connection = shop.database.connection()
    connection.set_trace_callback(lambda sql: seen.append(sql) if not sql.startswith(OF_TRANSACTIONS) else None)
    try:
        yield seen
    finally:
        connection.set_trace_callback(None)


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    """A channel at work: a dialog is there."""
    channel = shop.channel()
    shop.hear(channel)
    return channel


@pytest.mark.parametrize(
    ("values", "statements"),
    [({}, 6), ({"automatic": True}, 6), ({"who": "boris"}, 9), ({"from_us": True}, 7)],
    ids=["in a known dialog", "from a machine", "in a new dialog", "as an echo"],
)
def test_an_arrival_costs_no_more_statements_than_it_did(
    shop: Shop, channel: ChannelId, values: dict[str, object], statements: int
) -> None:
    event = said("Ещё", **{"ext_id": "next", "at": shop.clock.now()} | values)
    with counting(shop) as seen:
        shop.take(channel, event)
    assert len(seen) == statements


def test_a_paired_crm_costs_an_arrival_one_statement(shop: Shop) -> None:
    channel = shop.channel(kind="email")
    shop.hear(channel)
    linked(shop, channel, "north.example")
    with counting(shop) as seen:
        shop.take(channel, said("Ещё", ext_id="next", at=shop.clock.now()))
    assert len(seen) == 7


def test_a_message_of_ours_costs_no_more_statements_than_it_did(shop: Shop, channel: ChannelId) -> None:
    dialog = shop.message(shop.hear(channel)).dialog_id
    with counting(shop) as accepting:
        shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Да"), shop.order()))
    with counting(shop) as handing_over:
        claim = shop.write(lambda tx: hand_over(tx, shop.media, channel))
    with counting(shop) as landing:
        shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=("their-1",))))
    assert [len(seen) for seen in (accepting, handing_over, landing)] == [7, 12, 11], (
        "two of the landing ask whether the channel is paired with a CRM, and whether a robot waits for it"
    )


@pytest.mark.parametrize(("known", "each"), [(False, 7), (True, 5)], ids=["of a stranger", "of a known client"])
def test_an_address_of_a_mailing_costs_only_what_is_written_for_it(
    shop: Shop, channel: ChannelId, known: bool, each: int
) -> None:
    """What is read costs the same for a hundred addresses as for one; what is written a server gets at once."""
    phones = [f"+7916{n:07}" for n in range(100)]
    for phone in phones if known else ():
        shop.hear(channel, who=phone)
    can = replace(EVERYTHING, subject=False)
    to = ToPerson(to="", channel=str(channel))
    spent = []
    for piece in (phones[:1], phones[1:]):
        request = MessageRequest(to=to, draft=Draft(text="Скидка"), options=shop.order())
        with counting(shop) as seen:
            shop.write(
                lambda tx, piece=piece, request=request: mailing.accept(
                    tx, lambda _row: can, request, [Recipient(phone) for phone in piece]
                )
            )
        spent.append(len(seen))
    assert spent == [4 + each, 4 + 99 * each]
