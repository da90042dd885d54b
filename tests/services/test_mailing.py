"""One text to many: everybody once, nobody twice however often it is asked, and what it costs is told before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from chatapp_cli.domain.arrival import Peer
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.manifest import Capabilities, Rate
from chatapp_cli.domain.message import Priority
from chatapp_cli.services import journal, mailing, outbox, sending
from chatapp_cli.services.mailing import Mailing, Recipient
from chatapp_cli.services.message_request import MessageRequest, ToAddress
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.outbox import OutboxRow
from tests.stores import Shop

SMS = Capabilities(
    intake="poll",
    write_first=("phone",),
    addresses=("phone",),
    max_text=1530,
    segments="sms",
    rates=(
        Rate(scope="account", limit=10, per=1.0),
        Rate(scope="strangers", limit=2, per=60.0, paced=False),
        Rate(scope="dialog", limit=1, per=60.0),
    ),
)
HELLO = Draft(text="Скидка до пятницы")
TWO = ["+79160000001", "+79160000002"]


def able(row: ChannelRow) -> Capabilities:
    return SMS


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel(kind="sms", settings={"price": "4.35"})


def mail(shop: Shop, channel: ChannelId, to: Sequence[str], key: str = "акция 12", draft: Draft = HELLO) -> Mailing:
    request = MessageRequest(to=ToAddress(channel, ""), draft=draft, options=shop.order(key=sending.key_of(key)))
    listed = [Recipient(address, n) for n, address in enumerate(to, 1)]
    found = shop.write(lambda tx: mailing.accept(tx, able, request, listed))
    found.going = shop.read(lambda tx: mailing.in_turn(tx, able, found.going, request.options))
    return found


def rows_of(shop: Shop, dialog: DialogId) -> list[OutboxRow]:
    return shop.read(lambda tx: tx.all(OutboxRow, "outbox.of_dialog", dialog=dialog))


def test_everybody_gets_it_once_behind_all_that_people_write(shop: Shop, channel: ChannelId) -> None:
    found = mail(shop, channel, TWO)
    assert [(one.to.address, one.fresh, one.before) for one in found.going] == [(to, True, False) for to in TWO]
    rows = [row for one in found.going for row in rows_of(shop, one.dialog)]
    assert [row.priority for row in rows] == [Priority.BULK] * 2


def test_the_same_job_run_again_sends_nothing_twice_and_only_new_addresses_are_added(
    shop: Shop, channel: ChannelId
) -> None:
    first = mail(shop, channel, TWO)
    second = mail(shop, channel, ["+79160000003", "8 (916) 000-00-02", *TWO])
    assert [one.to.address for one in second.new] == ["+79160000003"]
    assert {one.message for one in first.going} < {one.message for one in second.going}
    assert mail(shop, channel, TWO, key="акция 13").new != []


def test_other_spellings_of_an_address_are_one_address(shop: Shop, channel: ChannelId) -> None:
    found = mail(shop, channel, ["+79160000001", "8 916 000-00-01", "79160000001", "+7 (916) 000 00 01"])
    assert (len(found.going), found.again) == (1, 3)


def test_numbers_that_differ_in_their_country_are_two_peoples(shop: Shop, channel: ChannelId) -> None:
    found = mail(shop, channel, ["+84912345678", "84 912 345 678", "84912345678"])
    assert [one.address for one in found.going] == ["+84912345678", "+74912345678"]


def test_two_names_of_one_dialog_are_one_recipient(shop: Shop, channel: ChannelId) -> None:
    mail(shop, channel, TWO[:1])
    dialog = mail(shop, channel, TWO[:1]).going[0].dialog
    shop.write(lambda tx: tx.run("dialogs.move", id=dialog, key="anna", address="anna"))
    found = mail(shop, channel, ["anna", "+79160000001"], key="акция 13")
    assert (len(found.going), found.again) == (1, 1)


def test_whom_it_cannot_be_sent_to_is_told_with_the_line_and_keeps_nobody_else_from_it(
    shop: Shop, channel: ChannelId
) -> None:
    found = mail(shop, channel, [TWO[0], "кто-то", TWO[1]])
    assert [(one.to.line, one.why.what.msgid[:4]) for one in found.bad] == [(2, "{to}")]
    assert len(found.going) == 2


def test_parts_and_their_price_are_counted(shop: Shop, channel: ChannelId) -> None:
    found = mail(shop, channel, TWO, draft=Draft(text="я" * 71))
    assert [(one.parts, one.alphabet, one.cost) for one in found.going] == [(2, "ucs2", Decimal("8.70"))] * 2
    assert found.cost == Decimal("17.40")
    assert mail(shop, channel, TWO, draft=Draft(text="я" * 71)).cost is None


def test_the_slowest_rate_tells_how_long_it_takes(shop: Shop, channel: ChannelId) -> None:
    strangers = [f"+791600000{n:02}" for n in range(21)]
    assert mailing.seconds(able, mail(shop, channel, strangers).new) == 600
    for address in strangers:
        shop.hear(channel, peer=Peer(key=address, address=address))
    assert mailing.seconds(able, mail(shop, channel, strangers, key="ещё").new) == 2


def test_a_list_is_read_without_empty_lines_and_remarks_and_keeps_its_numbers() -> None:
    found = mailing.recipients(["anna"], ["", "# опт", " +79160000001 ", "+79160000002"])
    assert found == [Recipient("anna"), Recipient("+79160000001", 3), Recipient("+79160000002", 4)]


def test_what_a_person_writes_goes_before_the_rest_of_a_mailing(shop: Shop, channel: ChannelId) -> None:
    mail(shop, channel, TWO)
    steps = mail(shop, channel, TWO).going
    urgent = shop.write(
        lambda tx: sending.enqueue(tx, SMS, steps[1].dialog, Draft(text="Курьер у двери"), shop.order())
    )
    claimed = shop.write(lambda tx: outbox.claim(tx, shop.media, channel))
    assert claimed is not None
    assert claimed.message.id == urgent


def test_a_preview_of_a_list_tells_the_same_and_keeps_nothing(shop: Shop, channel: ChannelId) -> None:
    request = MessageRequest(to=ToAddress(channel, ""), draft=HELLO, options=shop.order(key=sending.key_of("акция 12")))
    listed = [Recipient(address) for address in TWO]
    before = shop.read(journal.last)
    tried = shop.write(lambda tx: mailing.preview(tx, able, request, listed))
    assert shop.read(journal.last) == before
    assert shop.read(lambda tx: tx.value("messages.by_key", key=request.options.key)) is None
    found = shop.write(lambda tx: mailing.accept(tx, able, request, listed))
    going = [shop.read(lambda tx, of=of: mailing.in_turn(tx, able, of.going, request.options)) for of in (tried, found)]
    told = [[(one.address, one.fresh, one.characters, one.cost, one.turn) for one in of] for of in going]
    assert told[0] == told[1]


def test_a_list_in_pieces_is_one_list_for_repeated_addresses_and_for_the_order_of_sending(
    shop: Shop, channel: ChannelId
) -> None:
    request = MessageRequest(to=ToAddress(channel, ""), draft=HELLO, options=shop.order(key=sending.key_of("акция 12")))
    pieces = [[TWO[0], TWO[1]], ["8 916 000-00-01", "+79160000003"], ["+79160000003", "79160000002"]]

    def through(handle: Callable[..., Mailing]) -> tuple[Mailing, list[int]]:
        found = Mailing()
        for piece in pieces:
            listed = [Recipient(address) for address in piece]
            found.add(shop.write(lambda tx, listed=listed: handle(tx, able, request, listed, found)))
        turns = shop.read(lambda tx: mailing.in_turn(tx, able, found.going, request.options))
        return found, [one.turn.at for one in turns]

    for handle in (mailing.preview, mailing.accept):
        found, turns = through(handle)
        assert [one.to.address for one in found.going] == [*TWO, "+79160000003"]
        assert (found.again, turns[:2], turns[2] > shop.clock.now()) == (3, [0, 0], True)
    again, _turns = through(mailing.accept)
    assert [one.before for one in again.going] == [True] * 3
